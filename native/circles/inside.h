/* What the stages of the detector share. Lengths are in pixels of the halved picture unless a name says otherwise. */
#ifndef INSIDE_H
#define INSIDE_H

#include "circles.h"

enum {
    MAX_SIDE = 8192,     /* of the frame: coordinates in cells and their fractions then fit 32 bits */
    MARGIN = 2,          /* reach of the gradient's 5x5 kernel */
    PADDING = 16,        /* rows are as long as whole vectors, of any compiler */
    TILE = 16,
    TILE_EDGES = 14,     /* of a tile's edge points at most so many vote: the bound on all work that follows */
    UNIT = 1024,         /* length of a direction */
    UNIT_BITS_OVER_128 = 3,
    MIN_RADIUS_PX = 8,   /* of the frame; smaller ones have too few pixels for a direction */
    BANDS = 10,          /* octaves of the radius, from the smallest to the largest possible */
    BAND_PEAKS = 64,     /* centres that are looked at, the best of each band, */
    PATIENCE = 5,       /* until so many in a row gave none */
    RADII = 2,           /* tried about one centre: a coin and its rim */
    RAYS = 64,           /* places on a circumference where its edge is looked for */
    GLANCE_RAYS = RAYS / 4,
    RAYS_A_TILE = 18,    /* that may be looked along: the bound on all work after the votes */
    LEAST_RAYS = 3000,
    NEAR = 1024,         /* edge points that a circle is fitted to */
    HISTOGRAM_MORE = 256
};

/* What it costs that the ground is seen through a ring. */
static const float HOLLOW_WEIGHT = 0.3f;

/* A picture of 16-bit numbers. */
struct plane {
    int16_t *at;
    int stride;
};

struct edges {
    int count;
    int16_t *x, *y;
    int16_t *ux, *uy;  /* direction of the gradient, from dark to bright */
    int32_t *tile_start; /* first point of each tile, row by row, and the end */
    int tiles_across, tiles_down;
};

/* One octave of the radius, and the grid in which its centres are voted for, with a margin that rays end in. */
struct band {
    float from, to;
    int cell, columns, rows, margin, stride;
    int step;           /* every so many-th point votes: longer circumferences need no more of them */
    float chance;       /* votes in 3x3 cells if they fell anywhere */
};

struct peak {
    float x, y, share;
    int band;
};

struct circle {
    double x, y, r;
};

struct workspace {
    int width, height;
    struct plane half, gx, gy, strength;
    int16_t *sums;      /* of the gradient's rows */
    uint8_t *mask;      /* edge points, later peaks: not 0 */
    struct edges edges;
    int16_t *cells, *boxes;
    uint8_t *is_near;
    int32_t *histogram; /* of the distances from a centre */
};

/* gradient.c */
void halve(const uint8_t *pixels, ptrdiff_t stride_bytes, struct workspace *w);
void find_gradients(struct workspace *w);
void mark_edges(struct workspace *w);
/* edges.c */
void collect_edges(struct workspace *w);
/* votes.c */
size_t cells_needed(const struct workspace *w, float min_radius, float max_radius);
/* The best of each octave, those of the largest circles first. */
int find_peaks(struct workspace *w, float min_radius, float max_radius, struct band *bands, struct peak *peaks, float *votes_at);
/* refine.c */
int refine(struct workspace *w, const struct band *band, const struct peak *peak, struct circle *circles);
int fit_circle(const double *x, const double *y, const double *weight, int count, struct circle *circle);
/* verify.c */
int glance(const struct workspace *w, struct circle *circle, struct circles_candidate *found);
/* With every step-th ray. */
void verify(const struct workspace *w, struct circle *circle, int step, struct circles_candidate *verdict, float least);
/* Whether a part of it is missing, but less than half. */
int is_open(const struct circles_candidate *found);
/* rims.c */
double outer_rim(const struct workspace *w, const struct circle *circle);

#endif
