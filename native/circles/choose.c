/* Which of the candidates are told: the strongest first, and of the things that lie over each other one. */
#include "search.h"

#include <stddef.h>

enum { CHOSEN = -1 };
/* A coin has its rim inside: of circles about one centre the outermost is the thing's own, if it is nearly as good. */
static const float SAME_CENTRE = 0.15f;
static const float NEARLY_AS_GOOD = 0.7f;
/* What is clearly larger and about the very same centre is a rim of its own, and no mixture of the inner one with what is beside it. */
static const float VERY_CENTRE = 0.05f, CLEARLY_LARGER = 1.1f, AS_EXACT = 0.65f, HALF_AS_GOOD = 0.5f;
static const float MOSTLY = 0.5f;
enum { RIMS = 2 };
/* Of an oval's radius: what is so near to it in place and size is a part of it. */
static const float PART_OF = 0.35f;
/* Of its diameter that may lie in another disc: what is farther in belongs to that disc. */
static const float MOST_COVERED = 0.7f;
/* Where so many circles are sure, there are more of their kind: those of about the same size need not be as good. */
enum { CROWD = 3 };
static const float CROWD_SIZE = 1.3f;
static const float CROWD_SCORE = 0.05f;
static const float CROWD_OVAL = 0.09f;

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

/* The inner rim of a ring is not hollow, and no better for it. */
static float worth(const struct circles_candidate *c) { return c->score + HOLLOW_WEIGHT * c->hollow; }

/* How good a circle about its centre must be, beside it, to be told instead. */
static float least_beside(const struct circles_candidate *best, const struct circles_candidate *c)
{
    const int is_rim = c->r_px > CLEARLY_LARGER * best->r_px && c->exact > AS_EXACT * best->exact &&
                       distance(c, best) < VERY_CENTRE * best->r_px;
    return (is_rim ? HALF_AS_GOOD : NEARLY_AS_GOOD) * worth(best);
}

static struct circles_candidate *outermost(struct circles_report *report, struct circles_candidate *best)
{
    struct circles_candidate *outer = best;
    for (int i = 0; i < report->candidates; i++) {
        struct circles_candidate *c = &report->candidate[i];
        if (c->verdict == CIRCLES_FOUND && c->r_px > outer->r_px && worth(c) > least_beside(best, c) &&
            distance(c, best) < SAME_CENTRE * best->r_px) {
            outer = c;
        }
    }
    return outer;
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
static int take_strongest(struct search *search, struct circles_circle *circles, int count, int capacity)
{
    struct circles_report *report = search->report;
    struct circles_candidate *best;
    while (count < capacity && (best = strongest(report)) != NULL) {
        struct circles_candidate *chosen = outermost(report, best);
        for (int i = 0; i < RIMS && grow(search, chosen) != NULL; i++) {
            chosen = outermost(report, best);
        }
        rank(circles, count++, chosen);
        chosen->verdict = CHOSEN;
        best->verdict = best == chosen ? CHOSEN : CIRCLES_TOO_CLOSE;
        drop_close(report, chosen, search->settings->min_distance_px);
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

/* The inside of a ring that is open, whose outside was left for that: the bow of a letter. */
static int is_within_open(const struct circles_candidate *c, const struct circles_candidate *ring)
{
    return ring->verdict == CIRCLES_GAPS && ring->hollow > MOSTLY && is_open(ring) && is_open(c) && c->r_px < ring->r_px &&
           distance(c, ring) < SAME_CENTRE * ring->r_px;
}

/* A part of an oval may be as good as a part of a circle; but where the whole of it is seen, it is none. */
static int is_part_of(const struct circles_candidate *c, const struct circles_candidate *oval)
{
    return oval->verdict == CIRCLES_OVAL && oval->exact > c->exact && oval->cover > c->cover &&
           distance(c, oval) < PART_OF * oval->r_px && c->r_px > (1 - PART_OF) * oval->r_px &&
           c->r_px < (1 + PART_OF) * oval->r_px;
}

static void drop_parts(struct circles_report *report)
{
    for (int i = 0; i < report->candidates; i++) {
        struct circles_candidate *c = &report->candidate[i];
        for (int k = 0; k < report->candidates && c->verdict == CIRCLES_FOUND; k++) {
            const struct circles_candidate *other = &report->candidate[k];
            if (is_part_of(c, other)) {
                c->verdict = CIRCLES_OVAL;
            } else if (is_within_open(c, other)) {
                c->verdict = CIRCLES_GAPS;
            }
        }
    }
}

int choose(struct search *search, struct circles_circle *circles, int capacity)
{
    struct circles_report *report = search->report;
    drop_parts(report);
    int count = take_strongest(search, circles, 0, capacity);
    if (count > 0 && crowd_of(report, least_score(search->settings), count) >= CROWD) {
        admit_company(report, search->settings, circles, count);
        count = take_strongest(search, circles, count, capacity);
    }
    for (int i = 0; i < report->candidates; i++) {
        struct circles_candidate *c = &report->candidate[i];
        c->verdict = c->verdict == CHOSEN ? CIRCLES_FOUND : c->verdict;
    }
    return count;
}
