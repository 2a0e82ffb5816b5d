/*
 * Where many edges point to, there may be a centre. Each point of an edge votes along its gradient, to both sides, for
 * all centres within an octave of the radius; the grid is coarser for larger radii, as the direction's error grows with
 * the distance. Votes for darker and for brighter discs are kept apart, so that texture, which has both, counts half.
 */
#include "inside.h"
#include "lanes.h"

static const int SMALLEST_CELL = 2;
/* Radii next to an octave are let in, so that a circle at its end loses no votes. */
static const float OVERLAP = 1.07f;
/* A centre needs that share of a whole circumference's votes. */
static const float LEAST_SHARE = 0.16f;
enum { CELL_BITS = 12 };

static int padded(int cells) { return (cells + 2 + PADDING - 1) / PADDING * PADDING; }

/* A grid with a margin of one cell, and a vector's length after it. */
size_t cells_of(int width, int height, int cell)
{
    const int columns = (width + cell - 1) / cell, rows = (height + cell - 1) / cell;
    return (size_t)padded(columns) * (size_t)(rows + 2) + 2 * PADDING;
}

static struct band make_band(const struct workspace *w, float from, float to, int cell, int step)
{
    struct band band = {.from = from / OVERLAP, .to = to * OVERLAP, .cell = cell, .step = step};
    band.columns = (w->width + cell - 1) / cell;
    band.rows = (w->height + cell - 1) / cell;
    band.stride = padded(band.columns);
    return band;
}

struct ray {
    int x, y, dx, dy; /* in cells, CELL_BITS after the point */
};

static int cast(const struct band *band, int16_t *cells, struct ray ray, int steps)
{
    int cast = 0;
    for (; cast < steps; cast++) {
        const unsigned column = (unsigned)(ray.x >> CELL_BITS), row = (unsigned)(ray.y >> CELL_BITS);
        if (column >= (unsigned)band->columns || row >= (unsigned)band->rows) {
            break; /* a ray that has left the picture does not come back */
        }
        cells[(row + 1) * (unsigned)band->stride + column + 1]++;
        ray.x += ray.dx;
        ray.y += ray.dy;
    }
    return cast;
}

/* Returns the number of votes. */
static int vote(const struct band *band, const struct edges *edges, int16_t *cells, int side)
{
    const int scale = (1 << CELL_BITS) / band->cell, steps = (int)((band->to - band->from) / (float)band->cell) + 1;
    const int first = (int)(band->from * (float)scale);
    int votes = 0;
    for (int i = 0; i < edges->count; i += band->step) {
        const int ux = side * edges->ux[i], uy = side * edges->uy[i];
        const struct ray ray = {
            edges->x[i] * scale + scale / 2 + (int)((int64_t)ux * first / UNIT),
            edges->y[i] * scale + scale / 2 + (int)((int64_t)uy * first / UNIT),
            ux * ((1 << CELL_BITS) / UNIT),
            uy * ((1 << CELL_BITS) / UNIT),
        };
        votes += cast(band, cells, ray, steps);
    }
    return votes;
}

/* Sums of 3x3 cells. */
static void sum_boxes(const struct band *band, const int16_t *cells, int16_t *boxes)
{
    for (int y = 1; y <= band->rows; y++) {
        const int16_t *row = cells + (ptrdiff_t)y * band->stride;
        for (int x = 0; x < band->stride; x += LANES) {
            lanes sum = all(0);
            for (int j = -1; j <= 1; j++) {
                const int16_t *c = row + (ptrdiff_t)j * band->stride + x;
                sum = (lanes)(sum + load(c) + load(c + 1) + load(c + 2));
            }
            store(boxes + (ptrdiff_t)y * band->stride + x + 1, sum);
        }
        boxes[(ptrdiff_t)y * band->stride] = boxes[(ptrdiff_t)(y + 1) * band->stride - 1] = 0;
        boxes[(ptrdiff_t)y * band->stride + band->columns + 1] = 0;
    }
}

