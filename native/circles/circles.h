/*
 * Circles in a grey picture: where they are, how large, and how surely.
 *
 * All memory that a call needs is the caller's, so that calls allocate nothing and may run side by side, each with
 * a workspace of its own. Picture and votes are counted in integers; the roots and divisions after them are single
 * IEEE operations (compile with -ffp-contract=off), so that every processor finds the same circles to the last bit.
 */
#ifndef CIRCLES_H
#define CIRCLES_H

#include <stddef.h>
#include <stdint.h>

struct circles_settings {
    float min_radius_px, max_radius_px;
    float min_distance_px; /* between two centres: of circles that are closer, or mostly over each other, the strongest stays */
    float sensitivity;     /* 0 to 1: 0.5 is usual, more finds fainter and less complete circles, and more wrong ones */
};

struct circles_circle {
    float x_px, y_px, r_px; /* the centre of the first pixel is 0, 0 */
    float score;            /* 0 to 1, how much of the circumference is there and how exactly */
};

/* Why a candidate is no circle, or CIRCLES_FOUND. */
enum circles_verdict {
    CIRCLES_FOUND,
    CIRCLES_NO_FIT,       /* its edges lie on no circle */
    CIRCLES_OUT_OF_RANGE, /* its radius is not asked for, or its centre is outside the picture */
    CIRCLES_GAPS,         /* too little of its circumference is there */
    CIRCLES_OVAL,
    CIRCLES_STRAIGHT,     /* its edge is made of straight lines: a polygon */
    CIRCLES_TOO_CLOSE     /* to a stronger one */
};

struct circles_candidate {
    float x_px, y_px, r_px;
    float votes;    /* share of a whole circumference that pointed to the centre */
    float cover;    /* share of the rays that met the edge */
    float exact;    /* the same, each ray weighted by how near to the circle it met it */
    float pure;     /* the same again, where it must run along the circle too */
    float around;   /* share of rays that meet as good an edge just inside and outside: high in texture */
    float oval;     /* relative difference of the half-axes */
    float straight; /* 0 where the edge bends as the circle does, 1 where it does not bend */
    float drift;    /* of the edge to the same side all around, as a spiral's, in standard errors */
    float lean;     /* the same of all edges near it, a spiral's other turns among them */
    float winding;  /* how sure it is that the edge ends farther out than it began, and how steeply it gets there */
    float sway;     /* tangent of the angle by which neighbouring edges are turned alike */
    float rough;    /* mean square of the slopes of the edge by its places */
    float flips;    /* changes of sign from ray to ray, as a share of the rays */
    float gap;      /* the longest part of the circumference without an edge, as a share of it */
    float hollow;   /* share of the edge that has the ground on both sides: high in a ring */
    float mouth;    /* the gap where short pieces of an edge are none of it; 0, as the next two, of what has none or is no circle anyway */
    float onward;   /* how much of a straight rim there is on the tangents at both ends of the mouth */
    float open;     /* share of the mouth through which nothing ends what is inside */
    float seen;     /* share of the circumference that is in the picture */
    float score;
    int32_t verdict;
};

/* More are never looked at: the bound on the work of a frame. Half as many circles are told at most. */
enum { CIRCLES_CANDIDATES = 256 };

/* What a call saw on its way, for people who want to know why. */
struct circles_report {
    /* The caller's memory for pictures of half the width and height, or NULL for none. */
    uint8_t *edge_at; /* 255 where a point of an edge voted, else 0 */
    float *votes_at;  /* share of a whole circumference that points here, the best of all radii and both polarities */
    int32_t edges;      /* points that voted */
    int32_t candidates; /* how many of these are filled in */
    struct circles_candidate candidate[CIRCLES_CANDIDATES];
};

#define CIRCLES_PUBLIC __attribute__((visibility("default")))

/* Bytes of workspace for frames of this size; 0 if the size or the settings cannot be used. */
CIRCLES_PUBLIC size_t circles_workspace_bytes(int width_px, int height_px, const struct circles_settings *settings);

/* Writes the circles, strongest first, and returns their number; -1 if the arguments cannot be used. report may be NULL. */
CIRCLES_PUBLIC int circles_find(const uint8_t *pixels, int width_px, int height_px, ptrdiff_t stride_bytes,
                                const struct circles_settings *settings, void *workspace, size_t workspace_bytes,
                                struct circles_circle *circles, int capacity, struct circles_report *report);

#endif
