/* Is there a rim all the way round? Looks at RAYS places of a circumference, and measures what is there. */
#include "rim.h"

#include <math.h>
#include <stdlib.h>

enum { REACH = 7, LEAST_FAR = 8, FITS = 2, WINDOWS = 32 };

/* How far an edge may be off the circle: pixels, and share of the radius. */
static const double FAIR = 0.7;
static const double FAIR_SHARE = 0.02;
static const double MOST_FAIR = 2.5;
/* How far off an edge is looked for, as a share of the radius. */
static const double WIDE = 0.1;
/* The same when it is measured: an ellipse shows only if its ends are seen. */
static const double FAR = 0.15;
/* What unbroken but inexact edges count, and edges all around as in texture. */
static const float COVER_WEIGHT = 0.35f;
static const float AROUND_WEIGHT = 0.4f;
/* What is outside of the picture may be anything. */
static const float UNSEEN_WEIGHT = 0.42f;
/* Chance lets the edges lean so many standard errors; each one more costs as much. */
static const float CHANCE = 1.3f, LEAN_WEIGHT = 0.13f;
static const float SWAY_WEIGHT = 1.3f, WINDING_WEIGHT = 8;
/* Places that are noisy are no sign against a rim whose edges run as they should. */
static const float ROUGH_WEIGHT = 12;
/* An oval is the less a circle, the longer it is. */
static const float OVAL_WEIGHT = 4.4f;
static const float DRIFT_WEIGHT = 0.05f;
/* A gap of a ring through which the ground is seen is its end; one of a disc is something else that lies there, and costs nothing. */
static const float LEAST_GAP = 0.06f, DEEP_GAP = 0.2f, MOST_GAP = 0.45f, OPEN_WEIGHT = 8;
/* What goes on straight at both ends, or is open, is an arch or a capsule; at a short gap some of it may be by chance. */
static const float ONWARD_WEIGHT = 1, ONWARD_BY_CHANCE = 0.35f, ONWARD_AT_SHORT = 0.6f, SHORT = 0.15f;
static const float MOUTH_WEIGHT = 2.5f, LEAST_MOUTH = 0.25f;
/* Part of a circle is one if nearly all of the part is exact: nothing but a circle gives that. */
static const float PURE = 0.75f, PURE_WEIGHT = 1.8f, MOST_PURE = 0.27f, WHOLLY_SEEN = 0.85f, PURE_DRIFT = 2.2f;
/* What is met of a rim must run along the circle: a head and leaves are near to one, but lead across it. */
static const float LEAST_ALONG = 0.38f, ACROSS_WEIGHT = 2.5f;
/* The less so where parts are missing: the arcs that are left of a circle are its own. */
static const float WHOLE = 0.85f, ARC_ALONG = 0.7f, ARC_WEIGHT = 3;
/* How exact and pure together a rim must look to its quarter of the rays, and then to half of them, to be looked at with more. */
static const float EARLY[2] = {0.58f, 0.66f};

static double fair_of(const struct circle *circle)
{
    const double fair = FAIR + FAIR_SHARE * circle->r;
    return fair < MOST_FAIR ? fair : MOST_FAIR;
}

/* How exact and how pure the outline is, beside an ellipse. */
static void compare(const struct outline *outline, const struct left *left, const struct circle *circle, int step,
                    struct circles_candidate *found)
{
    double exact = 0, pure = 0;
    const double fair = fair_of(circle);
    for (int ray = 0; ray < RAYS; ray += step) {
        if (left->met[ray]) {
            exact += closeness(left->off[ray], left->tilt[ray], fair);
            pure += purity(left->off[ray], (double)outline->edge[ray].tilt, fair);
        }
    }
    found->exact = (float)(step * exact) / RAYS;
    found->pure = (float)(step * pure) / RAYS;
}

static void measure(const struct workspace *w, const struct meeting *met, const struct outline *outline, const struct circle *circle,
                    int step, struct circles_candidate *found)
{
    struct oval oval;
    struct left left;
    struct shape shape;
    const struct mean lean = lean_of(met, step);
    fit_oval(outline, &oval);
    take_ellipse(outline, &oval, circle, &left);
    compare(outline, &left, circle, step, found);
    measure_shape(outline, &oval, &left, circle, step, lean.value, &shape);
    found->cover = (float)(step * outline->met) / RAYS;
    found->flips = (float)(step * outline->flips) / RAYS;
    found->oval = shape.slant;
    found->straight = shape.straight;
    found->drift = shape.drift;
    found->lean = lean.errors;
    found->winding = shape.winding;
    found->sway = shape.sway;
    found->rough = shape.rough;
    found->gap = longest_gap(met, outline, step);
    found->hollow = hollowness(w, circle, outline);
}

static int meeting_within(const struct meeting *met, int step, uint32_t window)
{
    int count = 0;
    for (int ray = 0; ray < RAYS; ray += step) {
        count += (met[ray].places & window) != 0;
    }
    return step * count;
}

/* Share of the rays that meet an edge as near to other circles about the same centre: the lower quartile, for rims are none of it. */
static float around(const struct meeting *met, int step, int reach, int fair)
{
    float counts[WINDOWS];
    int n = 0;
    for (int middle = -reach + 1 + fair; middle <= reach - 1 - fair; middle++) {
        if (abs(middle) > 2 * fair) {
            const uint32_t window = ((UINT32_C(1) << (2 * fair + 1)) - 1) << (middle - fair + reach);
            sort_in(counts, n++, (float)meeting_within(met, step, window));
        }
    }
    return n == 0 ? 0 : counts[n / 4] / RAYS;
}

