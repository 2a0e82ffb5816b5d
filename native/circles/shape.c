/* Is the outline round? How it differs from a circle: an ellipse, a polygon, a spiral, each by a measure of its own. */
#include "rim.h"

#include <math.h>

enum { TERMS = 5, BEND = 2, END = 2, MOST_APART = 4, SPAN = 3 };
/* Keeps a short arc from meaning anything it likes. */
static const double RIDGE = 0.1;
/* Tangent of the angle to the rim from which an edge is none of it. */
static const double TILTED = 0.25, PURE_TILTED = 0.2;
/* What its place counts, beside its direction. */
static const double PLACE_WEIGHT = 0.7;
/* Error of the mean tilt of a whole circle that stays however sharp its edge is. */
static const double SYSTEMATIC = 0.003;
/* So many standard errors of a half-axis are no ellipse. */
static const double CHANCE = 1.5;
/* Variance of a saw's tooth of height 1 without its mean and its first two waves: 1/12 - (1 + 1/4) / (2 pi^2). */
static const double TOOTH = 0.02, TOOTH_BY_CHANCE = 0.3;
/* What a polygon that is none leaves is less, as a share of the radius: teeth are straight here and there too. */
static const double LEAST_CORNERS = 0.025;
/* Pixels. */
static const double KERNEL = 4;

struct system {
    double a[TERMS][TERMS + 2]; /* symmetric, the upper half is gathered; then the right side, and a 1 for the first term, which gives its variance */
    double squares;
    int rays;
};

static void term_of(int ray, double term[TERMS])
{
    const double one = 1.0 / (1 << RAY_BITS);
    term[0] = 1;
    term[1] = cosine(ray) * one;
    term[2] = sine(ray) * one;
    term[3] = cosine(2 * ray) * one;
    term[4] = sine(2 * ray) * one;
}

static void add_ray(struct system *system, int ray, double value)
{
    double term[TERMS];
    term_of(ray, term);
    for (int i = 0; i < TERMS; i++) {
        for (int j = i; j < TERMS; j++) {
            system->a[i][j] += term[i] * term[j];
        }
        system->a[i][TERMS] += term[i] * value;
    }
    system->squares += value * value;
    system->rays++;
}

/* Gauss's elimination; a positive system needs no pivots. Returns the sum of the squares that are left. */
static double solve(struct system *system)
{
    double right[TERMS], left = system->squares;
    for (int i = 0; i < TERMS; i++) {
        right[i] = system->a[i][TERMS];
        system->a[i][i] += RIDGE;
        for (int j = 0; j < i; j++) {
            system->a[i][j] = system->a[j][i];
        }
    }
    system->a[0][TERMS + 1] = 1;
    for (int i = 0; i < TERMS; i++) {
        for (int j = 0; j < TERMS; j++) {
            const double share = system->a[j][i] / system->a[i][i];
            for (int k = i; j != i && k < TERMS + 2; k++) {
                system->a[j][k] -= share * system->a[i][k];
            }
        }
    }
    for (int i = 0; i < TERMS; i++) {
        for (int k = TERMS; k < TERMS + 2; k++) {
            system->a[i][k] /= system->a[i][i];
        }
        left -= system->a[i][TERMS] * right[i];
    }
    return left > 0 ? left : 0;
}

/* Least squares over whatever part of the edge was met: other radius, other centre, two half-axes. */
void fit_oval(const struct outline *outline, struct oval *oval)
{
    struct system system = {.squares = 0};
    for (int ray = 0; ray < RAYS; ray++) {
        if (outline->edge[ray].slope != 0) {
            add_ray(&system, ray, (double)outline->edge[ray].off);
        }
    }
    solve(&system);
    *oval = (struct oval){system.a[0][TERMS], system.a[1][TERMS], system.a[2][TERMS], system.a[3][TERMS], system.a[4][TERMS]};
}

