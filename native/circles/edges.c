/* From the mask of edge points to a list that has no more than TILE_EDGES of any tile. */
#include "bits.h"
#include "inside.h"

#include <math.h>
#include <string.h>

enum { CROWDED = 24 };

struct spots {
    int count;
    int16_t x[TILE * TILE + 1], y[TILE * TILE + 1]; /* the last is only written over */
};

/* Without a branch for each pixel: marks are too irregular to be foreseen. */
static void add_marked(struct spots *spots, const uint8_t *mask, int x, int y)
{
    for (int i = 0; i < 8; i++) {
        spots->x[spots->count] = (int16_t)(x + i);
        spots->y[spots->count] = (int16_t)y;
        spots->count += mask[i] & 1;
    }
}

static void find_spots(const struct workspace *w, int left, int top, struct spots *spots)
{
    const int bottom = top + TILE < w->height ? top + TILE : w->height;
    spots->count = 0;
    for (int y = top; y < bottom; y++) {
        const uint8_t *mask = w->mask + (ptrdiff_t)y * w->gx.stride + left;
        for (int x = 0; x < TILE; x += 8) {
            if (eight_marks(mask + x) != 0) {
                add_marked(spots, mask + x, left + x, y);
            }
        }
    }
}

static void add_edge(struct workspace *w, int x, int y)
{
    struct edges *edges = &w->edges;
    const ptrdiff_t i = (ptrdiff_t)y * w->gx.stride + x;
    const float gx = w->gx.at[i], gy = w->gy.at[i];
    const float scale = UNIT / sqrtf(gx * gx + gy * gy);
    const int n = edges->count++;
    edges->x[n] = (int16_t)x;
    edges->y[n] = (int16_t)y;
    edges->ux[n] = (int16_t)(gx * scale);
    edges->uy[n] = (int16_t)(gy * scale);
}

static int strength_at(const struct workspace *w, const struct spots *spots, int i)
{
    return w->strength.at[(ptrdiff_t)spots->y[i] * w->gx.stride + spots->x[i]];
}

/* Leaves the steeper ones: texture is left out where it surrounds an outline. */
static void drop_faint(const struct workspace *w, struct spots *spots)
{
    int sum = 0, kept = 0;
    for (int i = 0; i < spots->count; i++) {
        sum += strength_at(w, spots, i);
    }
    const int mean = sum / spots->count;
    for (int i = 0; i < spots->count; i++) {
        spots->x[kept] = spots->x[i];
        spots->y[kept] = spots->y[i];
        kept += strength_at(w, spots, i) >= mean;
    }
    spots->count = kept;
}

/* Evenly thinned: the strongest would all be of the same speck of dirt. */
static void collect_tile(struct workspace *w, int left, int top)
{
    struct spots spots;
    find_spots(w, left, top, &spots);
    if (spots.count > CROWDED) {
        drop_faint(w, &spots);
    }
    const int kept = spots.count < TILE_EDGES ? spots.count : TILE_EDGES;
    for (int i = 0; i < kept; i++) {
        const int j = i * spots.count / kept;
        add_edge(w, spots.x[j], spots.y[j]);
    }
}

/* Vectors read on beyond the last point. */
static void end_list(const struct edges *edges)
{
    int16_t *const lists[] = {edges->x, edges->y, edges->ux, edges->uy};
    for (int i = 0; i < 4; i++) {
        memset(lists[i] + edges->count, 0, sizeof(int16_t) * PADDING);
    }
}

void collect_edges(struct workspace *w)
{
    w->edges.count = 0;
    int tile = 0;
    for (int y = 0; y < w->height; y += TILE) {
        for (int x = 0; x < w->width; x += TILE) {
            w->edges.tile_start[tile++] = w->edges.count;
            collect_tile(w, x, y);
        }
    }
    w->edges.tile_start[tile] = w->edges.count;
    end_list(&w->edges);
}
