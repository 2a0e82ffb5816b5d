/* From the peaks of the votes to candidates that were looked at closely, as far as the rays reach. */
#include "search.h"

#include <math.h>
#include <stddef.h>

/* The halves of a disc's axes at a ratio of 0.88: cameras are seldom held straighter, and 0.85 must stay out. */
static const float MOST_OVAL = 0.08f;
/* Nearly halfway between the circle and the straight line. */
static const float MOST_STRAIGHT = 0.45f;
/* Set halfway between the heads and boxes that looked roundest and the coins that looked least round. */
static const float USUAL_SCORE = 0.33f;
static const float SENSITIVITY_RANGE = 0.4f;
/* Circles so much alike, by their radius, are one. */
static const double ALIKE = 0.03;
static const float SAME = 0.03f;
/* What is so near to the centre of a strong circle, and not larger, is a rim inside of it. */
static const float INSIDE = 0.15f;
/* What has such a score stays; circles that are less than so much larger than it, or are about a centre so far inside, go. */
static const float STRONG = 0.75f, LARGER = 1.2f, WELL_INSIDE = 0.45f;

float least_score(const struct circles_settings *settings)
{
    return USUAL_SCORE + (0.5f - settings->sensitivity) * SENSITIVITY_RANGE;
}

float distance(const struct circles_candidate *a, const struct circles_candidate *b)
{
    const float dx = a->x_px - b->x_px, dy = a->y_px - b->y_px;
    return sqrtf(dx * dx + dy * dy);
}

static void to_frame(const struct circle *circle, struct circles_candidate *found)
{
    found->x_px = (float)(2 * circle->x + 0.5);
    found->y_px = (float)(2 * circle->y + 0.5);
    found->r_px = (float)(2 * circle->r);
}

static int judge(const struct workspace *w, const struct circles_candidate *found, const struct circles_settings *settings)
{
    const float x = found->x_px, y = found->y_px, r = found->r_px;
    if (r < settings->min_radius_px || r > settings->max_radius_px || x < 0 || y < 0 || x >= 2 * (float)w->width ||
        y >= 2 * (float)w->height) {
        return CIRCLES_OUT_OF_RANGE;
    }
    if (found->straight > MOST_STRAIGHT) {
        return CIRCLES_STRAIGHT;
    }
    if (found->verdict != CIRCLES_FOUND) {
        return found->verdict;
    }
    return found->oval > MOST_OVAL ? CIRCLES_OVAL : CIRCLES_FOUND;
}

static int is_known(const struct circle *known, int count, const struct circle *circle)
{
    for (int i = 0; i < count; i++) {
        const double off = fabs(known[i].x - circle->x) + fabs(known[i].y - circle->y) + fabs(known[i].r - circle->r);
        if (off < ALIKE * circle->r) {
            return 1;
        }
    }
    return 0;
}

/* The same as one that was found, or inside of a strong one about its centre: it would give way. */
static int is_told(const struct circles_report *report, const struct circle *circle)
{
    struct circles_candidate here;
    to_frame(circle, &here);
    for (int i = 0; i < report->candidates; i++) {
        const struct circles_candidate *c = &report->candidate[i];
        const float away = distance(c, &here), larger = here.r_px - c->r_px;
        if (c->verdict == CIRCLES_FOUND && larger < SAME * c->r_px &&
            away < (c->score > STRONG ? INSIDE : larger > -SAME * c->r_px ? SAME : 0) * here.r_px) {
            return 1;
        }
    }
    return 0;
}

static int spend(struct search *search, int rays)
{
    search->rays_left -= rays;
    return search->rays_left >= 0;
}

/* In a crowd every second ray must do. */
static int step_of(const struct search *search) { return search->rays_left < search->rays / 2 ? 2 : 1; }

/* Whether it is a candidate of its own. */
static int examine(struct search *search, struct circle *circle, struct circles_candidate *found)
{
    const int step = step_of(search);
    if (glance(search->w, circle, found)) {
        if (is_told(search->report, circle) || !spend(search, (RAYS + RAYS / 2) / step)) {
            return 0;
        }
        verify(search->w, circle, step, found, least_score(search->settings));
    }
    to_frame(circle, found);
    found->verdict = judge(search->w, found, search->settings);
    return 1;
}

/* Circles of no more than its size about this centre would give way to one that is known. */
static int gives_way(const struct circles_report *report, const struct band *band, const struct peak *peak)
{
    for (int i = 0; i < report->candidates; i++) {
        const struct circles_candidate *c = &report->candidate[i];
        const float dx = 2 * peak->x - c->x_px, dy = 2 * peak->y - c->y_px, r = WELL_INSIDE * c->r_px;
        if (c->verdict == CIRCLES_FOUND && c->score > STRONG && 2 * band->to < LARGER * c->r_px && dx * dx + dy * dy < r * r) {
            return 1;
        }
    }
    return 0;
}

/* Returns how many circles it gave, those included that were known. */
static int examine_peak(struct search *search, const struct band *band, const struct peak *peak, struct circle *known)
{
    struct circles_report *report = search->report;
    struct circle circles[RADII];
    int given = 0;
    const int tried = refine(search->w, band, peak, circles);
    for (int k = 0; k < tried; k++) {
        if (report->candidates < CIRCLES_CANDIDATES && !is_known(known, report->candidates, &circles[k]) &&
            spend(search, GLANCE_RAYS)) {
            struct circles_candidate *found = &report->candidate[report->candidates];
            known[report->candidates] = circles[k];
            *found = (struct circles_candidate){.votes = peak->share};
            const int own = examine(search, &circles[k], found);
            report->candidates += own;
            given += !own || found->verdict == CIRCLES_FOUND;
        }
    }
    return given;
}

void examine_peaks(struct search *search)
{
    struct band bands[BANDS];
    struct peak peaks[BANDS * BAND_PEAKS];
    struct circle known[CIRCLES_CANDIDATES];
    const struct circles_settings *settings = search->settings;
    const int count = find_peaks(search->w, settings->min_radius_px / 2, settings->max_radius_px / 2, bands, peaks,
                                 search->report->votes_at);
    int in_vain = 0;
    for (int i = 0; i < count; i++) {
        const struct band *band = &bands[peaks[i].band];
        in_vain = i > 0 && peaks[i].band != peaks[i - 1].band ? 0 : in_vain;
        if (in_vain < PATIENCE && !gives_way(search->report, band, &peaks[i]) &&
            spend(search, (peaks[i].band + 1) * GLANCE_RAYS)) {
            in_vain = examine_peak(search, band, &peaks[i], known) > 0 ? 0 : in_vain + 1;
        }
    }
}

/* A rim farther out that was no candidate so far, if there is one. */
struct circles_candidate *grow(struct search *search, const struct circles_candidate *from)
{
    struct circles_report *report = search->report;
    struct circle circle = {((double)from->x_px - 0.5) / 2, ((double)from->y_px - 0.5) / 2, (double)from->r_px / 2};
    if (report->candidates == CIRCLES_CANDIDATES || !spend(search, RAYS / 2)) {
        return NULL;
    }
    circle.r = outer_rim(search->w, &circle);
    if (circle.r == 0) {
        return NULL;
    }
    struct circles_candidate *found = &report->candidate[report->candidates];
    *found = (struct circles_candidate){.votes = from->votes};
    const int own = examine(search, &circle, found);
    report->candidates += own;
    return own ? found : NULL;
}
