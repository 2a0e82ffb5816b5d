/* What looking for circles has come to: what was found so far, and what may still be spent on it. */
#ifndef SEARCH_H
#define SEARCH_H

#include "inside.h"

struct search {
    struct workspace *w;
    const struct circles_settings *settings;
    struct circles_report *report;
    int rays, rays_left; /* that may be looked along */
};

float distance(const struct circles_candidate *a, const struct circles_candidate *b);
float least_score(const struct circles_settings *settings);
/* search.c: fills the report. */
void examine_peaks(struct search *search);
/* A rim farther out that was no candidate so far, if there is one. */
struct circles_candidate *grow(struct search *search, const struct circles_candidate *from);
/* choose.c: which of what is found is told; returns how many. */
int choose(struct search *search, struct circles_circle *circles, int capacity);

#endif
