/*
 * Several 16-bit numbers worked on at once, or one where the compiler has no vectors: the same source, so the same result.
 * GCC and clang turn the vector type into AVX2, SSE2 or NEON.
 */
#ifndef LANES_H
#define LANES_H

#include <stdint.h>
#include <string.h>

#if defined(__GNUC__) && !defined(CIRCLES_PORTABLE)
#if defined(__AVX2__)
enum { LANES = 16 };
#else
enum { LANES = 8 };
#endif
typedef int16_t lanes __attribute__((vector_size(2 * LANES)));
typedef int8_t byte_lanes __attribute__((vector_size(LANES)));
static inline byte_lanes narrow(lanes a) { return __builtin_convertvector(a, byte_lanes); }
/* All ones where true. */
static inline lanes above(lanes a, lanes b) { return a > b; }
static inline lanes all(int16_t a) { return a - (lanes){0}; }
#else
enum { LANES = 1 };
typedef int16_t lanes;
typedef int8_t byte_lanes;
static inline byte_lanes narrow(lanes a) { return (int8_t)a; }
static inline lanes above(lanes a, lanes b) { return (int16_t)-(a > b); }
static inline lanes all(int16_t a) { return a; }
#endif

static inline lanes load(const int16_t *from)
{
    lanes a;
    memcpy(&a, from, sizeof a);
    return a;
}

static inline void store(int16_t *to, lanes a) { memcpy(to, &a, sizeof a); }
static inline void store_bytes(uint8_t *to, lanes a)
{
    const byte_lanes b = narrow(a);
    memcpy(to, &b, sizeof b);
}

static inline lanes pick(lanes mask, lanes yes, lanes no) { return (lanes)((yes & mask) | (no & ~mask)); }
static inline lanes larger(lanes a, lanes b) { return pick(above(a, b), a, b); }
static inline lanes smaller(lanes a, lanes b) { return pick(above(a, b), b, a); }
static inline lanes size(lanes a) { return larger(a, (lanes)-a); }

#endif
