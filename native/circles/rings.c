/*
 * A ring through which the ground is seen is round if it is closed: one with a gap is a letter, a hook or the end of a winding.
 * A disc may have a gap, for something may lie over it.
 */
#include "rim.h"

#include <stdlib.h>

/* From the rim, in pixels, and from the centre, as a share of the radius. */
static const double BESIDE = 4, MIDDLE = 0.3;
enum { CLEARLY = 2 };

int light_at(const struct workspace *w, const struct circle *circle, int ray, double r)
{
    const double one = 1 << RAY_BITS;
    const int x = (int)(circle->x * one + r * cosine(ray) + one / 2), y = (int)(circle->y * one + r * sine(ray) + one / 2);
    if (x < 0 || y < 0 || x >= w->width << RAY_BITS || y >= w->height << RAY_BITS) {
        return -1;
    }
    return w->half.at[(ptrdiff_t)((y >> RAY_BITS) + MARGIN) * w->half.stride + (x >> RAY_BITS) + MARGIN];
}

/* Whether the middle is clearly more like what is outside of the rim than like what is inside of it: of what is patterned, a third is so by chance. */
static int shows_ground(const struct workspace *w, const struct circle *circle, int ray)
{
    const int inside = light_at(w, circle, ray, circle->r - BESIDE), outside = light_at(w, circle, ray, circle->r + BESIDE);
    const int middle = light_at(w, circle, ray, MIDDLE * circle->r);
    return inside >= 0 && outside >= 0 && middle >= 0 && CLEARLY * abs(middle - outside) < abs(middle - inside);
}

/* Share of the rays with an edge where it is so. */
float hollowness(const struct workspace *w, const struct circle *circle, const struct outline *outline)
{
    int hollow = 0;
    for (int ray = 0; ray < RAYS; ray++) {
        hollow += outline->edge[ray].slope != 0 && shows_ground(w, circle, ray);
    }
    return outline->met > 0 ? (float)hollow / (float)outline->met : 0;
}

/* The longest part of the circumference without an edge, as a share of it; what is outside of the picture is none. */
float longest_gap(const struct meeting *met, const struct outline *outline, int step)
{
    int longest = 0, length = 0;
    for (int i = 0; i < 2 * RAYS; i += step) {
        const int ray = i % RAYS;
        length = outline->edge[ray].slope == 0 && met[ray].seen ? length + step : 0;
        longest = length > longest ? length : longest;
    }
    return (float)(longest < RAYS ? longest : RAYS) / RAYS;
}