/* Where the ellipse's edge is on a ray, and how it is turned there: by its slope in polar coordinates. */
static struct ray_edge edge_of(const struct oval *oval, const struct circle *circle, int ray)
{
    const double c = cosine(ray), s = sine(ray), c2 = cosine(2 * ray), s2 = sine(2 * ray), one = 1.0 / (1 << RAY_BITS);
    const double off = oval->r + one * (oval->x * c + oval->y * s + oval->cos2 * c2 + oval->sin2 * s2);
    const double slope = one * (oval->y * c - oval->x * s + 2 * (oval->sin2 * c2 - oval->cos2 * s2));
    return (struct ray_edge){.off = (float)off, .tilt = (float)(-slope / circle->r)};
}

static double nearness(double off, double most) { return fabs(off) < most ? 1 - off * off / (most * most) : 0; }

/* Each ray counts the more, the nearer it met the edge to where it should be, and the more the edge runs as it should there. */
double closeness(double off, double tilt, double fair)
{
    return PLACE_WEIGHT * nearness(off, fair) + (1 - PLACE_WEIGHT) * nearness(tilt, TILTED);
}

/* The same where it must do both, and run along the circle itself: an oval's edge leads away from it. */
double purity(double off, double tilt, double fair) { return nearness(off, fair) * nearness(tilt, PURE_TILTED); }

void take_ellipse(const struct outline *outline, const struct oval *oval, const struct circle *circle, struct left *left)
{
    left->count = 0;
    for (int ray = 0; ray < RAYS; ray++) {
        const struct ray_edge *edge = &outline->edge[ray];
        left->met[ray] = edge->slope != 0;
        left->off[ray] = left->tilt[ray] = 0;
        if (left->met[ray]) {
            const struct ray_edge expected = edge_of(oval, circle, ray);
            left->off[ray] = (double)edge->off - (double)expected.off;
            left->tilt[ray] = (double)edge->tilt - (double)expected.tilt;
            left->count++;
        }
    }
}

/* What ends an edge turns it, as far as the gradient is smoothed. */
static int is_at_an_end(const struct outline *outline, int ray, int step)
{
    for (int i = step; i <= END; i += step) {
        if (outline->edge[(ray + i) % RAYS].slope == 0 || outline->edge[(ray + RAYS - i) % RAYS].slope == 0) {
            return 1;
        }
    }
    return 0;
}

static double size_of(double x, double y) { return sqrt(x * x + y * y); }

/*
 * What the directions of the edges tell of its shape, wherever they lie. A spiral leads away from the circle to the same side all
 * around, where another centre and other half-axes turn the edge to either side: how many times its standard error that is.
 * An ellipse inside of another is as long as that one: where the outline goes over from one to the other, only places are round.
 * Returns the mean tilt.
 */
static double measure_turns(const struct outline *outline, int step, struct shape *shape)
{
    struct system system = {.squares = 0};
    for (int ray = 0; ray < RAYS; ray++) {
        const struct ray_edge *edge = &outline->edge[ray];
        if (edge->slope != 0 && !is_at_an_end(outline, ray, step)) {
            add_ray(&system, ray, (double)edge->tilt);
        }
    }
    const double variance = solve(&system) / (system.rays > TERMS ? system.rays - TERMS : 1);
    const double error = sqrt((variance + RAYS / step * SYSTEMATIC * SYSTEMATIC) * system.a[0][TERMS + 1]);
    const double chance = CHANCE * sqrt(2 * variance / (system.rays > 1 ? system.rays : 1));
    const double slant = 0.5 * (size_of(system.a[3][TERMS], system.a[4][TERMS]) - chance);
    shape->drift = (float)(fabs(system.a[0][TERMS]) / error);
    shape->slant = slant > (double)shape->slant ? (float)slant : shape->slant;
    return system.a[0][TERMS];
}

/* Of all edges near the rim, for a spiral has more than one turn there. */
struct mean lean_of(const struct meeting *met, int step)
{
    double sum = 0, squares = 0;
    int n = 0;
    for (int ray = 0; ray < RAYS; ray += step) {
        for (int i = 0; i < met[ray].count; i++) {
            const double tilt = (double)met[ray].edge[i].tilt;
            sum += tilt;
            squares += tilt * tilt;
            n++;
        }
    }
    if (n == 0) {
        return (struct mean){0, 0};
    }
    const double mean = sum / n, variance = squares / n - mean * mean + RAYS * SYSTEMATIC * SYSTEMATIC;
    return (struct mean){(float)mean, (float)(fabs(mean) / sqrt(variance / n))};
}

