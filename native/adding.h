/* The work that busy and sum_threads time: adding 1, one at a time. */
#ifndef PILAB_ADDING_H
#define PILAB_ADDING_H

#include <stdint.h>

/* More than a Pi adds in a day: a larger number is a slip of the finger. */
#define MOST_ADDITIONS UINT64_C(1000000000000000)

/*
 * The sum of that many ones. Without the empty statement gcc replaces the loop by its result: it claims to change sum,
 * costs no instruction, and so every addition really happens, in a register.
 */
static inline uint64_t add_ones(uint64_t additions)
{
    uint64_t sum = 0;
    for (uint64_t done = 0; done < additions; done++) {
        sum += 1;
        __asm__ volatile("" : "+r"(sum));
    }
    return sum;
}

#endif
