/* Is there an edge all the way round? Looks at RAYS places of a circumference, and measures what is there. */
#include "inside.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { QUARTER = RAYS / 4, RAY_BITS = 14, REACH = 5, FAR_REACH = 8, FITS = 2, TERMS = 5, BEND = 2 };

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
/* How far an edge may be off the circle: pixels, and share of the radius. */
static const double FAIR = 0.7;
static const double FAIR_SHARE = 0.02;
/* Keeps a short arc from meaning anything it likes. */
static const double RIDGE = 0.1;
/* How far off an edge is looked for, as a share of the radius. */
static const double WIDE = 0.1;
/* The same when it is measured: an ellipse shows only if its ends are seen. */
static const double FAR = 0.15;
/* Of the rays that the least score takes, so many must meet an edge before the circle has settled. */
static const float WORTH_A_FIT = 0.8f;
/* What unbroken but inexact edges count, and edges all around as in texture. */
static const float COVER_WEIGHT = 0.2f;
static const float AROUND_WEIGHT = 0.5f;

struct ray_edge {
    double off;     /* beyond the radius */
    int slope;      /* of the edge along the ray: above 0 if it is brighter outside, 0 if there is none */
};

struct outline {
    struct ray_edge edge[RAYS];
    int brighter_outside; /* how most of the rays see it: 1 or -1 */
    int met;
};

static int cosine(int ray) { return COSINES[ray % RAYS]; }
static int sine(int ray) { return COSINES[(ray + RAYS - QUARTER) % RAYS]; }

static int is_inside(const struct workspace *w, int x, int y)
{
    return x >= 0 && y >= 0 && x < w->width << RAY_BITS && y < w->height << RAY_BITS;
}

/* Slope along the ray, or 0 if the edge there runs another way. Without a branch: edges are too irregular to be foreseen. */
static int slope_at(const struct workspace *w, int x, int y, int c, int s)
{
    const ptrdiff_t i = (ptrdiff_t)(y >> RAY_BITS) * w->gx.stride + (x >> RAY_BITS);
    const int gx = w->gx.at[i], gy = w->gy.at[i];
    const int along = (gx * c + gy * s) >> RAY_BITS, across = (gy * c - gx * s) >> RAY_BITS;
    return along * ((w->strength.at[i] > FAINTEST) & (16 * abs(across) <= MISS_16 * abs(along)));
}

/* Top of the parabola through three slopes, as a part of a pixel. */
static double top_of(int before, int here, int after)
{
    const int bend = abs(before) - 2 * abs(here) + abs(after);
    if (before == 0 || after == 0 || bend >= 0) {
        return 0;
    }
    return 0.5 * (abs(before) - abs(after)) / bend;
}

static struct ray_edge look(const struct workspace *w, const struct circle *circle, int ray, int reach)
{
    const int c = cosine(ray), s = sine(ray);
    const double r = circle->r - reach, half = 0.5 * (1 << RAY_BITS);
    int x = (int)(circle->x * (1 << RAY_BITS) + r * c + half), y = (int)(circle->y * (1 << RAY_BITS) + r * s + half);
    const int whole = is_inside(w, x, y) && is_inside(w, x + 2 * reach * c, y + 2 * reach * s);
    int slopes[2 * FAR_REACH + 1], best = 0, most = 0;
    for (int k = 0; k <= 2 * reach; k++, x += c, y += s) {
        slopes[k] = whole || is_inside(w, x, y) ? slope_at(w, x, y, c, s) : 0;
        const int steep = abs(slopes[k]);
        best = steep > most ? k : best;
        most = steep > most ? steep : most;
    }
    /* Steepest at the end of what is looked at: the slope of something else. */
    if (slopes[best] == 0 || best == 0 || best == 2 * reach) {
        return (struct ray_edge){0, 0};
    }
    const double off = best - reach + top_of(slopes[best - 1], slopes[best], slopes[best + 1]);
    return (struct ray_edge){off, slopes[best]};
}

/* Follows every so many-th ray; the others meet nothing. */
static void trace(const struct workspace *w, const struct circle *circle, int reach, int step, struct outline *outline)
{
    int brighter = 0, met = 0;
    memset(outline->edge, 0, sizeof outline->edge);
    for (int ray = 0; ray < RAYS; ray += step) {
        outline->edge[ray] = look(w, circle, ray, reach);
        met += outline->edge[ray].slope != 0;
        brighter += outline->edge[ray].slope > 0;
    }
    outline->brighter_outside = 2 * brighter >= met ? 1 : -1;
    outline->met = 2 * brighter >= met ? brighter : met - brighter;
}

static int counts(const struct outline *outline, int ray)
{
    return outline->edge[ray].slope * outline->brighter_outside > 0;
}

/* Fits the circle to the edges that the rays met; far ones count less. */
static int settle(const struct outline *outline, struct circle *circle)
{
    double x[RAYS], y[RAYS], weight[RAYS];
    const double fair = FAIR + FAIR_SHARE * circle->r;
    int n = 0;
    for (int ray = 0; ray < RAYS; ray++) {
        if (counts(outline, ray)) {
            const double r = circle->r + outline->edge[ray].off, off = fabs(outline->edge[ray].off);
            x[n] = circle->x + r * cosine(ray) / (1 << RAY_BITS);
            y[n] = circle->y + r * sine(ray) / (1 << RAY_BITS);
            weight[n++] = off <= fair ? 1 : fair * fair / (off * off);
        }
    }
    return n >= 8 && fit_circle(x, y, weight, n, circle);
}

