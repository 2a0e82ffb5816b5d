/* What a ray from the inside of a circle to its outside meets: of the edges that run along the circle, the best of each sign. */
#include "rim.h"

#include <math.h>
#include <stdlib.h>

enum { QUARTER = RAYS / 4, CLOSENESS = 4 };

/* 2^RAY_BITS times the cosine of each ray, and of a quarter more, whose cosine is the sine. */
static const int16_t COSINES[RAYS + QUARTER] = {
    16384, 16305, 16069, 15679, 15137, 14449, 13623, 12665, 11585, 10394, 9102, 7723, 6270, 4756, 3196, 1606,
    0, -1606, -3196, -4756, -6270, -7723, -9102, -10394, -11585, -12665, -13623, -14449, -15137, -15679, -16069, -16305,
    -16384, -16305, -16069, -15679, -15137, -14449, -13623, -12665, -11585, -10394, -9102, -7723, -6270, -4756, -3196, -1606,
    0, 1606, 3196, 4756, 6270, 7723, 9102, 10394, 11585, 12665, 13623, 14449, 15137, 15679, 16069, 16305,
    16384, 16305, 16069, 15679, 15137, 14449, 13623, 12665, 11585, 10394, 9102, 7723, 6270, 4756, 3196, 1606,
};
/* Tangent of the angle between an edge's gradient and the ray, times 16. */
static const int MISS_16 = 7;
static const int FAINTEST = 288;

int cosine(int ray) { return COSINES[ray % RAYS]; }
int sine(int ray) { return COSINES[(ray + RAYS - QUARTER) % RAYS]; }

static int is_inside(const struct workspace *w, int x, int y)
{
    return x >= 0 && y >= 0 && x < w->width << RAY_BITS && y < w->height << RAY_BITS;
}

/* Slope along the ray, or 0 if the edge there runs another way. Without a branch: edges are too irregular to be foreseen. */
static int slope_at(const int16_t *gx, const int16_t *gy, ptrdiff_t i, int c, int s)
{
    const int along = (gx[i] * c + gy[i] * s) >> RAY_BITS, across = (gy[i] * c - gx[i] * s) >> RAY_BITS;
    const int steep = abs(along);
    return along & -((steep > FAINTEST) & (16 * abs(across) <= MISS_16 * steep));
}

/* Top of the parabola through three slopes, as a part of a pixel. */
static float top_of(int before, int here, int after)
{
    const int bend = abs(before) - 2 * abs(here) + abs(after);
    if (before == 0 || after == 0 || bend >= 0) {
        return 0;
    }
    return 0.5f * (float)(abs(before) - abs(after)) / (float)bend;
}

/* The slopes along a ray, and where in the gradient's planes they are. */
struct profile {
    int slope[2 * MOST_REACH + 1];
    int at[2 * MOST_REACH + 1];
};

static struct ray_edge edge_at(const struct workspace *w, const struct profile *profile, int k, int reach, int ray)
{
    const int c = cosine(ray), s = sine(ray), *slope = profile->slope + k, at = profile->at[k];
    const int across = (w->gy.at[at] * c - w->gx.at[at] * s) >> RAY_BITS;
    return (struct ray_edge){.off = (float)(k - reach) + top_of(slope[-1], slope[0], slope[1]),
                             .tilt = (float)across / (float)slope[0],
                             .slope = slope[0]};
}

/* Puts a place among the best ones, best first. */
static int keep_best(int *places, int *worths, int count, int place, int worth)
{
    int i = count < RAY_EDGES ? count : RAY_EDGES - 1;
    if (count == RAY_EDGES && worths[i] >= worth) {
        return count;
    }
    for (; i > 0 && worths[i - 1] < worth; i--) {
        places[i] = places[i - 1];
        worths[i] = worths[i - 1];
    }
    places[i] = place;
    worths[i] = worth;
    return count < RAY_EDGES ? count + 1 : count;
}

/* Bit k for each place where the slope is steeper than on both sides. */
static uint32_t tops_of(const int *slope, int reach)
{
    uint32_t tops = 0;
    for (int k = 1; k < 2 * reach; k++) {
        const int steep = abs(slope[k]);
        tops |= (uint32_t)((steep > abs(slope[k - 1])) & (steep >= abs(slope[k + 1]))) << k;
    }
    return tops;
}

/* The steeper and the nearer, the better. An edge at the end of what is looked at may be the slope of something else. */
static void meet(const struct workspace *w, const struct profile *profile, struct range range, int ray, struct meeting *met)
{
    int places[RAY_EDGES], worths[RAY_EDGES];
    met->places = tops_of(profile->slope, range.reach);
    met->count = 0;
    for (uint32_t tops = met->places; tops != 0; tops &= tops - 1) {
        const int k = __builtin_ctz(tops), off = k - range.reach;
        if (abs(off) < range.own) {
            const int worth = abs(profile->slope[k]) * (CLOSENESS * range.own * range.own - off * off);
            met->count = keep_best(places, worths, met->count, k, worth);
        }
    }
    for (int i = 0; i < met->count; i++) {
        met->edge[i] = edge_at(w, profile, places[i], range.reach, ray);
    }
}

static void look(const struct workspace *w, const struct circle *circle, int ray, struct range range, struct meeting *met)
{
    const int c = cosine(ray), s = sine(ray), reach = range.reach, stride = w->gx.stride;
    const double r = circle->r - reach, half = 0.5 * (1 << RAY_BITS);
    int x = (int)(circle->x * (1 << RAY_BITS) + r * c + half), y = (int)(circle->y * (1 << RAY_BITS) + r * s + half);
    const int16_t *gx = w->gx.at, *gy = w->gy.at;
    struct profile profile;
    met->seen = is_inside(w, x + reach * c, y + reach * s);
    if (is_inside(w, x, y) && is_inside(w, x + 2 * reach * c, y + 2 * reach * s)) {
        for (int k = 0; k <= 2 * reach; k++, x += c, y += s) {
            profile.at[k] = (y >> RAY_BITS) * stride + (x >> RAY_BITS);
            profile.slope[k] = slope_at(gx, gy, profile.at[k], c, s);
        }
    } else {
        for (int k = 0; k <= 2 * reach; k++, x += c, y += s) {
            const int inside = is_inside(w, x, y);
            profile.at[k] = inside ? (y >> RAY_BITS) * stride + (x >> RAY_BITS) : 0;
            profile.slope[k] = inside ? slope_at(gx, gy, profile.at[k], c, s) : 0;
        }
    }
    meet(w, &profile, range, ray, met);
}

void trace(const struct workspace *w, const struct circle *circle, struct range range, int step, struct meeting *met)
{
    for (int ray = 0; ray < RAYS; ray += step) {
        look(w, circle, ray, range, &met[ray]);
    }
}
