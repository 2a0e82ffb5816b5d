/* libFuzzer's way in: six bytes say how large the frame is and what is looked for, the others are its pixels, over and over. */
#include "circles.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD = 6 };

/* In memory of exactly its size, so that the sanitizer sees every step beyond it. */
static uint8_t *paint(const uint8_t *data, size_t size, size_t pixels)
{
    uint8_t *frame = malloc(pixels);
    for (size_t i = 0; frame != NULL && i < pixels; i++) {
        frame[i] = data[i % size];
    }
    return frame;
}

/* Every second frame is explained too. */
static void look(const uint8_t *frame, int width, int height, const struct circles_settings *settings)
{
    struct circles_circle circles[8];
    const size_t bytes = circles_workspace_bytes(width, height, settings);
    void *workspace = bytes == 0 ? NULL : malloc(bytes);
    const size_t quarter = (size_t)(width / 2) * (size_t)(height / 2);
    struct circles_report report = {.edge_at = malloc(quarter), .votes_at = malloc(quarter * sizeof(float))};
    const int explain = frame[0] % 2 && report.edge_at != NULL && report.votes_at != NULL;
    if (workspace != NULL) {
        memset(workspace, 0xa5, bytes);
        const int count = circles_find(frame, width, height, width, settings, workspace, bytes, circles, 8, explain ? &report : NULL);
        for (int i = 0; i < count; i++) {
            if (!(circles[i].r_px >= settings->min_radius_px && circles[i].r_px <= settings->max_radius_px)) {
                abort();
            }
        }
    }
    free(report.edge_at);
    free(report.votes_at);
    free(workspace);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size <= HEAD) {
        return 0;
    }
    const int width = data[0] + 1, height = data[1] + 1;
    const float smallest = 8 + (float)data[2] / 4, largest = smallest + 4 * (float)data[3];
    const struct circles_settings settings = {smallest, largest, data[4], (float)data[5] / 255};
    uint8_t *frame = paint(data + HEAD, size - HEAD, (size_t)width * (size_t)height);
    if (frame != NULL) {
        look(frame, width, height, &settings);
    }
    free(frame);
    return 0;
}
