/* The whole way from a frame to its circles; how, and after whom, is told in docs/decisions/. */
#include "inside.h"

#include <math.h>
#include <string.h>

enum { MIN_SIDE = 24, MIN_RADIUS_PX = 8, FOUND = 256, ALIGNMENT = 64 };
static const float MOST_OVAL = 0.06f;
static const float LEAST_SCORE = 0.46f;
static const float AROUND = 0.5f;
static const float COVER = 0.2f;
static const double SAME = 0.03;

static void *take(uintptr_t *next, size_t bytes)
{
    const uintptr_t at = (*next + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    *next = at + bytes;
    return (void *)at;
}

static struct plane take_plane(uintptr_t *next, int width, int height)
{
    const int stride = (width + PADDING - 1) / PADDING * PADDING;
    int16_t *at = take(next, sizeof(int16_t) * ((size_t)stride * (size_t)height + 2 * PADDING));
    return (struct plane){at + PADDING, stride};
}

/* The same walk tells how much is needed and hands it out. */
static uintptr_t lay_out(struct workspace *w, uintptr_t next, int width_px, int height_px)
{
    w->width = width_px / 2;
    w->height = height_px / 2;
    w->half = take_plane(&next, w->width + 2 * MARGIN + PADDING, w->height + 2 * MARGIN);
    w->gx = take_plane(&next, w->width, w->height);
    w->gy = take_plane(&next, w->width, w->height);
    w->strength = take_plane(&next, w->width, w->height);
    w->sums = take(&next, sizeof(int16_t) * 2 * (size_t)(w->half.stride + PADDING));
    w->mask = take(&next, (size_t)w->gx.stride * (size_t)w->height + PADDING);
    const int tiles_down = (w->height + TILE - 1) / TILE, tiles = tiles_down * ((w->width + TILE - 1) / TILE);
    const size_t edges = (size_t)tiles * TILE_EDGES + PADDING;
    w->edges.x = take(&next, sizeof(int16_t) * edges);
    w->edges.y = take(&next, sizeof(int16_t) * edges);
    w->edges.ux = take(&next, sizeof(int16_t) * edges);
    w->edges.uy = take(&next, sizeof(int16_t) * edges);
    w->edges.row_start = take(&next, sizeof(int32_t) * (size_t)(tiles_down + 1));
    w->is_near = take(&next, edges + PADDING);
    const size_t cells = cells_needed(w, 17, 250);
    w->cells = take(&next, sizeof(int16_t) * cells);
    w->boxes = take(&next, sizeof(int16_t) * cells);
    return next + ALIGNMENT;
}

size_t circles_workspace_bytes(int width_px, int height_px)
{
    if (width_px < 1 || height_px < 1 || width_px > MAX_SIDE || height_px > MAX_SIDE) {
        return 0;
    }
    struct workspace w;
    return lay_out(&w, 0, width_px, height_px) + ALIGNMENT;
}

static void to_frame(const struct circle *circle, struct circles_candidate *found)
{
    found->x_px = (float)(2 * circle->x + 0.5);
    found->y_px = (float)(2 * circle->y + 0.5);
    found->r_px = (float)(2 * circle->r);
}

static int judge(const struct circles_candidate *found, const struct circles_settings *settings)
{
    if (found->verdict != CIRCLES_FOUND) {
        return found->verdict;
    }
    if (found->r_px < settings->min_radius_px || found->r_px > settings->max_radius_px) {
        return CIRCLES_OUT_OF_RANGE;
    }
    if (found->oval > MOST_OVAL) {
        return CIRCLES_OVAL;
    }
    return found->score < LEAST_SCORE ? CIRCLES_GAPS : CIRCLES_FOUND;
}

static int is_known(const struct circle *seen, int count, const struct circle *circle)
{
    for (int i = 0; i < count; i++) {
        const double off = fabs(seen[i].x - circle->x) + fabs(seen[i].y - circle->y) + fabs(seen[i].r - circle->r);
        if (off < SAME * circle->r) return 1;
    }
    return 0;
}

static int examine(struct workspace *w, const struct circles_settings *settings, struct circles_report *report)
{
    struct band bands[BANDS];
    struct peak peaks[PEAKS];
    struct circle seen[2 * PEAKS]; int seen_count = 0;
    const int count = find_peaks(w, settings->min_radius_px / 2, settings->max_radius_px / 2, bands, peaks);
    for (int i = 0; i < count; i++) {
        struct circle circles[2];
        const int n = refine(w, &bands[peaks[i].band], &peaks[i], circles);
        for (int k = 0; k < n; k++) {
            if (is_known(seen, seen_count, &circles[k])) continue;
            seen[seen_count++] = circles[k];
            struct circles_candidate *found = &report->candidate[report->candidates++];
            memset(found, 0, sizeof *found);
            found->votes = peaks[i].share;
            verify(w, &circles[k], found, LEAST_SCORE);
            to_frame(&circles[k], found);
            found->score = found->exact + COVER * (found->cover - found->exact) - AROUND * found->around;
            found->verdict = judge(found, settings);
        }
    }
    return count;
}

static int choose(struct circles_report *report, const struct circles_settings *settings, struct circles_circle *circles, int capacity)
{
    int count = 0;
    for (;;) {
        struct circles_candidate *best = NULL;
        for (int i = 0; i < report->candidates; i++) {
            struct circles_candidate *c = &report->candidate[i];
            if (c->verdict == CIRCLES_FOUND && (best == NULL || c->score > best->score)) best = c;
        }
        if (best == NULL || count == capacity) break;
        /* of circles about one centre the outermost is the thing's own */
        struct circles_candidate *outer = best;
        for (int i = 0; i < report->candidates; i++) {
            struct circles_candidate *c = &report->candidate[i];
            const float dx = c->x_px - best->x_px, dy = c->y_px - best->y_px;
            if (c->verdict == CIRCLES_FOUND && c->r_px > outer->r_px && sqrtf(dx*dx+dy*dy) < 0.15f * best->r_px && c->score > 0.8f * best->score) outer = c;
        }
        circles[count++] = (struct circles_circle){outer->x_px, outer->y_px, outer->r_px, outer->score};
        outer->verdict = 100; best->verdict = best == outer ? 100 : CIRCLES_TOO_CLOSE;
        for (int i = 0; i < report->candidates; i++) {
            struct circles_candidate *c = &report->candidate[i];
            const float dx = c->x_px - outer->x_px, dy = c->y_px - outer->y_px;
            if (c->verdict == CIRCLES_FOUND && dx*dx+dy*dy < settings->min_distance_px * settings->min_distance_px) c->verdict = CIRCLES_TOO_CLOSE;
        }
    }
    for (int i = 0; i < report->candidates; i++) if (report->candidate[i].verdict == 100) report->candidate[i].verdict = 0;
    return count;
}

int circles_find(const uint8_t *pixels, int width_px, int height_px, ptrdiff_t stride_bytes,
                 const struct circles_settings *settings, void *workspace, size_t workspace_bytes,
                 struct circles_circle *circles, int capacity, struct circles_report *report)
{
    struct workspace w;
    struct circles_report own;
    report = report == NULL ? &own : report;
    report->edges = report->candidates = 0;
    const size_t needed = circles_workspace_bytes(width_px, height_px);
    if (needed == 0 || workspace_bytes < needed) return -1;
    if (width_px < MIN_SIDE || height_px < MIN_SIDE) return 0;
    lay_out(&w, (uintptr_t)workspace, width_px, height_px);
#ifdef DEV
    extern double stage[8]; double now(void); double t0 = now(), t1;
#define MARK(i) t1 = now(); stage[i] += t1 - t0; t0 = t1;
#else
#define MARK(i)
#endif
    halve(pixels, stride_bytes, &w); MARK(0)
    find_gradients(&w); MARK(1)
    mark_edges(&w); MARK(2)
    collect_edges(&w); MARK(3)
    report->edges = w.edges.count;
    examine(&w, settings, report); MARK(4)
    return choose(report, settings, circles, capacity);
}
