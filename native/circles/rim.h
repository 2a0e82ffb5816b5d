/* A rim as rays see it: what each meets, and the outline that is chosen from it. */
#ifndef RIM_H
#define RIM_H

#include "inside.h"

enum { RAY_BITS = 14, MOST_REACH = 14, RAY_EDGES = 4 };

struct ray_edge {
    float off;  /* beyond the radius */
    float tilt; /* tangent of the angle between the edge and the circle */
    int slope;  /* of the edge along the ray: above 0 if it is brighter outside, 0 if there is none */
};

struct meeting {
    struct ray_edge edge[RAY_EDGES];
    int count;
    uint32_t places; /* bit k: any edge at k - reach */
    int seen;        /* the circle is in the picture here */
};

/* How far along a ray edges are looked for, and how far they are taken for the circle's own. */
struct range {
    int reach, own;
};

/* One edge or none for each ray. */
struct outline {
    struct ray_edge edge[RAYS];
    int met, flips; /* rays with an edge, and changes of sign from one to the next */
};

/* An ellipse by what its edge is off a circle: at an angle t, r + x cos t + y sin t + cos2 cos 2t + sin2 sin 2t. */
struct oval {
    double r, x, y, cos2, sin2;
};

/* What an ellipse leaves of an outline. */
struct left {
    double off[RAYS], tilt[RAYS];
    int met[RAYS], count;
};

/* How an outline deviates from its circle. */
struct shape {
    float slant;    /* relative difference of the half-axes, by where the edges are or by how they are turned */
    float straight; /* 0 where the edge bends as the circle does, 1 where it does not bend */
    float drift;    /* of the radius over one turn, in standard errors */
    float winding;  /* how sure it is that the outline ends farther out than it began, and how steeply it gets there */
    float sway;     /* tangent of the angle by which neighbouring edges are turned away from the ellipse together */
    float rough;    /* mean square of the outline's slope, by where its edges are */
};

/* rays.c */
/* 2^RAY_BITS times the cosine of each ray. */
extern const int16_t COSINES[RAYS];
static inline int cosine(int ray) { return COSINES[(unsigned)ray % RAYS]; }
static inline int sine(int ray) { return COSINES[(unsigned)(ray - RAYS / 4) % RAYS]; }
void trace(const struct workspace *w, const struct circle *circle, struct range range, int step, struct meeting *met);
/* outline.c */
void choose_outline(const struct meeting *met, int step, int own, struct outline *outline);
/* shape.c */
void sort_in(float *values, int count, float value);
void fit_oval(const struct outline *outline, struct oval *oval);
void take_ellipse(const struct outline *outline, const struct oval *oval, const struct circle *circle, struct left *left);
double closeness(double off, double tilt, double fair);
double purity(double off, double tilt, double fair);
void measure_shape(const struct outline *outline, const struct oval *oval, const struct left *left, const struct circle *circle,
                   int step, float lean, struct shape *shape);
/* Mean tilt of all that was met. */
struct mean {
    float value, errors; /* the same in standard errors */
};
struct mean lean_of(const struct meeting *met, int step);
/* rings.c */
/* The picture at a place of a ray, or -1 outside of it. */
int light_at(const struct workspace *w, const struct circle *circle, int ray, double r);
float hollowness(const struct workspace *w, const struct circle *circle, const struct outline *outline);
float longest_gap(const struct meeting *met, const struct outline *outline, int step);
/* ends.c */
/* The longest part of the circumference where no edge goes on for a while. */
struct mouth {
    int first, rays;
};
struct mouth widest_mouth(const struct meeting *met, const struct outline *outline, int step);
/* How much of a straight rim there is on the tangents at both ends of it. */
float straight_on(const struct workspace *w, const struct circle *circle, const struct outline *outline, struct mouth mouth, int step);
/* Share of it through which nothing ends what is inside. */
float openness(const struct workspace *w, const struct circle *circle, const struct outline *outline, struct mouth mouth, int step);

#endif
