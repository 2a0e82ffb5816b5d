/* From a centre that many edges point to, to the circles through those edges. */
#include "inside.h"

#include <math.h>
#include <string.h>

/* Tangent of the angle by which an edge's gradient may miss the centre. */
static const float MISS = 0.28f;
/* A second radius about the same centre, a coin's rim, is tried too. */
enum { RADII = 2, LONGEST = MAX_SIDE };
static const float LEAST_SHARE = 0.14f;

struct near {
    int count;
    double x[NEAR], y[NEAR], r[NEAR];
};

/* Whether each edge points to (or away from) the centre from a distance within the band. */
static int first_row(const struct workspace *w, float y)
{
    const int rows = (w->height + TILE - 1) / TILE;
    const int row = (int)(y / TILE);
    return y < 0 ? 0 : row < rows ? row : rows;
}

static void mark_near(const struct workspace *w, const struct band *band, const struct peak *peak, int start, int end)
{
    const struct edges *e = &w->edges;
    enum { FINE = 4 };
    const int cx = (int)(peak->x * FINE), cy = (int)(peak->y * FINE), side = peak->bright ? 1 : -1;
    const int nearest = (int)(band->from * band->from) * FINE * FINE, farthest = (int)(band->to * band->to) * FINE * FINE;
    const int miss = (int)(MISS * 64);
    for (int i = start; i < end; i++) {
        const int dx = cx - FINE * e->x[i], dy = cy - FINE * e->y[i], square = dx * dx + dy * dy;
        const int along = side * (dx * e->ux[i] + dy * e->uy[i]), across = dx * e->uy[i] - dy * e->ux[i];
        const int limit = (along >> 6) * miss;
        w->is_near[i] = (uint8_t)((square >= nearest) & (square <= farthest) & (across <= limit) & (-across <= limit));
    }
}

static void add_near(const struct workspace *w, const struct peak *peak, int i, struct near *near)
{
    const double x = w->edges.x[i], y = w->edges.y[i], dx = x - (double)peak->x, dy = y - (double)peak->y;
    const int n = near->count;
    near->x[n] = x;
    near->y[n] = y;
    near->r[n] = sqrt(dx * dx + dy * dy);
    near->count += (w->is_near[i] != 0) & (n < NEAR - 1);
}

static void collect_near(const struct workspace *w, const struct band *band, const struct peak *peak, struct near *near)
{
    const int start = w->edges.row_start[first_row(w, peak->y - band->to)];
    const int end = w->edges.row_start[first_row(w, peak->y + band->to + TILE)];
    mark_near(w, band, peak, start, end);
    near->count = 0;
    int i = start;
    for (; i + 8 <= end; i += 8) {
        uint64_t eight;
        memcpy(&eight, w->is_near + i, sizeof eight);
        for (int j = 0; j < 8 && eight != 0; j++) {
            add_near(w, peak, i + j, near);
        }
    }
    for (; i < end; i++) {
        add_near(w, peak, i, near);
    }
}

/* Kasa's fit: the circle for which the squares of the power of the points are least. */
int fit_circle(const double *x, const double *y, const double *weight, int count, struct circle *circle)
{
    double s = 0, sx = 0, sy = 0, sz = 0, sxx = 0, sxy = 0, syy = 0, sxz = 0, syz = 0;
    for (int i = 0; i < count; i++) {
        const double u = x[i] - circle->x, v = y[i] - circle->y, z = u * u + v * v, k = weight[i];
        s += k;
        sx += k * u;
        sy += k * v;
        sz += k * z;
        sxx += k * u * u;
        sxy += k * u * v;
        syy += k * v * v;
        sxz += k * u * z;
        syz += k * v * z;
    }
    if (s < 3) {
        return 0;
    }
    const double mx = sx / s, my = sy / s, mz = sz / s;
    const double xx = sxx / s - mx * mx, xy = sxy / s - mx * my, yy = syy / s - my * my;
    const double xz = sxz / s - mx * mz, yz = syz / s - my * mz, det = xx * yy - xy * xy;
    if (det <= 0.002 * (xx + yy) * (xx + yy)) {
        return 0; /* nearly a straight line */
    }
    const double a = (xz * yy - yz * xy) / (2 * det), b = (yz * xx - xz * xy) / (2 * det);
    const double square = mz - 2 * (a * mx + b * my) + a * a + b * b;
    if (!(square > 1 && square < (double)MAX_SIDE * MAX_SIDE)) {
        return 0;
    }
    circle->x += a;
    circle->y += b;
    circle->r = sqrt(square);
    return 1;
}

static int fit_near(const struct near *near, struct circle *circle, double *reach)
{
    double x[NEAR], y[NEAR], weight[NEAR];
    int n = 0;
    for (int i = 0; i < near->count; i++) {
        const double dx = near->x[i] - circle->x, dy = near->y[i] - circle->y;
        x[n] = near->x[i];
        y[n] = near->y[i];
        weight[n] = 1;
        const double square = dx * dx + dy * dy, low = circle->r - *reach, high = circle->r + *reach;
        n += square >= low * low && square <= high * high;
    }
    if (n < 8) {
        return 0;
    }
    const struct circle before = *circle;
    const double narrow = 1.5 + 0.05 * circle->r;
    *reach = *reach * 0.6 > narrow ? *reach * 0.6 : narrow;
    return fit_circle(x, y, weight, n, circle) &&
           fabs(circle->x - before.x) + fabs(circle->y - before.y) < 0.5 * before.r;
}

/* The radius at which most edges lie for its length, and takes those away; 0 if none has enough. */
static double take_radius(int *histogram, const struct band *band)
{
    const int spread = band->cell, last = (int)band->to + 1;
    int best = 0;
    float most = LEAST_SHARE * 6.2832f;
    for (int r = (int)band->from; r <= last; r++) {
        int sum = 0;
        for (int k = -spread; k <= spread; k++) {
            sum += histogram[r + k > 0 ? r + k : 0];
        }
        if ((float)sum > most * (float)r) {
            most = (float)sum / (float)r;
            best = r;
        }
    }
    if (best == 0) {
        return 0;
    }
    double sum = 0, moment = 0;
    for (int k = -spread; k <= spread; k++) {
        const int r = best + k > 0 ? best + k : 0;
        sum += histogram[r];
        moment += (double)r * histogram[r];
        histogram[r] = 0;
    }
    return moment / sum;
}

int refine(struct workspace *w, const struct band *band, const struct peak *peak, struct circle *circles)
{
    static _Thread_local int histogram[LONGEST];
    struct near near;
    collect_near(w, band, peak, &near);
    memset(histogram, 0, sizeof(int) * (size_t)(band->to + (float)band->cell + 3));
    for (int i = 0; i < near.count; i++) {
        histogram[(int)(near.r[i] + 0.5)]++;
    }
    int count = 0;
    for (int i = 0; i < RADII; i++) {
        struct circle circle = {(double)peak->x, (double)peak->y, take_radius(histogram, band)};
        double reach = 1.5 * band->cell + 1;
        if (circle.r > 0 && fit_near(&near, &circle, &reach) && fit_near(&near, &circle, &reach)) {
            circles[count++] = circle;
        }
    }
    return count;
}