/*
 * A spiral closes with a step: its radius is a saw's tooth over the angle, which the ellipse takes but a part of. The tooth
 * that fits best begins where the cumulative sum (Page 1954) of what is left is farthest from its mean. It must rise as the
 * edges lean, those of the outline or all: the geometric mean of both slopes, times the share of what is left that the tooth
 * explains, beyond chance.
 */
static float winding_of(const struct left *left, const struct circle *circle, double lean, double tilt)
{
    double sum = 0, squares = 0, most = 0;
    for (int ray = 0; ray < RAYS; ray++) {
        sum += left->off[ray] * ray / RAYS;
        squares += left->off[ray] * left->off[ray];
    }
    for (int ray = 0; ray < RAYS; ray++) {
        most = fabs(sum) > fabs(most) ? sum : most;
        sum += left->off[ray];
    }
    const double tooth = TOOTH * left->count, rise = -most / (tooth * 6.2831853 * circle->r);
    const double share = squares > 0 ? most * most / (tooth * squares) - TOOTH_BY_CHANCE : 0;
    const double slopes = rise * lean > rise * tilt ? rise * lean : rise * tilt;
    return share > 0 && slopes > 0 ? (float)(share * sqrt(slopes)) : 0;
}

/*
 * Noise and teeth turn each edge for itself, letters and heads turn neighbours alike: their covariance. The gradient's kernel sees
 * both of two that are nearer to each other than its width.
 */
static float sway_of(const struct left *left, const struct circle *circle, int step)
{
    int apart = (int)(KERNEL * RAYS / (6.2831853 * circle->r)) + 1, n = 0;
    apart = ((apart < MOST_APART ? apart : MOST_APART) + step - 1) / step * step;
    double sum = 0;
    for (int ray = 0; ray < RAYS; ray++) {
        const int next = (ray + apart) % RAYS;
        sum += left->tilt[ray] * left->tilt[next];
        n += left->met[ray] && left->met[next];
    }
    return n > 0 && sum > 0 ? (float)sqrt(sum / n) : 0;
}

/* Slopes from ray to ray, over the six between. */
static float roughness(const struct outline *outline, const struct circle *circle, int step)
{
    const double length = 2 * SPAN * step * 6.2831853 / RAYS * circle->r;
    double squares = 0;
    int n = 0;
    for (int ray = 0; ray < RAYS; ray++) {
        const struct ray_edge *before = &outline->edge[(ray + RAYS - SPAN * step) % RAYS],
                              *after = &outline->edge[(ray + SPAN * step) % RAYS];
        if (before->slope != 0 && after->slope != 0) {
            const double slope = ((double)after->off - (double)before->off) / length;
            squares += slope * slope;
            n++;
        }
    }
    return n > 0 ? (float)(squares / n) : 0;
}

/* Inserts into a sorted list. */
void sort_in(float *values, int count, float value)
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
static float straightness(const struct outline *outline, const struct circle *circle, int step)
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
    return n < RAYS / 4 / step ? 0 : (float)((double)bends[n / 2] / (angle * angle * circle->r));
}

static int has_corners(const struct left *left, const struct circle *circle)
{
    double squares = 0;
    for (int ray = 0; ray < RAYS; ray++) {
        squares += left->off[ray] * left->off[ray];
    }
    return squares > left->count * LEAST_CORNERS * LEAST_CORNERS * circle->r * circle->r;
}

void measure_shape(const struct outline *outline, const struct oval *oval, const struct left *left, const struct circle *circle,
                   int step, float lean, struct shape *shape)
{
    shape->slant = (float)(size_of(oval->cos2, oval->sin2) / circle->r);
    shape->straight = has_corners(left, circle) ? straightness(outline, circle, step) : 0;
    const double tilt = measure_turns(outline, step, shape);
    shape->winding = winding_of(left, circle, (double)lean, tilt);
    shape->sway = sway_of(left, circle, step);
    shape->rough = roughness(outline, circle, step);
}
