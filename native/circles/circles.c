/* The whole way from a frame to its circles. Why this way, and after whom: docs/decisions/0005. */
#include "inside.h"

#include <math.h>
#include <string.h>

enum { MIN_SIDE_PX = 16, ALIGNMENT = 64, CHOSEN = -1 };
/* The halves of a disc's axes at a ratio of 0.88: cameras are seldom held straighter, and 0.85 must stay out. */
static const float MOST_OVAL = 0.08f;
/* Nearly halfway between the circle and the straight line. */
static const float MOST_STRAIGHT = 0.45f;
/* Set halfway between the heads and boxes that looked roundest and the coins that looked least round. */
static const float USUAL_SCORE = 0.47f;
static const float SENSITIVITY_RANGE = 0.4f;
/* Circles so much alike, by their radius, are one. */
static const double ALIKE = 0.03;
static const float SAME = 0.03f;
/* A coin has its rim inside: of circles about one centre the outermost is the thing's own, if it is nearly as good. */
static const float SAME_CENTRE = 0.15f;
static const float NEARLY_AS_GOOD = 0.7f;
enum { RIMS = 2 };
/* Of an oval's radius: what is so near to it in place and size is a part of it. */
static const float PART_OF = 0.35f;
/* What has such a score stays; circles that are less than so much larger than it, or are about a centre so far inside, go. */
static const float STRONG = 0.75f, LARGER = 1.2f, WELL_INSIDE = 0.45f;
/* Of its diameter that may lie in another disc: what is farther in belongs to that disc. */
static const float MOST_COVERED = 0.7f;
/* Where so many circles are sure, there are more of their kind: those of about the same size need not be as good. */
enum { CROWD = 3 };
static const float CROWD_SIZE = 1.3f;
static const float CROWD_SCORE = 0.06f;
static const float CROWD_OVAL = 0.09f;

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

static float least_score(const struct circles_settings *settings)
{
    return USUAL_SCORE + (0.5f - settings->sensitivity) * SENSITIVITY_RANGE;
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

static float distance(const struct circles_candidate *a, const struct circles_candidate *b)
{
    const float dx = a->x_px - b->x_px, dy = a->y_px - b->y_px;
    return sqrtf(dx * dx + dy * dy);
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
            away < (c->score > STRONG ? SAME_CENTRE : larger > -SAME * c->r_px ? SAME : 0) * here.r_px) {
            return 1;
        }
    }
    return 0;
}

