/*
 * Which edges make the rim: the smoothest way around through what the rays met, with as few changes of sign as that takes.
 * Found by dynamic programming (Viterbi 1967) over three states of a ray: no edge, one darker or one brighter outside.
 */
#include "rim.h"

#include <stdlib.h>
#include <string.h>

enum { STATES = SIGNS + 1, NONE = SIGNS };
/* In hundredths of what a ray with an edge is worth. */
enum { WORTH = 100, STRONG = 40, STRONG_SLOPE = 2000, CHANGE = 40, GAP = 30, JUMP = 30, MOST_JUMP = 120 };

static int worth(const struct ray_edge *edge)
{
    const int steep = abs(edge->slope);
    return edge->slope == 0 ? -10000 : WORTH + STRONG * (steep < STRONG_SLOPE ? steep : STRONG_SLOPE) / STRONG_SLOPE;
}

static int cost(const struct meeting *one, int from, const struct meeting *other, int to, int step)
{
    if (from == NONE || to == NONE) {
        return from == to ? 0 : GAP;
    }
    const float apart = one->edge[from].off - other->edge[to].off;
    const int jump = (int)(JUMP * (apart < 0 ? -apart : apart)) / step;
    return (jump < MOST_JUMP ? jump : MOST_JUMP) + (from == to ? 0 : CHANGE);
}

/* The best sum that ends in each state of this ray, and from which state of the one before it comes. */
static void advance(const struct meeting *before, const struct meeting *here, int step, int *sums, uint8_t *from)
{
    int next[STATES];
    for (int to = 0; to < STATES; to++) {
        int best = sums[0] - cost(before, 0, here, to, step);
        from[to] = 0;
        for (int state = 1; state < STATES; state++) {
            const int sum = sums[state] - cost(before, state, here, to, step);
            from[to] = (uint8_t)(sum > best ? state : from[to]);
            best = sum > best ? sum : best;
        }
        next[to] = best + (to == NONE ? 0 : worth(&here->edge[to]));
    }
    memcpy(sums, next, sizeof next);
}

static int best_of(const int *sums)
{
    int best = 0;
    for (int state = 1; state < STATES; state++) {
        best = sums[state] > sums[best] ? state : best;
    }
    return best;
}

static void count(struct outline *outline, int step)
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

void choose_outline(const struct meeting *met, int step, struct outline *outline)
{
    uint8_t from[RAYS][STATES];
    int sums[STATES] = {worth(&met[0].edge[0]), worth(&met[0].edge[1]), 0};
    for (int ray = step; ray < RAYS; ray += step) {
        advance(&met[ray - step], &met[ray], step, sums, from[ray]);
    }
    memset(outline->edge, 0, sizeof outline->edge);
    int state = best_of(sums);
    for (int ray = RAYS - step; ray >= 0; ray -= step) {
        if (state != NONE) {
            outline->edge[ray] = met[ray].edge[state];
        }
        state = ray > 0 ? from[ray][state] : state;
    }
    count(outline, step);
}