static void mark_peaks(const struct band *band, const int16_t *boxes, int least, uint8_t *mask, int row)
{
    const ptrdiff_t start = (ptrdiff_t)row * band->stride;
    for (int x = 0; x < band->stride; x += LANES) {
        const int16_t *b = boxes + start + x, *up = b - band->stride, *down = b + band->stride;
        const lanes here = load(b);
        const lanes before = larger(larger(load(up - 1), load(up)), larger(load(up + 1), load(b - 1)));
        const lanes after = larger(larger(load(down - 1), load(down)), larger(load(down + 1), load(b + 1)));
        store_bytes(mask + x, (lanes)(above(here, all((int16_t)least)) & above(here, before) & ~above(after, here)));
    }
}

/* The middle of the votes in 3x3 cells around one. */
static struct peak middle(const struct band *band, const int16_t *cells, int x, int y)
{
    float sum = 0, sum_x = 0, sum_y = 0;
    for (int j = -1; j <= 1; j++) {
        for (int i = -1; i <= 1; i++) {
            const float votes = cells[(ptrdiff_t)(y + j) * band->stride + x + i];
            sum += votes;
            sum_x += votes * (float)i;
            sum_y += votes * (float)j;
        }
    }
    const float cell = (float)band->cell;
    return (struct peak){.x = ((float)x - 0.5f + sum_x / sum) * cell - 0.5f, .y = ((float)y - 0.5f + sum_y / sum) * cell - 0.5f};
}

/* Keeps the list sorted, best first, and no longer than PEAKS. */
static int insert(struct peak *peaks, int count, struct peak peak)
{
    int i = count < PEAKS ? count : PEAKS - 1;
    if (count == PEAKS && peaks[i].share >= peak.share) {
        return count;
    }
    for (; i > 0 && peaks[i - 1].share < peak.share; i--) {
        peaks[i] = peaks[i - 1];
    }
    peaks[i] = peak;
    return count < PEAKS ? count + 1 : count;
}

static int take_peaks(struct workspace *w, const struct band *band, struct peak *peaks, int count, struct peak kind)
{
    const float whole = 6.2832f * band->from / (float)band->step;
    const int least = (int)(band->chance + LEAST_SHARE * whole);
    for (int y = 1; y <= band->rows; y++) {
        mark_peaks(band, w->boxes, least, w->mask, y);
        for (int x = 1; x <= band->columns; x++) {
            if (w->mask[x] == 0) {
                continue;
            }
            struct peak peak = middle(band, w->cells, x, y);
            peak.share = ((float)w->boxes[(ptrdiff_t)y * band->stride + x] - band->chance) / whole;
            peak.band = kind.band;
            peak.bright = kind.bright;
            count = insert(peaks, count, peak);
        }
    }
    return count;
}

/* Clears only what a band needs of the grids; the margins must be empty. */
static void clear(struct workspace *w, const struct band *band)
{
    const size_t bytes = sizeof(int16_t) * ((size_t)band->stride * (size_t)(band->rows + 2) + 2 * PADDING);
    memset(w->cells - PADDING, 0, bytes);
    memset(w->boxes - PADDING, 0, sizeof(int16_t) * (size_t)(band->stride + PADDING));
    memset(w->boxes + (ptrdiff_t)(band->rows + 1) * band->stride, 0, sizeof(int16_t) * (size_t)(band->stride + PADDING));
}

static int search_band(struct workspace *w, struct band *band, int index, struct peak *peaks, int count)
{
    for (int bright = 0; bright <= 1; bright++) {
        clear(w, band);
        const int votes = vote(band, &w->edges, w->cells, bright ? 1 : -1);
        band->chance = 9.0f * (float)votes / (float)(band->columns * band->rows);
        sum_boxes(band, w->cells, w->boxes);
        count = take_peaks(w, band, peaks, count, (struct peak){.band = index, .bright = bright});
    }
    return count;
}

int find_peaks(struct workspace *w, float min_radius, float max_radius, struct band *bands, struct peak *peaks)
{
    const float longest = (float)(w->width > w->height ? w->width : w->height);
    const float end = max_radius < longest ? max_radius : longest;
    int count = 0, cell = SMALLEST_CELL, step = 1;
    float from = min_radius;
    for (int b = 0; b < BANDS && from < end; b++) {
        bands[b] = make_band(w, from, 2 * from < end ? 2 * from : end, cell, step);
        count = search_band(w, &bands[b], b, peaks, count);
        from *= 2;
        cell *= 2;
        step *= 2;
    }
    return count;
}