/* Whether it is a candidate of its own. */
static int examine(const struct workspace *w, struct circle *circle, const struct circles_settings *settings,
                   const struct circles_report *report, struct circles_candidate *found)
{
    if (glance(w, circle, found)) {
        if (is_told(report, circle)) {
            return 0;
        }
        verify(w, circle, found, least_score(settings));
    }
    to_frame(circle, found);
    found->verdict = judge(w, found, settings);
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
static int examine_peak(struct workspace *w, const struct circles_settings *settings, const struct band *band,
                         const struct peak *peak, struct circle *known, struct circles_report *report)
{
    struct circle circles[RADII];
    int given = 0;
    const int tried = refine(w, band, peak, circles);
    for (int k = 0; k < tried; k++) {
        if (report->candidates < CIRCLES_CANDIDATES && !is_known(known, report->candidates, &circles[k])) {
            struct circles_candidate *found = &report->candidate[report->candidates];
            known[report->candidates] = circles[k];
            *found = (struct circles_candidate){.votes = peak->share};
            const int own = examine(w, &circles[k], settings, report, found);
            report->candidates += own;
            given += !own || found->verdict == CIRCLES_FOUND;
        }
    }
    return given;
}

static void examine_peaks(struct workspace *w, const struct circles_settings *settings, struct circles_report *report)
{
    struct band bands[BANDS];
    struct peak peaks[BANDS * BAND_PEAKS];
    struct circle known[CIRCLES_CANDIDATES];
    const int count = find_peaks(w, settings->min_radius_px / 2, settings->max_radius_px / 2, bands, peaks,
                                 report->votes_at);
    int in_vain = 0;
    for (int i = 0; i < count; i++) {
        const struct band *band = &bands[peaks[i].band];
        in_vain = i > 0 && peaks[i].band != peaks[i - 1].band ? 0 : in_vain;
        if (in_vain < PATIENCE && !gives_way(report, band, &peaks[i])) {
            in_vain = examine_peak(w, settings, band, &peaks[i], known, report) > 0 ? 0 : in_vain + 1;
        }
    }
}

static struct circles_candidate *strongest(struct circles_report *report)
{
    struct circles_candidate *best = NULL;
    for (int i = 0; i < report->candidates; i++) {
        struct circles_candidate *c = &report->candidate[i];
        if (c->verdict == CIRCLES_FOUND && (best == NULL || c->score > best->score)) {
            best = c;
        }
    }
    return best;
}

static struct circles_candidate *outermost(struct circles_report *report, struct circles_candidate *best)
{
    struct circles_candidate *outer = best;
    for (int i = 0; i < report->candidates; i++) {
        struct circles_candidate *c = &report->candidate[i];
        if (c->verdict == CIRCLES_FOUND && c->r_px > outer->r_px && c->score > NEARLY_AS_GOOD * best->score &&
            distance(c, best) < SAME_CENTRE * best->r_px) {
            outer = c;
        }
    }
    return outer;
}

/* A rim farther out that was no candidate so far, if there is one. */
static struct circles_candidate *grow(const struct workspace *w, struct circles_report *report,
                                      const struct circles_settings *settings, const struct circles_candidate *from)
{
    struct circle circle = {((double)from->x_px - 0.5) / 2, ((double)from->y_px - 0.5) / 2, (double)from->r_px / 2};
    circle.r = outer_rim(w, &circle);
    if (circle.r == 0 || report->candidates == CIRCLES_CANDIDATES) {
        return NULL;
    }
    struct circles_candidate *found = &report->candidate[report->candidates];
    *found = (struct circles_candidate){.votes = from->votes};
    const int own = examine(w, &circle, settings, report, found);
    report->candidates += own;
    return own ? found : NULL;
}

/* The part of the smaller disc that the larger one covers, roughly: 1 if it is inside, 0 if they only touch. */
static float covered(const struct circles_candidate *a, const struct circles_candidate *b)
{
    const float smaller = a->r_px < b->r_px ? a->r_px : b->r_px;
    return (a->r_px + b->r_px - distance(a, b)) / (2 * smaller);
}

static void drop_close(struct circles_report *report, const struct circles_candidate *chosen, float min_distance_px)
{
    for (int i = 0; i < report->candidates; i++) {
        struct circles_candidate *c = &report->candidate[i];
        if (c->verdict == CIRCLES_FOUND && (distance(c, chosen) < min_distance_px || covered(c, chosen) > MOST_COVERED)) {
            c->verdict = CIRCLES_TOO_CLOSE;
        }
    }
}

static void rank(struct circles_circle *circles, int count, const struct circles_candidate *c)
{
    int i = count;
    for (; i > 0 && circles[i - 1].score < c->score; i--) {
        circles[i] = circles[i - 1];
    }
    circles[i] = (struct circles_circle){c->x_px, c->y_px, c->r_px, c->score};
}

/* Takes the strongest of what is found, and after it the next one, until nothing is left that is far enough from all. */
static int take_strongest(const struct workspace *w, struct circles_report *report, const struct circles_settings *settings,
                          struct circles_circle *circles, int count, int capacity)
{
    struct circles_candidate *best;
    while (count < capacity && (best = strongest(report)) != NULL) {
        struct circles_candidate *chosen = outermost(report, best);
        for (int i = 0; i < RIMS && grow(w, report, settings, chosen) != NULL; i++) {
            chosen = outermost(report, best);
        }
        rank(circles, count++, chosen);
        chosen->verdict = CHOSEN;
        best->verdict = best == chosen ? CHOSEN : CIRCLES_TOO_CLOSE;
        drop_close(report, chosen, settings->min_distance_px);
    }
    return count;
}

static int is_like(const struct circles_candidate *c, const struct circles_circle *circle)
{
    return c->r_px < CROWD_SIZE * circle->r_px && circle->r_px < CROWD_SIZE * c->r_px;
}

static int is_company(const struct circles_candidate *c, float least, const struct circles_circle *circles, int count)
{
    int alike = 0;
    for (int i = 0; i < count; i++) {
        alike |= is_like(c, &circles[i]);
    }
    return alike && (c->verdict == CIRCLES_GAPS || c->verdict == CIRCLES_OVAL) && c->score >= least - CROWD_SCORE &&
           c->oval <= CROWD_OVAL;
}

static void admit_company(struct circles_report *report, const struct circles_settings *settings,
                          const struct circles_circle *circles, int count)
{
    for (int i = 0; i < report->candidates; i++) {
        struct circles_candidate *c = &report->candidate[i];
        if (is_company(c, least_score(settings), circles, count)) {
            c->verdict = CIRCLES_FOUND;
        }
    }
    for (int i = 0; i < report->candidates; i++) {
        if (report->candidate[i].verdict == CHOSEN) {
            drop_close(report, &report->candidate[i], settings->min_distance_px);
        }
    }
}

/* Those that are sure, and those that are a little too oval for that: things of one kind lie at different slants. */
static int crowd_of(const struct circles_report *report, float least, int count)
{
    for (int i = 0; i < report->candidates; i++) {
        const struct circles_candidate *c = &report->candidate[i];
        count += c->verdict == CIRCLES_OVAL && c->oval <= CROWD_OVAL && c->score >= least;
    }
    return count;
}

/* A part of an oval may be as good as a part of a circle; but where the whole of it is seen, it is none. */
static void drop_parts(struct circles_report *report)
{
    for (int i = 0; i < report->candidates; i++) {
        struct circles_candidate *c = &report->candidate[i];
        for (int k = 0; k < report->candidates && c->verdict == CIRCLES_FOUND; k++) {
            const struct circles_candidate *oval = &report->candidate[k];
            if (oval->verdict == CIRCLES_OVAL && oval->exact > c->exact && oval->cover > c->cover &&
                distance(c, oval) < PART_OF * oval->r_px && c->r_px > (1 - PART_OF) * oval->r_px &&
                c->r_px < (1 + PART_OF) * oval->r_px) {
                c->verdict = CIRCLES_OVAL;
            }
        }
    }
}

static int choose(const struct workspace *w, struct circles_report *report, const struct circles_settings *settings, struct circles_circle *circles,
                  int capacity)
{
    drop_parts(report);
    int count = take_strongest(w, report, settings, circles, 0, capacity);
    if (count > 0 && crowd_of(report, least_score(settings), count) >= CROWD) {
        admit_company(report, settings, circles, count);
        count = take_strongest(w, report, settings, circles, count, capacity);
    }
    for (int i = 0; i < report->candidates; i++) {
        struct circles_candidate *c = &report->candidate[i];
        c->verdict = c->verdict == CHOSEN ? CIRCLES_FOUND : c->verdict;
    }
    return count;
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
    examine_peaks(&w, settings, report);
    return choose(&w, report, settings, circles, capacity);
}
