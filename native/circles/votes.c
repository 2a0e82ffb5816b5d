/*
 * Where many edges point to, there may be a centre. Each point of an edge votes along its gradient, to both sides, for
 * all centres within an octave of the radius; the grid is coarser for larger radii, as the direction's error grows with
 * the distance. Votes for darker and for brighter discs are kept apart, so that texture, which has both, counts half.
 */
#include "bits.h"
#include "inside.h"
#include "lanes.h"

/* Cells are 1/8 to 1/16 of the radius. */
enum { SMALLEST_RADIUS_CELLS = 8 };
/* Radii next to an octave are let in, so that a circle at its end loses no votes. */
static const float OVERLAP = 1.07f;
/* A centre needs that share of a whole circumference's votes. */
static const float LEAST_SHARE = 0.43f;
enum { CELL_BITS = 12, STRIDE = 2 };
/* A ray gives 3x3 cells at most three votes, and only one of a point's two rays comes by: sums fit 16 bits. */
enum { MOST_VOTERS = 10000 };

/* Rays end outside the picture without being asked at each step: that is what the margin is for. */
static int margin_of(float to, int cell) { return (int)(to / (float)cell) + 2; }

static struct band make_band(const struct workspace *w, float from, float to, int cell, int step)
{
    struct band band = {.from = from / OVERLAP, .to = to * OVERLAP, .cell = cell, .step = step};
    band.columns = (w->width + cell - 1) / cell;
    band.rows = (w->height + cell - 1) / cell;
    band.margin = margin_of(band.to, cell);
    band.stride = (band.columns + 2 * band.margin + PADDING - 1) / PADDING * PADDING;
    return band;
}

static size_t cells_in(const struct band *band)
{
    return (size_t)band->stride * (size_t)(band->rows + 2 * band->margin) + PADDING;
}

static int make_bands(const struct workspace *w, float from, float end, struct band *bands)
{
    int count = 0;
    int cell = 1;
    while (2 * cell * SMALLEST_RADIUS_CELLS <= (int)from) {
        cell *= 2;
    }
    for (int step = 1; count < BANDS && from < end; cell *= 2, step *= 2, from *= 2) {
        bands[count++] = make_band(w, from, 2 * from < end ? 2 * from : end, cell, step);
    }
    return count;
}

struct ray {
    int x, y, dx, dy; /* in cells, CELL_BITS after the point */
};

static void cast(int16_t *cells, int stride, struct ray ray, int steps)
{
#pragma GCC unroll 4
    for (int i = 0; i < steps; i++) {
        cells[(ray.y >> CELL_BITS) * stride + (ray.x >> CELL_BITS)]++;
        ray.x += ray.dx;
        ray.y += ray.dy;
    }
}

static void vote(struct band *band, const struct edges *edges, int16_t *cells)
{
    const int scale = (1 << CELL_BITS) / band->cell, steps = (int)((band->to - band->from) / (float)(band->cell * STRIDE)) + 1;
    const int first = (int)(band->from * (float)scale / UNIT), start = (band->margin << CELL_BITS) + scale / 2;
    for (int i = 0; i < edges->count; i += band->step) {
        const int ux = edges->ux[i], uy = edges->uy[i], x = edges->x[i] * scale + start, y = edges->y[i] * scale + start;
        const int dx = ux * STRIDE * ((1 << CELL_BITS) / UNIT), dy = uy * STRIDE * ((1 << CELL_BITS) / UNIT);
        cast(cells, band->stride, (struct ray){x + ux * first, y + uy * first, dx, dy}, steps);
        cast(cells, band->stride, (struct ray){x - ux * first, y - uy * first, -dx, -dy}, steps);
    }
    const float votes = (float)(2 * edges->count / band->step * steps);
    band->chance = 9 * votes / ((float)band->stride * (float)(band->rows + 2 * band->margin));
}

/* Sums of 3x3 cells, for the picture and one cell around it. */
static void sum_boxes(const struct band *band, const int16_t *cells, int16_t *boxes)
{
    for (int y = band->margin - 1; y <= band->margin + band->rows; y++) {
        const ptrdiff_t row = (ptrdiff_t)y * band->stride;
        for (int x = band->margin - 1; x <= band->margin + band->columns; x += LANES) {
            lanes sum = all(0);
            for (int j = -1; j <= 1; j++) {
                const int16_t *c = cells + row + (ptrdiff_t)j * band->stride + x;
                sum = (lanes)(sum + load(c - 1) + load(c) + load(c + 1));
            }
            store(boxes + row + x, sum);
        }
    }
}

static void mark_peaks(const struct band *band, const int16_t *boxes, int least, uint8_t *mask, int row)
{
    const int16_t *first = boxes + (ptrdiff_t)row * band->stride + band->margin;
    for (int x = 0; x < band->columns; x += LANES) {
        const int16_t *b = first + x, *up = b - band->stride, *down = b + band->stride;
        const lanes here = load(b);
        const lanes before = larger(larger(load(up - 1), load(up)), larger(load(up + 1), load(b - 1)));
        const lanes after = larger(larger(load(down - 1), load(down)), larger(load(down + 1), load(b + 1)));
        store_bytes(mask + x, (lanes)(above(here, all((int16_t)least)) & above(here, before) & ~above(after, here)));
    }
    memset(mask + band->columns, 0, PADDING);
}

