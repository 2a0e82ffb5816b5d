/*
 * What becomes of a rim where it ends. What lies over a disc ends it at once, and has an edge of its own across the disc. The rim of a
 * capsule, of an arch or of a letter's bow goes on along its tangent, and nothing ends what is inside of it.
 */
#include "rim.h"

#include <stdlib.h>

/* Rays in a row that are an edge; rays back and ahead of an end among which its tangent is looked for. */
enum { SOLID = 4, BACK = 6, AHEAD = 1 };
/* Places along a tangent, from where it is well away from the circle, in radii; how far beside, in pixels and in radii. */
enum { PLACES = 6 };
static const double NEAREST = 0.3, APART = 0.1, BESIDE = 0.5, BESIDE_SHARE = 0.03;
static const int FAINTEST = 288;
/* Tangent of the angle between an edge's gradient and where it should point, times 16. */
static const int MISS_16 = 5;
/* A look from within the rim, across the centre, through the mouth, in radii; what is no edge there, as a share of the rim's contrast. */
enum { DEPTHS = 10 };
static const double INNER = 0.8, OUTER = 1.2, PLAIN = 0.5;
/* Pixels to both sides of the rim where its contrast is taken. */
static const double BOTH_SIDES = 4;

static int wrapped(int ray) { return (int)((unsigned)ray % RAYS); }
static int is_met(const struct outline *outline, int ray) { return outline->edge[wrapped(ray)].slope != 0; }

/* Whether it is one of some rays in a row that met an edge. */
static int is_solid(const struct outline *outline, int ray, int step)
{
    int length = is_met(outline, ray);
    for (int side = -1; side <= 1 && length > 0; side += 2) {
        for (int i = step; i < SOLID * step && is_met(outline, ray + side * i); i += step) {
            length++;
        }
    }
    return length >= SOLID;
}

struct mouth widest_mouth(const struct meeting *met, const struct outline *outline, int step)
{
    int solid[RAYS], length = 0;
    struct mouth widest = {0, 0};
    for (int ray = 0; ray < RAYS; ray += step) {
        solid[ray] = !met[ray].seen || is_solid(outline, ray, step);
    }
    for (int ray = 0; ray < 2 * RAYS; ray += step) {
        length = solid[ray % RAYS] ? 0 : length + step;
        if (length > widest.rays && length < RAYS) {
            widest = (struct mouth){ray + step - length, length};
        }
    }
    return widest;
}

/* Whether an edge is there that runs across the ray's direction, of this sign. */
static int runs_across(const struct workspace *w, double x, double y, int ray, int sign)
{
    const int column = (int)(x + 0.5), row = (int)(y + 0.5);
    if (x < 0 || y < 0 || column >= w->width || row >= w->height) {
        return 0;
    }
    const ptrdiff_t at = (ptrdiff_t)row * w->gx.stride + column;
    const int gx = w->gx.at[at], gy = w->gy.at[at], c = cosine(ray), s = sine(ray);
    const int along = sign * ((gx * c + gy * s) >> RAY_BITS), across = (gy * c - gx * s) >> RAY_BITS;
    return along > FAINTEST && 16 * abs(across) <= MISS_16 * along;
}

/* Of places on the tangent at a ray, to one side, at how many there is an edge along it. */
static int met_on_tangent(const struct workspace *w, const struct circle *circle, int ray, int side, int sign)
{
    const double one = 1.0 / (1 << RAY_BITS), c = cosine(ray) * one, s = sine(ray) * one;
    const double beside = BESIDE + BESIDE_SHARE * circle->r;
    int count = 0;
    for (int i = 0; i < PLACES; i++) {
        const double away = side * circle->r * (NEAREST + APART * i);
        int is_there = 0;
        for (double r = circle->r - beside; r <= circle->r + beside && !is_there; r++) {
            is_there = runs_across(w, circle->x + r * c - away * s, circle->y + r * s + away * c, ray, sign);
        }
        count += is_there;
    }
    return count;
}

/* The best tangent about an end of the rim. */
static int met_after(const struct workspace *w, const struct circle *circle, const struct outline *outline, int end, int side)
{
    const int sign = outline->edge[wrapped(end)].slope > 0 ? 1 : -1;
    int most = 0;
    for (int ray = end - BACK * side; ray != end + (AHEAD + 1) * side; ray += side) {
        const int count = met_on_tangent(w, circle, ray, side, sign);
        most = count > most ? count : most;
    }
    return most;
}

float straight_on(const struct workspace *w, const struct circle *circle, const struct outline *outline, struct mouth mouth, int step)
{
    if (mouth.rays == 0) {
        return 0;
    }
    const int before = met_after(w, circle, outline, mouth.first - step, 1);
    const int after = met_after(w, circle, outline, mouth.first + mouth.rays, -1);
    return (float)(before < after ? before : after) / PLACES;
}

/* Mean difference of light across the rim. */
static double contrast_of(const struct workspace *w, const struct circle *circle, const struct outline *outline)
{
    int sum = 0, n = 0;
    for (int ray = 0; ray < RAYS; ray++) {
        const int inside = light_at(w, circle, ray, circle->r - BOTH_SIDES), outside = light_at(w, circle, ray, circle->r + BOTH_SIDES);
        if (is_met(outline, ray) && inside >= 0 && outside >= 0) {
            sum += abs(inside - outside);
            n++;
        }
    }
    return n > 0 ? (double)sum / n : 0;
}

/* Whether the light is the same from inside of the opposite rim to outside of the mouth. */
static int is_plain(const struct workspace *w, const struct circle *circle, int ray, double most)
{
    int low = light_at(w, circle, ray, -INNER * circle->r), high = low;
    for (int i = 1; i <= DEPTHS; i++) {
        const int light = light_at(w, circle, ray, circle->r * ((INNER + OUTER) / DEPTHS * i - INNER));
        low = light < low ? light : low;
        high = light > high ? light : high;
    }
    return low >= 0 && high - low < most;
}

float openness(const struct workspace *w, const struct circle *circle, const struct outline *outline, struct mouth mouth, int step)
{
    const double most = PLAIN * contrast_of(w, circle, outline);
    int open = 0, n = 0;
    for (int ray = mouth.first + step; ray < mouth.first + mouth.rays - step; ray += step) {
        if (is_met(outline, ray + RAYS / 2)) {
            open += is_plain(w, circle, ray, most);
            n++;
        }
    }
    return n > 0 ? (float)open / (float)n : 0;
}
