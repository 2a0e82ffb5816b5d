/*
 * Processors of one architecture differ, and a card moves from one to another: the library holds the detector twice, and the
 * build that this processor can run is called. Both find the same to the last bit.
 */
#include "circles.h"

#include <stdbool.h>

/* The names that the Makefile gives to the two builds. */
#define INSIDE __attribute__((visibility("hidden")))
INSIDE __typeof__(circles_workspace_bytes) circles_workspace_bytes_baseline, circles_workspace_bytes_wide;
INSIDE __typeof__(circles_find) circles_find_baseline, circles_find_wide;

#ifdef __arm__
#include <asm/hwcap.h>
#include <sys/auxv.h>
/* A 64-bit kernel tells 32-bit programs the same. */
static bool is_wide(void) { return (getauxval(AT_HWCAP) & HWCAP_NEON) != 0; }
#else
static bool is_wide(void) { return __builtin_cpu_supports("avx2"); }
#endif

size_t circles_workspace_bytes(int width_px, int height_px, const struct circles_settings *settings)
{
    return (is_wide() ? circles_workspace_bytes_wide : circles_workspace_bytes_baseline)(width_px, height_px, settings);
}

int circles_find(const uint8_t *pixels, int width_px, int height_px, ptrdiff_t stride_bytes,
                 const struct circles_settings *settings, void *workspace, size_t workspace_bytes,
                 struct circles_circle *circles, int capacity, struct circles_report *report)
{
    return (is_wide() ? circles_find_wide : circles_find_baseline)(pixels, width_px, height_px, stride_bytes, settings, workspace,
                                                                   workspace_bytes, circles, capacity, report);
}
