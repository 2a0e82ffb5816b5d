/* L7: how many frames a second can one core look at for circles? The frames are drawn here, so that every board has the same. */
#include "circles.h"
#include "common.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { WIDTH = 640, HEIGHT = 480, FRAMES = 8, RADIUS = 60, LAWN_ROWS = HEIGHT / 3 };
static const uint64_t MOST_FRAMES = 1000000000;

/* What the agent looks for. */
static const struct circles_settings SETTINGS = {
    .min_radius_px = 35, .max_radius_px = 500, .min_distance_px = 35, .sensitivity = 0.5f};

/* Noise that is the same everywhere: Numerical Recipes' linear congruential generator. */
static int noise(uint32_t *state, int most)
{
    *state = *state * UINT32_C(1664525) + UINT32_C(1013904223);
    return (int)(*state >> 16) % (2 * most + 1) - most;
}

/* A wall above a lawn, and a dark disc that goes past; every second frame shows none. */
static void draw(uint8_t *frame, int number)
{
    uint32_t state = (uint32_t)number;
    const int middle_x = RADIUS + number * (WIDTH - 2 * RADIUS) / FRAMES, middle_y = HEIGHT / 2 - RADIUS;
    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
            const int dx = x - middle_x, dy = y - middle_y;
            const int in_disc = number % 2 == 0 && dx * dx + dy * dy < RADIUS * RADIUS, in_lawn = y >= HEIGHT - LAWN_ROWS;
            const int shade = in_disc ? 60 : in_lawn ? 110 : 150 + x / 16;
            frame[y * WIDTH + x] = (uint8_t)(shade + noise(&state, in_lawn ? 50 : 4));
        }
    }
}

static void *memory(size_t bytes)
{
    void *found = malloc(bytes);
    if (found == NULL) {
        quit(EXIT_FAILED, "There is no memory for %zu bytes.", bytes);
    }
    return found;
}

static uint64_t look(const uint8_t *frames, uint64_t count, void *workspace, size_t bytes)
{
    struct circles_circle circles[CIRCLES_CANDIDATES];
    uint64_t with_circles = 0;
    for (uint64_t i = 0; i < count; i++) {
        const uint8_t *frame = frames + (size_t)(i % FRAMES) * WIDTH * HEIGHT;
        with_circles +=
            circles_find(frame, WIDTH, HEIGHT, WIDTH, &SETTINGS, workspace, bytes, circles, CIRCLES_CANDIDATES, NULL) > 0;
    }
    return with_circles;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        quit(EXIT_BAD_USE, "Usage: detect FRAMES");
    }
    const uint64_t count = number_in("FRAMES", argv[1], 0, MOST_FRAMES);
    uint8_t *frames = memory((size_t)FRAMES * WIDTH * HEIGHT);
    for (int i = 0; i < FRAMES; i++) {
        draw(frames + (size_t)i * WIDTH * HEIGHT, i);
    }
    const size_t bytes = circles_workspace_bytes(WIDTH, HEIGHT, &SETTINGS);
    void *workspace = memory(bytes);

    const int64_t start_ns = now_ns();
    const uint64_t with_circles = look(frames, count, workspace, bytes);
    const int64_t loop_ns = now_ns() - start_ns;

    printf("{\"program\":\"detect\",\"frames\":%" PRIu64 ",\"with_circles\":%" PRIu64 ",\"loop_ns\":%" PRId64 "}\n", count,
           with_circles, loop_ns);
    finish_output();
    free(workspace);
    free(frames);
    return 0;
}
