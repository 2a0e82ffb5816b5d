/* What a ray from the inside of a circle to its outside meets: of the edges that run along the circle, the best of each sign. */
#include "rim.h"

#include <math.h>
#include <stdlib.h>

enum { CLOSENESS = 4, MOST_PLACES = 32 };

const int16_t COSINES[RAYS] = {
    16384, 16305, 16069, 15679, 15137, 14449, 13623, 12665, 11585, 10394, 9102, 7723, 6270, 4756, 3196, 1606,
    0, -1606, -3196, -4756, -6270, -7723, -9102, -10394, -11585, -12665, -13623, -14449, -15137, -15679, -16069, -16305,
    -16384, -16305, -16069, -15679, -15137, -14449, -13623, -12665, -11585, -10394, -9102, -7723, -6270, -4756, -3196, -1606,
    0, 1606, 3196, 4756, 6270, 7723, 9102, 10394, 11585, 12665, 13623, 14449, 15137, 15679, 16069, 16305,
};
/* Tangent of the angle between an edge's gradient and the ray, times 16. */
static const int MISS_16 = 7;
static const int FAINTEST = 288;

static int is_inside(const struct workspace *w, int x, int y)
{
    return x >= 0 && y >= 0 && x < w->width << RAY_BITS && y < w->height << RAY_BITS;
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

/* The gradient along a ray, and the slope of the edges that run across the ray, else 0; in whole vectors of places. */
struct profile {
    int gx[MOST_PLACES], gy[MOST_PLACES], slope[MOST_PLACES], steep[MOST_PLACES];
};

static int whole_vectors(int places) { return (places + 7) / 8 * 8; }

static struct ray_edge edge_at(const struct profile *profile, int k, int reach, int ray)
{
    const int *slope = profile->slope + k;
    const int across = (profile->gy[k] * cosine(ray) - profile->gx[k] * sine(ray)) >> RAY_BITS;
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
static uint32_t tops_of(const int *steep, int reach)
{
    uint32_t tops = 0;
    for (int k = 1; k < 2 * reach; k++) {
        tops |= (UINT32_C(1) << k) & (uint32_t)-((steep[k] > steep[k - 1]) & (steep[k] >= steep[k + 1]));
    }
    return tops;
}

/* The steeper and the nearer, the better. An edge at the end of what is looked at may be the slope of something else. */
static void meet(const struct profile *profile, struct range range, int ray, struct meeting *met)
{
    int places[RAY_EDGES], worths[RAY_EDGES];
    met->places = tops_of(profile->steep, range.reach);
    met->count = 0;
    for (uint32_t tops = met->places; tops != 0; tops &= tops - 1) {
        const int k = __builtin_ctz(tops), off = k - range.reach;
        if (abs(off) < range.own) {
            const int worth = profile->steep[k] * (CLOSENESS * range.own * range.own - off * off);
            met->count = keep_best(places, worths, met->count, k, worth);
        }
    }
    for (int i = 0; i < met->count; i++) {
        met->edge[i] = edge_at(profile, places[i], range.reach, ray);
    }
}

static void gather(const struct workspace *w, struct profile *profile, int k, int x, int y)
{
    const ptrdiff_t at = (ptrdiff_t)(y >> RAY_BITS) * w->gx.stride + (x >> RAY_BITS);
    profile->gx[k] = w->gx.at[at];
    profile->gy[k] = w->gy.at[at];
}

static void gather_if_inside(const struct workspace *w, struct profile *profile, int k, int x, int y)
{
    profile->gx[k] = profile->gy[k] = 0;
    if (is_inside(w, x, y)) {
        gather(w, profile, k, x, y);
    }
}

/* The slopes along the ray, or 0 if the edge there runs another way. Apart from the gathering, so that vectors can do it. */
static void find_slopes(struct profile *profile, int places, int c, int s)
{
    for (int k = 0; k < whole_vectors(places); k++) {
        const int gx = profile->gx[k], gy = profile->gy[k];
        const int along = (gx * c + gy * s) >> RAY_BITS, across = (gy * c - gx * s) >> RAY_BITS;
        const int steep = abs(along), is_edge = -((steep > FAINTEST) & (16 * abs(across) <= MISS_16 * steep));
        profile->slope[k] = along & is_edge;
        profile->steep[k] = steep & is_edge;
    }
}

static void look(const struct workspace *w, const struct circle *circle, int ray, struct range range, struct profile *profile,
                 struct meeting *met)
{
    const int c = cosine(ray), s = sine(ray), places = 2 * range.reach + 1;
    const double r = circle->r - range.reach, half = 0.5 * (1 << RAY_BITS);
    int x = (int)(circle->x * (1 << RAY_BITS) + r * c + half), y = (int)(circle->y * (1 << RAY_BITS) + r * s + half);
    met->seen = is_inside(w, x + range.reach * c, y + range.reach * s);
    if (is_inside(w, x, y) && is_inside(w, x + (places - 1) * c, y + (places - 1) * s)) {
        for (int k = 0; k < places; k++, x += c, y += s) {
            gather(w, profile, k, x, y);
        }
    } else {
        for (int k = 0; k < places; k++, x += c, y += s) {
            gather_if_inside(w, profile, k, x, y);
        }
    }
    find_slopes(profile, places, c, s);
    meet(profile, range, ray, met);
}

void trace(const struct workspace *w, const struct circle *circle, struct range range, int step, struct meeting *met)
{
    struct profile profile = {{0}, {0}, {0}, {0}}; /* what is beyond the last place is worked on too, and not looked at */
    for (int ray = 0; ray < RAYS; ray += step) {
        look(w, circle, ray, range, &profile, &met[ray]);
    }
}