static int reach_of(double off, int least, int most)
{
    const int wide = (int)off + 1;
    return wide < least ? least : wide > most ? most : wide;
}

static int seen_of(const struct meeting *met, int step)
{
    int seen = 0;
    for (int ray = 0; ray < RAYS; ray += step) {
        seen += met[ray].seen;
    }
    return step * seen;
}

/* Moves the circle to the middle of the ellipse; 0 if that is no place for a circle. */
static int move_to(const struct oval *oval, struct circle *circle)
{
    circle->r += oval->r;
    circle->x += oval->x;
    circle->y += oval->y;
    return circle->r > 1 && circle->r < MAX_SIDE && fabs(circle->x) < 2 * MAX_SIDE && fabs(circle->y) < 2 * MAX_SIDE;
}

/* Follows every so many-th ray and moves the circle to the rim they see; 0 if there is too little of it. */
static int approach(const struct workspace *w, struct circle *circle, int step, float least, struct outline *outline,
                    struct circles_candidate *found)
{
    struct meeting met[RAYS];
    struct oval oval;
    struct left left;
    const int reach = reach_of(WIDE * circle->r, 2, REACH);
    trace(w, circle, (struct range){reach, reach}, step, met);
    choose_outline(met, step, reach, outline);
    fit_oval(outline, &oval);
    take_ellipse(outline, &oval, circle, &left);
    compare(outline, &left, circle, step, found);
    return found->exact + found->pure >= least && move_to(&oval, circle);
}

int is_open(const struct circles_candidate *found) { return found->gap > LEAST_GAP && found->gap <= MOST_GAP; }

static float pureness(const struct circles_candidate *found)
{
    if (found->drift > PURE_DRIFT || found->seen < WHOLLY_SEEN || found->pure < PURE * found->cover) {
        return 0;
    }
    const float pure = PURE_WEIGHT * (found->pure / found->cover - PURE);
    return (pure < MOST_PURE ? pure : MOST_PURE) * (is_open(found) ? 1 - found->hollow : 1);
}

static float above_0(float value) { return value > 0 ? value : 0; }

/* What rims that lead across the circle cost. */
static float across(const struct circles_candidate *found)
{
    const float along = found->pure / (found->cover > 0 ? found->cover : 1);
    return ACROSS_WEIGHT * above_0(LEAST_ALONG - along) + ARC_WEIGHT * above_0(WHOLE - found->cover) * above_0(ARC_ALONG - along);
}

/* What a ring costs, and its gap. Of less than half a circumference nobody can tell whether it is a ring's or a disc's. */
static float open_cost(const struct circles_candidate *found)
{
    if (found->gap > MOST_GAP) {
        return 0;
    }
    const float gap = above_0((found->gap < DEEP_GAP ? found->gap : DEEP_GAP) - LEAST_GAP);
    return found->hollow * (HOLLOW_WEIGHT + OPEN_WEIGHT * gap);
}

static float score_of(const struct circles_candidate *found)
{
    const float shape = OVAL_WEIGHT * found->oval + LEAN_WEIGHT * above_0(found->lean - CHANCE) + SWAY_WEIGHT * found->sway +
                        WINDING_WEIGHT * found->winding - ROUGH_WEIGHT * found->rough + DRIFT_WEIGHT * found->drift;
    const float score = (1 - COVER_WEIGHT) * found->exact + COVER_WEIGHT * found->cover - AROUND_WEIGHT * found->around -
                        UNSEEN_WEIGHT * (1 - found->seen) - shape - across(found) - open_cost(found) + pureness(found);
    return score < 1 ? score : 1;
}

/* What it costs how the rim ends, of what would be a circle. */
static float end_cost(const struct workspace *w, const struct meeting *met, const struct outline *outline, const struct circle *circle,
                      int step, struct circles_candidate *found)
{
    const struct mouth mouth = widest_mouth(met, outline, step);
    found->mouth = (float)mouth.rays / RAYS;
    found->onward = straight_on(w, circle, outline, mouth, step);
    found->open = openness(w, circle, outline, mouth, step);
    const float chance = found->mouth < SHORT ? ONWARD_AT_SHORT : ONWARD_BY_CHANCE;
    return ONWARD_WEIGHT * above_0(found->onward - chance) + MOUTH_WEIGHT * found->open * above_0(found->mouth - LEAST_MOUTH);
}

/* With a quarter of the rays: is there a rim near the circle, and where? */
int glance(const struct workspace *w, struct circle *circle, struct circles_candidate *found)
{
    struct outline outline;
    found->verdict = CIRCLES_NO_FIT;
    return approach(w, circle, 4, EARLY[0], &outline, found);
}

void verify(const struct workspace *w, struct circle *circle, int step, struct circles_candidate *found, float least)
{
    struct meeting met[RAYS];
    struct outline outline;
    found->verdict = CIRCLES_NO_FIT;
    if (!approach(w, circle, 2 * step, EARLY[1], &outline, found)) {
        return;
    }
    const int own = reach_of(FAR * circle->r, 2, MOST_REACH), far = own < LEAST_FAR ? LEAST_FAR : own;
    trace(w, circle, (struct range){far, own}, step, met);
    choose_outline(met, step, own, &outline);
    measure(w, met, &outline, circle, step, found);
    found->seen = (float)seen_of(met, step) / RAYS;
    found->around = around(met, step, far, (int)(fair_of(circle) + 0.5));
    found->score = score_of(found);
    if (found->score >= least && found->gap > LEAST_GAP) {
        found->score -= end_cost(w, met, &outline, circle, step, found);
    }
    found->verdict = found->score < least ? CIRCLES_GAPS : CIRCLES_FOUND;
}
