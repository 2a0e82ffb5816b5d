/*
 * L11: why can threads be slow that share nothing but a cache line? Each counts in memory of its own. Counters side by
 * side lie in one line of the cache, which the cores then take from each other at every step (false sharing).
 */
#include "adding.h"
#include "common.h"
#include "threads.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Lines of 128 bytes are the longest that ARM and x86 processors fetch at once. */
enum { MOST_BYTES_APART = 4096, LINE_BYTES = 128 };

struct worker {
    volatile uint64_t *counter;
    uint64_t share;
};

static void *count_share(void *argument)
{
    const struct worker *worker = argument;
    for (uint64_t done = 0; done < worker->share; done++) {
        *worker->counter += 1;
    }
    return NULL;
}

static unsigned char *counters(size_t bytes)
{
    /* Begins with a line, so that it is known which counters share one. */
    unsigned char *memory = aligned_alloc(LINE_BYTES, (bytes + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES);
    if (memory == NULL) {
        quit(EXIT_FAILED, "There is no memory for %zu bytes of counters.", bytes);
    }
    return memory;
}

static uint64_t bytes_apart_in(const char *text)
{
    const uint64_t bytes = number_in("BYTES_APART", text, sizeof(uint64_t), MOST_BYTES_APART);
    if (bytes % sizeof(uint64_t) != 0) {
        quit(EXIT_BAD_USE, "BYTES_APART is '%s'; give a multiple of %zu.", text, sizeof(uint64_t));
    }
    return bytes;
}

static struct worker *split(uint64_t additions, unsigned count, unsigned char *memory, uint64_t apart)
{
    struct worker *workers = zeroed(count, sizeof *workers);
    for (unsigned i = 0; i < count; i++) {
        workers[i].counter = (volatile uint64_t *)(void *)(memory + i * apart);
        workers[i].share = share(additions, count, i);
        *workers[i].counter = 0;
    }
    return workers;
}

static uint64_t total(const struct worker *workers, unsigned count)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < count; i++) {
        sum += *workers[i].counter;
    }
    return sum;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        quit(EXIT_BAD_USE, "Usage: count_apart ADDITIONS WORKERS BYTES_APART");
    }
    const uint64_t additions = number_in("ADDITIONS", argv[1], 0, MOST_ADDITIONS);
    const unsigned count = (unsigned)number_in("WORKERS", argv[2], 1, MOST_WORKERS);
    const uint64_t apart = bytes_apart_in(argv[3]);
    unsigned char *memory = counters((size_t)(count * apart));
    struct worker *workers = split(additions, count, memory, apart);

    const int64_t start_ns = now_ns();
    in_threads(workers, count, sizeof *workers, count_share);
    const int64_t loop_ns = now_ns() - start_ns;

    printf("{\"program\":\"count_apart\",\"additions\":%" PRIu64 ",\"workers\":%u,\"bytes_apart\":%" PRIu64, additions,
           count, apart);
    printf(",\"sum\":%" PRIu64 ",\"loop_ns\":%" PRId64 "}\n", total(workers, count), loop_ns);
    free(workers);
    free(memory);
    finish_output();
    return 0;
}
