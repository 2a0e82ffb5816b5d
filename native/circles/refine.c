/* From a centre that many edges point to, to the circles through those edges. */
#include "bits.h"
#include "inside.h"
#include "lanes.h"

#include <math.h>
#include <string.h>

/* Of a circumference, in points: too few, and a radius is not tried. */
static const float LEAST_SHARE = 0.18f;

/* Up to so many points that aim at a centre are taken one by one, as far as there is room; of more, an even part. */
enum { MANY = 4 * NEAR };

struct near {
    int count, step; /* one of so many points was taken */
    float x[NEAR], y[NEAR], r[NEAR];
};

/* Coordinates so coarse that a band's largest radius is at most 90: products with a direction of 128 fit 16 bits. */
struct coarse {
    int scale_bits; /* coarse = 2 * fine >> scale_bits */
    int16_t x, y, nearest, farthest;
    lanes nearest_square, farthest_square;
};

static struct coarse coarsen(const struct band *band, const struct peak *peak)
{
    struct coarse c = {.scale_bits = 0};
    while ((int)(2 * band->to) >> c.scale_bits > 90) {
        c.scale_bits++;
    }
    const float scale = 2.0f / (float)(1 << c.scale_bits);
    const int nearest = (int)(band->from * scale), farthest = (int)(band->to * scale) + 1;
    c.x = (int16_t)(2 * peak->x + 0.5f);
    c.y = (int16_t)(2 * peak->y + 0.5f);
    c.farthest = (int16_t)farthest;
    c.nearest_square = all((int16_t)(nearest * nearest));
    c.farthest_square = all((int16_t)(farthest * farthest));
    return c;
}

static lanes within(lanes a, int16_t limit) { return (lanes)~(above(a, all(limit)) | above((lanes)-a, all(limit))); }

/* All ones for edges that point to the centre, or away from it, from a distance within the band. */
static lanes points_to(const struct edges *e, int i, const struct coarse *c)
{
    lanes dx = (lanes)((all(c->x) - 2 * load(e->x + i)) >> c->scale_bits);
    lanes dy = (lanes)((all(c->y) - 2 * load(e->y + i)) >> c->scale_bits);
    const lanes inside = within(dx, c->farthest) & within(dy, c->farthest);
    dx &= inside;
    dy &= inside;
    const lanes ux = load(e->ux + i) >> UNIT_BITS_OVER_128, uy = load(e->uy + i) >> UNIT_BITS_OVER_128;
    const lanes square = (lanes)(dx * dx + dy * dy), towards = (lanes)(dx * ux + dy * uy);
    const lanes along = size(towards), across = size((lanes)(dx * uy - dy * ux));
    const lanes limit = (lanes)((along >> 2) + (along >> 5)); /* tangent of the angle by which it may miss: 0.28 */
    return (lanes)(inside & ~above(across, limit) & ~above(c->nearest_square, square) & ~above(square, c->farthest_square));
}

static void add_near(const struct workspace *w, const struct peak *peak, int i, struct near *near)
{
    const float x = w->edges.x[i], y = w->edges.y[i], dx = x - peak->x, dy = y - peak->y;
    const int n = near->count;
    near->x[n] = x;
    near->y[n] = y;
    near->r[n] = sqrtf(dx * dx + dy * dy);
    near->count += n < NEAR - 1;
}

/* Marks the points of a range that point to the centre; returns how many. */
static int mark_range(struct workspace *w, const struct coarse *coarse, int start, int end)
{
    int count = 0;
    for (int i = start; i < end; i += LANES) {
        store_bytes(w->is_near + i, points_to(&w->edges, i, coarse));
    }
    memset(w->is_near + end, 0, PADDING);
    for (int i = start; i < end; i += 8) {
        count += __builtin_popcountll(eight_marks(w->is_near + i));
    }
    return count;
}

/* Takes every so many-th of the marked ones; what was left over of the range before counts on. */
static int add_range(struct workspace *w, const struct peak *peak, int start, int end, int left_over, struct near *near)
{
    for (int i = start; i < end; i += 8) {
        for (uint64_t marks = eight_marks(w->is_near + i); marks != 0; marks &= marks - 1) {
            if (++left_over == near->step) {
                add_near(w, peak, i + first_mark(marks), near);
                left_over = 0;
            }
        }
    }
    return left_over;
}

/* The tile in which a coordinate is, or the nearest one. */
static int tile_of(float at, int tiles)
{
    const int tile = at < 0 ? 0 : (int)(at / TILE);
    return tile < tiles ? tile : tiles - 1;
}

/* From the tiles of the square about the largest circle. */
static void collect_near(struct workspace *w, const struct band *band, const struct peak *peak, struct near *near)
{
    const struct coarse coarse = coarsen(band, peak);
    const int across = w->edges.tiles_across, down = w->edges.tiles_down;
    const int left = tile_of(peak->x - band->to, across), right = tile_of(peak->x + band->to, across);
    const int bottom = tile_of(peak->y + band->to, down);
    const int top = tile_of(peak->y - band->to, down);
    int marked = 0, left_over = 0;
    for (int row = top; row <= bottom; row++) {
        const int32_t *tile = w->edges.tile_start + (ptrdiff_t)row * across;
        marked += mark_range(w, &coarse, tile[left], tile[right + 1]);
    }
    near->count = 0;
    near->step = marked < MANY ? 1 : marked / NEAR + 1;
    for (int row = top; row <= bottom; row++) {
        const int32_t *tile = w->edges.tile_start + (ptrdiff_t)row * across;
        left_over = add_range(w, peak, tile[left], tile[right + 1], left_over, near);
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
        const double dx = (double)near->x[i] - circle->x, dy = (double)near->y[i] - circle->y;
        x[n] = (double)near->x[i];
        y[n] = (double)near->y[i];
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
static double take_radius(int32_t *histogram, const struct band *band, int step)
{
    /* A cell is less than half of the smallest radius: no distance gets below 0. */
    const int spread = band->cell, first = (int)band->from, last = (int)band->to + 1;
    int best = 0, sum = 0;
    float most = LEAST_SHARE * 6.2832f / (float)step;
    for (int r = first - spread; r < first + spread; r++) {
        sum += histogram[r];
    }
    for (int r = first; r <= last; r++) {
        sum += histogram[r + spread];
        if ((float)sum > most * (float)r) {
            most = (float)sum / (float)r;
            best = r;
        }
        sum -= histogram[r - spread];
    }
    if (best == 0) {
        return 0;
    }
    double points = 0, moment = 0;
    for (int r = best - spread; r <= best + spread; r++) {
        points += histogram[r];
        moment += (double)r * histogram[r];
        histogram[r] = 0;
    }
    return moment / points;
}

int refine(struct workspace *w, const struct band *band, const struct peak *peak, struct circle *circles)
{
    struct near near;
    collect_near(w, band, peak, &near);
    memset(w->histogram, 0, sizeof(int32_t) * (size_t)(band->to + (float)(2 * band->cell) + 4));
    for (int i = 0; i < near.count; i++) {
        w->histogram[(int)(near.r[i] + 0.5f)]++;
    }
    int count = 0;
    for (int i = 0; i < RADII; i++) {
        struct circle circle = {(double)peak->x, (double)peak->y, take_radius(w->histogram, band, near.step)};
        double reach = 1.5 * band->cell + 1;
        if (circle.r > 0 && fit_near(&near, &circle, &reach) && fit_near(&near, &circle, &reach)) {
            circles[count++] = circle;
        }
    }
    return count;
}
