/* Rims about a circle that was found: edges that run along it farther out, all the way around. */
#include "rim.h"

enum { STEP = 2, CLEAR = 3 };
/* Of the rays that must meet an edge at about the same distance. */
static const float LEAST_MET = 0.6f;

static int met_within(const struct meeting *met, int place)
{
    const uint32_t window = UINT32_C(7) << (place - 1);
    int count = 0;
    for (int ray = 0; ray < RAYS; ray += STEP) {
        count += (met[ray].places & window) != 0;
    }
    return count;
}

static int seen_by(const struct meeting *met)
{
    int seen = 0;
    for (int ray = 0; ray < RAYS; ray += STEP) {
        seen += met[ray].seen;
    }
    return seen;
}

/* The radius of the rim that most rays meet, or 0. */
double outer_rim(const struct workspace *w, const struct circle *circle)
{
    struct meeting met[RAYS];
    const struct circle around = {circle->x, circle->y, circle->r + MOST_REACH};
    trace(w, &around, (struct range){MOST_REACH, 0}, STEP, met);
    int most = (int)(LEAST_MET * (float)seen_by(met)), best = 0;
    for (int place = CLEAR; place < 2 * MOST_REACH; place++) {
        const int count = met_within(met, place);
        if (count > most) {
            most = count;
            best = place;
        }
    }
    return best == 0 ? 0 : circle->r + best;
}