/* Gauss's elimination of a symmetric, positive system with its right side in the last column; no pivots needed. */
static void solve(double a[TERMS][TERMS + 1])
{
    for (int i = 0; i < TERMS; i++) {
        for (int j = 0; j < TERMS; j++) {
            const double share = a[j][i] / a[i][i];
            for (int k = i; j != i && k <= TERMS; k++) {
                a[j][k] -= share * a[i][k];
            }
        }
    }
}

static void add_ray(double a[TERMS][TERMS + 1], int ray, double off)
{
    const double one = 1 << RAY_BITS;
    const double term[TERMS + 1] = {1, cosine(ray) / one, sine(ray) / one, cosine(2 * ray) / one, sine(2 * ray) / one, off};
    for (int i = 0; i < TERMS; i++) {
        for (int j = 0; j <= TERMS; j++) {
            a[i][j] += term[i] * term[j];
        }
    }
}

/* How oval the edge is by least squares, whatever part of it was met: other radius, other centre, two half-axes. */
static float oval_of(const struct outline *outline, const struct circle *circle)
{
    double a[TERMS][TERMS + 1] = {{0}};
    for (int i = 0; i < TERMS; i++) {
        a[i][i] = RIDGE;
    }
    for (int ray = 0; ray < RAYS; ray++) {
        if (counts(outline, ray)) {
            add_ray(a, ray, outline->edge[ray].off);
        }
    }
    solve(a);
    const double cos2 = a[3][TERMS] / a[3][3], sin2 = a[4][TERMS] / a[4][4];
    return (float)(sqrt(cos2 * cos2 + sin2 * sin2) / circle->r);
}

/* A disc seen at a slant: by how much the edge is off in the direction of each ray, as cosine and sine of twice its angle. */
static int find_slant(const struct outline *outline, double *cos2, double *sin2)
{
    int met = 0;
    *cos2 = *sin2 = 0;
    for (int ray = 0; ray < RAYS; ray++) {
        if (counts(outline, ray)) {
            *cos2 += outline->edge[ray].off * cosine(2 * ray);
            *sin2 += outline->edge[ray].off * sine(2 * ray);
            met++;
        }
    }
    const double scale = 2.0 / ((met + 1) * (1 << RAY_BITS));
    *cos2 *= scale;
    *sin2 *= scale;
    return met;
}

/* Inserts into a sorted list. */
static void sort_in(double *values, int count, double value)
{
    for (; count > 0 && values[count - 1] > value; count--) {
        values[count] = values[count - 1];
    }
    values[count] = value;
}

/*
 * How little the edge bends. The distance from a centre to a straight line is the secant of the angle, whose second
 * derivative is the distance itself; on a circle it is 0. The median leaves a polygon's corners out.
 */
static float straightness(const struct outline *outline, const struct circle *circle)
{
    double bends[RAYS];
    int n = 0;
    for (int ray = 0; ray < RAYS; ray++) {
        const int before = (ray + RAYS - BEND) % RAYS, after = (ray + BEND) % RAYS;
        if (counts(outline, before) && counts(outline, ray) && counts(outline, after)) {
            const struct ray_edge *edge = outline->edge;
            sort_in(bends, n++, edge[before].off - 2 * edge[ray].off + edge[after].off);
        }
    }
    const double angle = BEND * 2 * 3.14159265 / RAYS;
    return n < RAYS / 4 ? 0 : (float)(bends[n / 2] / (angle * angle * circle->r));
}

static void measure(const struct outline *outline, const struct circle *circle, struct circles_candidate *found)
{
    const double fair = FAIR + FAIR_SHARE * circle->r;
    double cos2, sin2, exact = 0;
    const int met = find_slant(outline, &cos2, &sin2);
    for (int ray = 0; ray < RAYS; ray++) {
        if (counts(outline, ray)) {
            const double slant = (cos2 * cosine(2 * ray) + sin2 * sine(2 * ray)) / (1 << RAY_BITS);
            const double off = (outline->edge[ray].off - slant) / fair;
            exact += fabs(off) < 1 ? 1 - off * off : 0;
        }
    }
    found->cover = (float)met / RAYS;
    found->exact = (float)exact / RAYS;
    found->oval = oval_of(outline, circle);
}

static float around(const struct workspace *w, const struct circle *circle, int reach)
{
    struct outline outline;
    int met = 0;
    for (int side = -1; side <= 1; side += 2) {
        const struct circle other = {circle->x, circle->y, circle->r + side * (2 * reach + 1)};
        trace(w, &other, reach, 2, &outline);
        met += outline.met;
    }
    return (float)met / RAYS;
}

static int reach_of(double off, int most)
{
    const int wide = (int)off + 1;
    return wide < 2 ? 2 : wide > most ? most : wide;
}

void verify(const struct workspace *w, struct circle *circle, struct circles_candidate *found, float least, float lenience)
{
    const int reach = reach_of(WIDE * circle->r, REACH);
    struct outline outline;
    found->verdict = CIRCLES_NO_FIT;
    for (int i = 0; i < FITS; i++) {
        trace(w, circle, reach, 2, &outline);
        if ((float)(2 * outline.met) < WORTH_A_FIT * least * RAYS || !settle(&outline, circle)) {
            return;
        }
    }
    trace(w, circle, reach_of(FAR * circle->r, FAR_REACH), 1, &outline);
    measure(&outline, circle, found);
    found->score = (1 - COVER_WEIGHT) * found->exact + COVER_WEIGHT * found->cover;
    found->verdict = CIRCLES_GAPS;
    if (found->score >= least - lenience) {
        found->around = around(w, circle, reach);
        found->straight = straightness(&outline, circle);
        found->score -= AROUND_WEIGHT * found->around;
        found->verdict = found->score < least ? CIRCLES_GAPS : CIRCLES_FOUND;
    }
}
