/* Is there a rim all the way round? Looks at RAYS places of a circumference, and measures what is there. */
#include "rim.h"

#include <math.h>
#include <stdlib.h>

enum { REACH = 5, LEAST_FAR = 8, FITS = 2, WINDOWS = 32 };

/* How far an edge may be off the circle: pixels, and share of the radius. */
static const double FAIR = 0.7;
static const double FAIR_SHARE = 0.02;
/* How far off an edge is looked for, as a share of the radius. */
static const double WIDE = 0.1;
/* The same when it is measured: an ellipse shows only if its ends are seen. */
static const double FAR = 0.15;
/* What unbroken but inexact edges count, and edges all around as in texture. */
static const float COVER_WEIGHT = 0.4f;
static const float AROUND_WEIGHT = 0.3f;
static const float DRIFT_WEIGHT = 0.12f;
/* Tangent of the angle to the circle from which an edge is none of it. */
static const double TILTED = 0.2;
/* How exact a rim must look to its quarter of the rays, and then to half of them, to be looked at with more. */
static const float EARLY[2] = {0.2f, 0.22f};
/* Relative change of the radius in a turn, and how many times its error: less is nothing. */
static const float LEAST_DRIFT = 0.05f, CHANCE = 1.5f;

static double fair_of(const struct circle *circle) { return FAIR + FAIR_SHARE * circle->r; }

/* Fits the circle to the outline; far edges count less. */
static int settle(const struct outline *outline, struct circle *circle)
{
    double x[RAYS], y[RAYS], weight[RAYS];
    const double fair = fair_of(circle);
    int n = 0;
    for (int ray = 0; ray < RAYS; ray++) {
        if (outline->edge[ray].slope != 0) {
            const double off = (double)outline->edge[ray].off, r = circle->r + off;
            x[n] = circle->x + r * cosine(ray) / (1 << RAY_BITS);
            y[n] = circle->y + r * sine(ray) / (1 << RAY_BITS);
            weight[n++] = fabs(off) <= fair ? 1 : fair * fair / (off * off);
        }
    }
    return n >= 8 && fit_circle(x, y, weight, n, circle);
}

/* Each ray counts the more, the nearer it met the edge to where it should be, and the more the edge runs along the circle. */
static double closeness(const struct ray_edge *edge, double expected, double fair)
{
    const double off = ((double)edge->off - expected) / fair, tilt = (double)edge->tilt / TILTED;
    return edge->slope != 0 && fabs(off) < 1 && fabs(tilt) < 1 ? (1 - off * off) * (1 - tilt * tilt) : 0;
}

/* On an ellipse. */
static float exactness(const struct outline *outline, float cos2, float sin2, double fair)
{
    double exact = 0;
    for (int ray = 0; ray < RAYS; ray++) {
        const double slant = ((double)cos2 * cosine(2 * ray) + (double)sin2 * sine(2 * ray)) / (1 << RAY_BITS);
        exact += closeness(&outline->edge[ray], slant, fair);
    }
    return (float)exact / RAYS;
}

/* On another circle, seen from the one that the outline belongs to. */
static float exactness_on(const struct outline *outline, const struct circle *before, const struct circle *after, int step)
{
    const double dr = after->r - before->r, dx = (after->x - before->x) / (1 << RAY_BITS), dy = (after->y - before->y) / (1 << RAY_BITS);
    double exact = 0;
    for (int ray = 0; ray < RAYS; ray += step) {
        exact += closeness(&outline->edge[ray], dr + dx * cosine(ray) + dy * sine(ray), fair_of(after));
    }
    return (float)(step * exact) / RAYS;
}

/* A drift that chance may give takes little from the score, and the more, the less chance would give it. */
static float spiral_of(const struct shape *shape)
{
    const float sure = shape->drift_error > 0 ? shape->drift / shape->drift_error : 0;
    return shape->drift < LEAST_DRIFT || sure < CHANCE ? 0 : sure - CHANCE;
}

static void measure(const struct outline *outline, const struct shape *shape, const struct circle *circle,
                    struct circles_candidate *found)
{
    const float slanted = exactness(outline, shape->cos2, shape->sin2, fair_of(circle));
    const float round = exactness(outline, 0, 0, fair_of(circle));
    found->cover = (float)outline->met / RAYS;
    found->exact = slanted > round ? slanted : round;
    found->oval = shape->oval;
    found->straight = shape->straight;
    found->drift = spiral_of(shape);
}

static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

/* Share of the rays that meet an edge as near to other circles about the same centre: the lower quartile, for rims are none of it. */
static float around(const struct meeting *met, int reach, int fair)
{
    int counts[WINDOWS], n = 0;
    for (int middle = -reach + 1 + fair; middle <= reach - 1 - fair; middle++) {
        if (abs(middle) > 2 * fair) {
            const uint32_t window = ((UINT32_C(1) << (2 * fair + 1)) - 1) << (middle - fair + reach);
            counts[n] = 0;
            for (int ray = 0; ray < RAYS; ray++) {
                counts[n] += (met[ray].places & window) != 0;
            }
            n++;
        }
    }
    qsort(counts, (size_t)n, sizeof counts[0], compare);
    return n == 0 ? 0 : (float)counts[n / 4] / RAYS;
}

static int reach_of(double off, int least, int most)
{
    const int wide = (int)off + 1;
    return wide < least ? least : wide > most ? most : wide;
}

static int seen_of(const struct meeting *met)
{
    int seen = 0;
    for (int ray = 0; ray < RAYS; ray++) {
        seen += met[ray].seen;
    }
    return seen;
}

/* Follows every so many-th ray and moves the circle to the rim they see; 0 if there is too little of it. */
static int approach(const struct workspace *w, struct circle *circle, int step, float least, struct outline *outline,
                    struct circles_candidate *found)
{
    struct meeting met[RAYS];
    const struct circle before = *circle;
    const int reach = reach_of(WIDE * circle->r, 2, REACH);
    trace(w, circle, (struct range){reach, reach}, step, met);
    choose_outline(met, step, reach, outline);
    if (!settle(outline, circle)) {
        return 0;
    }
    found->exact = exactness_on(outline, &before, circle, step);
    return found->exact >= least;
}

void verify(const struct workspace *w, struct circle *circle, struct circles_candidate *found, float least, float lenience)
{
    struct meeting met[RAYS];
    struct outline outline;
    struct shape shape;
    found->verdict = CIRCLES_NO_FIT;
    if (!approach(w, circle, 4, EARLY[0], &outline, found) || !approach(w, circle, 2, EARLY[1], &outline, found)) {
        return;
    }
    const int own = reach_of(FAR * circle->r, 2, MOST_REACH), far = own < LEAST_FAR ? LEAST_FAR : own;
    trace(w, circle, (struct range){far, own}, 1, met);
    choose_outline(met, 1, own, &outline);
    measure_shape(&outline, circle, &shape);
    measure(&outline, &shape, circle, found);
    found->flips = (float)outline.flips / RAYS;
    found->seen = (float)seen_of(met) / RAYS;
    found->around = around(met, far, (int)(fair_of(circle) + 0.5));
    found->score = (1 - COVER_WEIGHT) * found->exact + COVER_WEIGHT * found->cover - AROUND_WEIGHT * found->around -
                   DRIFT_WEIGHT * found->drift;
    found->verdict = found->score < least ? CIRCLES_GAPS : CIRCLES_FOUND;
    (void)lenience;
}