/* The middle of the votes in 3x3 cells around one. */
static struct peak middle(const struct band *band, const int16_t *cells, int x, int y)
{
    const int16_t *first = cells + (ptrdiff_t)band->margin * (band->stride + 1);
    float sum = 0, sum_x = 0, sum_y = 0;
    for (int j = -1; j <= 1; j++) {
        for (int i = -1; i <= 1; i++) {
            const float votes = first[(ptrdiff_t)(y + j) * band->stride + x + i];
            sum += votes;
            sum_x += votes * (float)i;
            sum_y += votes * (float)j;
        }
    }
    const float cell = (float)band->cell;
    return (struct peak){.x = ((float)x + 0.5f + sum_x / sum) * cell - 0.5f, .y = ((float)y + 0.5f + sum_y / sum) * cell - 0.5f};
}

/* Votes of a whole circumference, of the smallest circle. */
static float whole_of(const struct band *band) { return 6.2832f * band->from / (float)band->step; }

/* What points there of a whole circumference, less what would by chance. */
static float share_of(const struct band *band, int votes) { return ((float)votes - band->chance) / whole_of(band); }

/* Keeps the list sorted, best first, and no longer than BAND_PEAKS. */
static int insert(struct peak *peaks, int count, struct peak peak)
{
    int i = count < BAND_PEAKS ? count : BAND_PEAKS - 1;
    if (count == BAND_PEAKS && peaks[i].share >= peak.share) {
        return count;
    }
    for (; i > 0 && peaks[i - 1].share < peak.share; i--) {
        peaks[i] = peaks[i - 1];
    }
    peaks[i] = peak;
    return count < BAND_PEAKS ? count + 1 : count;
}

static struct peak peak_at(const struct workspace *w, const struct band *band, int x, int y)
{
    struct peak peak = middle(band, w->cells, x, y);
    const int votes = w->boxes[(ptrdiff_t)(y + band->margin) * band->stride + band->margin + x];
    peak.share = share_of(band, votes);
    return peak;
}

static int take_peaks(struct workspace *w, const struct band *band, struct peak *peaks)
{
    int count = 0;
    const int least = (int)(band->chance + LEAST_SHARE * whole_of(band));
    for (int y = 0; y < band->rows; y++) {
        mark_peaks(band, w->boxes, least, w->mask, y + band->margin);
        for (int x = 0; x < band->columns; x += 8) {
            for (uint64_t marks = eight_marks(w->mask + x); marks != 0; marks &= marks - 1) {
                count = insert(peaks, count, peak_at(w, band, x + first_mark(marks), y));
            }
        }
    }
    return count;
}

/* Longest side or longest radius: no circle with its centre in the picture shows 60 % beyond. */
static float end_of(const struct workspace *w, float max_radius)
{
    const float longest = (float)(w->width > w->height ? w->width : w->height);
    return max_radius < longest ? max_radius : longest;
}

size_t cells_needed(const struct workspace *w, float min_radius, float max_radius)
{
    struct band bands[BANDS];
    const int count = make_bands(w, min_radius, end_of(w, max_radius), bands);
    size_t most = 0;
    for (int b = 0; b < count; b++) {
        most = cells_in(&bands[b]) > most ? cells_in(&bands[b]) : most;
    }
    return most;
}

/* For people: the votes of this band over the picture, where they are more than those of others. */
static void show_votes(const struct workspace *w, const struct band *band, float *votes_at)
{
    for (int y = 0; y < w->height; y++) {
        const int16_t *row = w->boxes + (ptrdiff_t)(y / band->cell + band->margin) * band->stride + band->margin;
        for (int x = 0; x < w->width; x++) {
            float *here = &votes_at[(ptrdiff_t)y * w->width + x];
            const float share = share_of(band, row[x / band->cell]);
            *here = share > *here ? share : *here;
        }
    }
}

int find_peaks(struct workspace *w, float min_radius, float max_radius, struct band *bands, struct peak *peaks, float *votes_at)
{
    const int octaves = make_bands(w, min_radius, end_of(w, max_radius), bands);
    const int least_step = w->edges.count / MOST_VOTERS + 1;
    int count = 0;
    for (int b = octaves - 1; b >= 0; b--) {
        bands[b].step = bands[b].step > least_step ? bands[b].step : least_step;
        memset(w->cells, 0, sizeof(int16_t) * cells_in(&bands[b]));
        vote(&bands[b], &w->edges, w->cells);
        sum_boxes(&bands[b], w->cells, w->boxes);
        if (votes_at != NULL) {
            show_votes(w, &bands[b], votes_at);
        }
        const int found = take_peaks(w, &bands[b], peaks + count);
        for (int i = 0; i < found; i++) {
            peaks[count++].band = b;
        }
    }
    return count;
}
