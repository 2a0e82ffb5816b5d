/* From the frame to the points of its edges, with everything but the borders done by the vector. */
#include "inside.h"
#include "lanes.h"

/* A step of 6 grey levels gives 48 times as much: below that, cameras show noise. */
static const int16_t FAINTEST = 288;

static void halve_row(const uint8_t *upper, const uint8_t *lower, int16_t *half, int width)
{
    int x = 0;
    for (; x + LANES <= width && LANES > 1; x += LANES) {
        /* A vector holds pairs of pixels; which of a pair comes first does not matter to their sum. */
        lanes a, b;
        memcpy(&a, upper + 2 * x, sizeof a);
        memcpy(&b, lower + 2 * x, sizeof b);
        const lanes low = (lanes)((a & 255) + (b & 255)), high = (lanes)(((a >> 8) & 255) + ((b >> 8) & 255));
        store(half + x, (lanes)((low + high + 2) >> 2));
    }
    for (; x < width; x++) {
        half[x] = (int16_t)((upper[2 * x] + upper[2 * x + 1] + lower[2 * x] + lower[2 * x + 1] + 2) >> 2);
    }
}

static void repeat_ends(int16_t *row, int width, int stride)
{
    for (int x = 0; x < MARGIN; x++) {
        row[x] = row[MARGIN];
    }
    for (int x = MARGIN + width; x < stride; x++) {
        row[x] = row[MARGIN + width - 1];
    }
}

static void copy_row(struct plane *plane, int to, int from)
{
    memcpy(plane->at + (ptrdiff_t)to * plane->stride, plane->at + (ptrdiff_t)from * plane->stride,
           sizeof(int16_t) * (size_t)plane->stride);
}

/* Means of 2x2 pixels; the picture's ends are repeated over the margin. */
void halve(const uint8_t *pixels, ptrdiff_t stride_bytes, struct workspace *w)
{
    for (int y = 0; y < w->height; y++) {
        const uint8_t *upper = pixels + 2 * y * stride_bytes;
        int16_t *row = w->half.at + (ptrdiff_t)(y + MARGIN) * w->half.stride;
        halve_row(upper, upper + stride_bytes, row + MARGIN, w->width);
        repeat_ends(row, w->width, w->half.stride);
    }
    for (int y = 0; y < MARGIN; y++) {
        copy_row(&w->half, y, MARGIN);
        copy_row(&w->half, w->height + MARGIN + y, w->height + MARGIN - 1);
    }
}

/* The vertical parts of the kernels: smoothing 1 4 6 4 1, slope -1 -2 0 2 1. */
static void sum_columns(const int16_t *top, int stride, int16_t *smooth, int16_t *slope)
{
    for (int x = 0; x < stride; x += LANES) {
        const lanes a = load(top + x), b = load(top + x + stride), c = load(top + x + 2 * stride),
                    d = load(top + x + 3 * stride), e = load(top + x + 4 * stride);
        store(smooth + x, (lanes)(a + e + 4 * (b + d) + 6 * c));
        store(slope + x, (lanes)(e - a + 2 * (d - b)));
    }
}

/* Length of a vector to within 7 %, without a root. */
static lanes length(lanes x, lanes y)
{
    const lanes wide = size(x), high = size(y), long_ = larger(wide, high), short_ = smaller(wide, high);
    return (lanes)(long_ + (short_ >> 2) + (short_ >> 3));
}

/* Sobel's gradient of the smoothed picture: one 5x5 kernel in integers. */
void find_gradients(struct workspace *w)
{
    int16_t *smooth = w->sums, *slope = w->sums + w->half.stride + PADDING;
    for (int y = 0; y < w->height; y++) {
        const ptrdiff_t row = (ptrdiff_t)y * w->gx.stride;
        sum_columns(w->half.at + (ptrdiff_t)y * w->half.stride, w->half.stride, smooth, slope);
        for (int x = 0; x < w->gx.stride; x += LANES) {
            const int16_t *s = smooth + x, *d = slope + x;
            const lanes gx = (lanes)(load(s + 4) - load(s) + 2 * (load(s + 3) - load(s + 1)));
            const lanes gy = (lanes)(load(d) + load(d + 4) + 4 * (load(d + 1) + load(d + 3)) + 6 * load(d + 2));
            store(w->gx.at + row + x, gx);
            store(w->gy.at + row + x, gy);
            store(w->strength.at + row + x, length(gx, gy));
        }
    }
}

static void mark_row(const struct workspace *w, int y)
{
    const int stride = w->gx.stride;
    const ptrdiff_t row = (ptrdiff_t)y * stride;
    uint8_t *mask = w->mask + row;
    for (int x = 0; x < stride; x += LANES) {
        const int16_t *s = w->strength.at + row + x;
        const lanes here = load(s), steep = above(size(load(w->gx.at + row + x)), size(load(w->gy.at + row + x)));
        const lanes before = pick(steep, load(s - 1), load(s - stride)), after = pick(steep, load(s + 1), load(s + stride));
        store_bytes(mask + x, (lanes)(above(here, all(FAINTEST)) & above(here, before) & ~above(after, here)));
    }
    mask[0] = 0;
    memset(mask + w->width - 1, 0, (size_t)(stride - w->width + 1));
}

/* An edge point is steeper than its two neighbours along the axis nearest to its gradient. */
void mark_edges(struct workspace *w)
{
    memset(w->mask, 0, (size_t)w->gx.stride);
    memset(w->mask + (ptrdiff_t)(w->height - 1) * w->gx.stride, 0, (size_t)w->gx.stride);
    for (int y = 1; y < w->height - 1; y++) {
        mark_row(w, y);
    }
}
