/* Do all processors find the same? Prints the circles of a PGM picture with every bit of their numbers. */
#include "circles.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t bits(float value)
{
    uint32_t word;
    memcpy(&word, &value, sizeof word);
    return word;
}

static uint8_t *read_picture(const char *path, int *width, int *height)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fscanf(file, "P5 %d %d 255", width, height) != 2 || fgetc(file) == EOF) {
        return NULL;
    }
    const size_t size = (size_t)*width * (size_t)*height;
    uint8_t *pixels = malloc(size);
    if (pixels != NULL && fread(pixels, 1, size, file) != size) {
        return NULL;
    }
    fclose(file);
    return pixels;
}

int main(int argc, char **argv)
{
    const struct circles_settings settings = {35, 500, 35, 0.5f};
    struct circles_circle circles[CIRCLES_CANDIDATES];
    int width, height;
    uint8_t *pixels = argc == 2 ? read_picture(argv[1], &width, &height) : NULL;
    const size_t bytes = pixels == NULL ? 0 : circles_workspace_bytes(width, height, &settings);
    void *workspace = bytes == 0 ? NULL : malloc(bytes);
    if (workspace == NULL) {
        fprintf(stderr, "Usage: circles_bits PICTURE.pgm\n");
        return 2;
    }
    struct circles_report report = {.edge_at = NULL, .votes_at = NULL};
    const int count = circles_find(pixels, width, height, width, &settings, workspace, bytes, circles, CIRCLES_CANDIDATES, &report);
    printf("%d %d\n", (int)report.edges, (int)report.candidates);
    for (int i = 0; i < count; i++) {
        printf("%08" PRIx32 " %08" PRIx32 " %08" PRIx32 " %08" PRIx32 "\n", bits(circles[i].x_px), bits(circles[i].y_px),
               bits(circles[i].r_px), bits(circles[i].score));
    }
    free(workspace);
    free(pixels);
    return 0;
}
