/* Work that is split over threads. */
#ifndef PILAB_THREADS_H
#define PILAB_THREADS_H

#include <stddef.h>
#include <stdint.h>

enum { MOST_WORKERS = 1024 };

/* What worker number `index` of `count` does of the whole; workers differ by one at most. */
uint64_t share(uint64_t whole, unsigned count, unsigned index);

/* Zeroed memory for so many things, or the end of the program with a sentence. */
void *zeroed(size_t count, size_t bytes);

/* Gives each of the workers, `bytes` apart, a thread of its own that does this work, and waits for all of them. */
void in_threads(void *workers, unsigned count, size_t bytes, void *(*work)(void *));

#endif
