/* Is the outline round? How it differs from a circle: an ellipse, a polygon, a spiral, each by a measure of its own. */
#include "rim.h"

#include <math.h>

enum { TERMS = 5, BEND = 2 };
/* Keeps a short arc from meaning anything it likes. */
static const double RIDGE = 0.1;
static const float TURN = 6.2832f;

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

/* Least squares over whatever part of the edge was met: other radius, other centre, two half-axes. */
static void find_oval(const struct outline *outline, const struct circle *circle, struct shape *shape)
{
    double a[TERMS][TERMS + 1] = {{0}};
    for (int i = 0; i < TERMS; i++) {
        a[i][i] = RIDGE;
    }
    for (int ray = 0; ray < RAYS; ray++) {
        if (outline->edge[ray].slope != 0) {
            add_ray(a, ray, (double)outline->edge[ray].off);
        }
    }
    solve(a);
    const double cos2 = a[3][TERMS] / a[3][3], sin2 = a[4][TERMS] / a[4][4];
    shape->cos2 = (float)cos2;
    shape->sin2 = (float)sin2;
    shape->oval = (float)(sqrt(cos2 * cos2 + sin2 * sin2) / circle->r);
}

/* Inserts into a sorted list. */
static void sort_in(float *values, int count, float value)
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
    float bends[RAYS];
    int n = 0;
    for (int ray = 0; ray < RAYS; ray++) {
        const struct ray_edge *before = &outline->edge[(ray + RAYS - BEND) % RAYS], *here = &outline->edge[ray],
                              *after = &outline->edge[(ray + BEND) % RAYS];
        if (before->slope != 0 && here->slope != 0 && after->slope != 0) {
            sort_in(bends, n++, before->off - 2 * here->off + after->off);
        }
    }
    const double angle = BEND * 2 * 3.14159265 / RAYS;
    return n < RAYS / 4 ? 0 : (float)((double)bends[n / 2] / (angle * angle * circle->r));
}

/* What a spiral does: its edge leads away from the circle to the same side all the way around. */
static void find_drift(const struct outline *outline, struct shape *shape)
{
    float tilts[RAYS], sum = 0, squares = 0;
    int n = 0;
    for (int ray = 0; ray < RAYS; ray++) {
        if (outline->edge[ray].slope != 0) {
            const float tilt = outline->edge[ray].tilt;
            sort_in(tilts, n++, tilt);
            sum += tilt;
            squares += tilt * tilt;
        }
    }
    const float count = (float)(n + 1), mean = sum / count;
    shape->drift = n == 0 ? 0 : TURN * fabsf(tilts[n / 2]);
    shape->drift_error = TURN * sqrtf((squares / count - mean * mean) / count);
}

void measure_shape(const struct outline *outline, const struct circle *circle, struct shape *shape)
{
    find_oval(outline, circle, shape);
    shape->straight = straightness(outline, circle);
    find_drift(outline, shape);
}
