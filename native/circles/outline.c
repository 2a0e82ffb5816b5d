/*
 * Which edges make the rim: the smoothest way around through what the rays met, with as few changes of sign as that takes.
 * Found by dynamic programming (Viterbi 1967); the states of a ray are its edges, and none.
 */
#include "rim.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STATES = RAY_EDGES + 1 };
/* In hundredths of what a ray with an edge is worth. */
enum { WORTH = 100, FAR_OFF = 60, STRONG = 40, STRONG_SLOPE = 2000, CHANGE = 40, GAP = 30, JUMP = 30, MOST_JUMP = 120 };

static int worth(const struct ray_edge *edge, int own)
{
    const int steep = abs(edge->slope);
    return WORTH + STRONG * (steep < STRONG_SLOPE ? steep : STRONG_SLOPE) / STRONG_SLOPE - (int)(FAR_OFF * fabsf(edge->off)) / own;
}

static int cost(const struct ray_edge *one, const struct ray_edge *other, int step)
{
    const float apart = one->off - other->off;
    const int jump = (int)(JUMP * (apart < 0 ? -apart : apart)) / step;
    return (jump < MOST_JUMP ? jump : MOST_JUMP) + ((one->slope > 0) == (other->slope > 0) ? 0 : CHANGE);
}

/* The last state of a ray is to have no edge. */
static int gap(const struct meeting *before, int from, const struct meeting *here, int to)
{
    return (from == before->count) == (to == here->count) ? 0 : GAP;
}

static int way(const struct meeting *before, int from, const struct meeting *here, int to, int step)
{
    return from == before->count || to == here->count ? gap(before, from, here, to)
                                                      : cost(&before->edge[from], &here->edge[to], step);
}

/* The best sum that ends in each state of this ray, and from which state of the one before it comes. */
static void advance(const struct meeting *before, const struct meeting *here, int step, int own, int *sums, uint8_t *from)
{
    int next[STATES];
    for (int to = 0; to <= here->count; to++) {
        int best = sums[0] - way(before, 0, here, to, step);
        from[to] = 0;
        for (int state = 1; state <= before->count; state++) {
            const int sum = sums[state] - way(before, state, here, to, step);
            from[to] = (uint8_t)(sum > best ? state : from[to]);
            best = sum > best ? sum : best;
        }
        next[to] = best + (to == here->count ? 0 : worth(&here->edge[to], own));
    }
    memcpy(sums, next, sizeof next[0] * (size_t)(here->count + 1));
}

static int best_of(const int *sums, int count)
{
    int best = 0;
    for (int state = 1; state <= count; state++) {
        best = sums[state] > sums[best] ? state : best;
    }
    return best;
}

static void count_met(struct outline *outline, int step)
{
    int last = 0;
    outline->met = outline->flips = 0;
    for (int ray = 0; ray < RAYS; ray += step) {
        const int slope = outline->edge[ray].slope, sign = (slope > 0) - (slope < 0);
        outline->met += sign != 0;
        outline->flips += sign * last < 0;
        last = sign != 0 ? sign : last;
    }
}

void choose_outline(const struct meeting *met, int step, int own, struct outline *outline)
{
    uint8_t from[RAYS][STATES];
    int sums[STATES] = {0};
    for (int i = 0; i < met[0].count; i++) {
        sums[i] = worth(&met[0].edge[i], own);
    }
    sums[met[0].count] = 0;
    for (int ray = step; ray < RAYS; ray += step) {
        advance(&met[ray - step], &met[ray], step, own, sums, from[ray]);
    }
    memset(outline->edge, 0, sizeof outline->edge);
    int state = best_of(sums, met[RAYS - step].count);
    for (int ray = RAYS - step; ray >= 0; ray -= step) {
        if (state < met[ray].count) {
            outline->edge[ray] = met[ray].edge[state];
        }
        state = ray > 0 ? from[ray][state] : state;
    }
    count_met(outline, step);
}
