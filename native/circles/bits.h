/* Which of many bytes are set, without asking each. */
#ifndef BITS_H
#define BITS_H

#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "The order of marks is taken from little-endian words; no board of ours is of the other kind."
#endif

/* Eight marks of a mask at once, lowest byte first. */
static inline uint64_t eight_marks(const uint8_t *mask)
{
    uint64_t marks;
    memcpy(&marks, mask, sizeof marks);
    return marks & UINT64_C(0x0101010101010101);
}

/* The position of the first of them. */
static inline int first_mark(uint64_t marks) { return __builtin_ctzll(marks) / 8; }

#endif
