/* The whole way from a frame to its circles. Why this way, and after whom: docs/decisions/0005. */
#include "search.h"

#include <string.h>

enum { MIN_SIDE_PX = 16, ALIGNMENT = 64 };

static void *take(uintptr_t *next, size_t bytes)
{
    const uintptr_t at = (*next + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    *next = at + bytes;
    return (void *)at;
}

static struct plane take_plane(uintptr_t *next, int width, int height)
{
    const int stride = (width + PADDING - 1) / PADDING * PADDING;
    const uintptr_t at = (uintptr_t)take(next, sizeof(int16_t) * ((size_t)stride * (size_t)height + 2 * PADDING));
    return (struct plane){(int16_t *)(at + sizeof(int16_t) * PADDING), stride};
}

static void take_edges(struct workspace *w, uintptr_t *next)
{
    w->edges.tiles_down = (w->height + TILE - 1) / TILE;
    w->edges.tiles_across = (w->width + TILE - 1) / TILE;
    const int tiles = w->edges.tiles_down * w->edges.tiles_across;
    const size_t edges = (size_t)tiles * TILE_EDGES + PADDING;
    w->edges.x = take(next, sizeof(int16_t) * edges);
    w->edges.y = take(next, sizeof(int16_t) * edges);
    w->edges.ux = take(next, sizeof(int16_t) * edges);
    w->edges.uy = take(next, sizeof(int16_t) * edges);
    w->edges.tile_start = take(next, sizeof(int32_t) * (size_t)(tiles + 1));
    w->is_near = take(next, edges + PADDING);
}

/* Deals the workspace out, beginning at next, and returns its end: with next = 0, how much is needed. */
static uintptr_t deal(struct workspace *w, uintptr_t next, const struct circles_settings *settings)
{
    w->half = take_plane(&next, w->width + 2 * MARGIN + PADDING, w->height + 2 * MARGIN);
    w->gx = take_plane(&next, w->width, w->height);
    w->gy = take_plane(&next, w->width, w->height);
    w->strength = take_plane(&next, w->width, w->height);
    w->sums = take(&next, sizeof(int16_t) * 2 * (size_t)(w->half.stride + PADDING));
    w->mask = take(&next, (size_t)w->gx.stride * (size_t)w->height + 2 * PADDING);
    take_edges(w, &next);
    const size_t cells = cells_needed(w, settings->min_radius_px / 2, settings->max_radius_px / 2);
    w->cells = take(&next, sizeof(int16_t) * cells);
    w->boxes = take(&next, sizeof(int16_t) * cells);
    w->histogram = take(&next, sizeof(int32_t) * (size_t)(2 * (w->width > w->height ? w->width : w->height) + HISTOGRAM_MORE));
    return next;
}

static int are_usable(int width_px, int height_px, const struct circles_settings *s)
{
    return width_px >= 1 && height_px >= 1 && width_px <= MAX_SIDE && height_px <= MAX_SIDE && s->min_radius_px >= MIN_RADIUS_PX &&
           s->max_radius_px >= s->min_radius_px && s->max_radius_px <= MAX_SIDE && s->min_distance_px >= 0 &&
           s->sensitivity >= 0 && s->sensitivity <= 1;
}

size_t circles_workspace_bytes(int width_px, int height_px, const struct circles_settings *settings)
{
    if (!are_usable(width_px, height_px, settings)) {
        return 0;
    }
    struct workspace w = {.width = width_px / 2, .height = height_px / 2};
    return deal(&w, 0, settings) + ALIGNMENT;
}

static void clear_pictures(const struct workspace *w, const struct circles_report *report)
{
    const size_t pixels = (size_t)w->width * (size_t)w->height;
    if (report->edge_at != NULL) {
        memset(report->edge_at, 0, pixels);
    }
    for (size_t i = 0; report->votes_at != NULL && i < pixels; i++) {
        report->votes_at[i] = 0;
    }
}

static void show_edges(const struct workspace *w, uint8_t *edge_at)
{
    for (int i = 0; i < w->edges.count; i++) {
        edge_at[(ptrdiff_t)w->edges.y[i] * w->width + w->edges.x[i]] = 255;
    }
}

/* As many as the picture is large, so that the work is no more than proportional to it. */
static int rays_for(const struct workspace *w)
{
    const int rays = RAYS_A_TILE * w->edges.tiles_across * w->edges.tiles_down;
    return rays > LEAST_RAYS ? rays : LEAST_RAYS;
}

int circles_find(const uint8_t *pixels, int width_px, int height_px, ptrdiff_t stride_bytes,
                 const struct circles_settings *settings, void *workspace, size_t workspace_bytes,
                 struct circles_circle *circles, int capacity, struct circles_report *report)
{
    struct circles_report own = {.edge_at = NULL, .votes_at = NULL};
    report = report == NULL ? &own : report;
    report->edges = report->candidates = 0;
    const size_t needed = circles_workspace_bytes(width_px, height_px, settings);
    if (needed == 0 || workspace_bytes < needed || capacity < 0) {
        return -1;
    }
    if (width_px < MIN_SIDE_PX || height_px < MIN_SIDE_PX) {
        return 0;
    }
    struct workspace w = {.width = width_px / 2, .height = height_px / 2};
    deal(&w, (uintptr_t)workspace, settings);
    clear_pictures(&w, report);
    halve(pixels, stride_bytes, &w);
    find_gradients(&w);
    mark_edges(&w);
    collect_edges(&w);
    report->edges = w.edges.count;
    if (report->edge_at != NULL) {
        show_edges(&w, report->edge_at);
    }
    const int rays = rays_for(&w);
    struct search search = {&w, settings, report, rays, rays};
    examine_peaks(&search);
    return choose(&search, circles, capacity);
}
