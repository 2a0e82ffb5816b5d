/* L11: how much sooner is a sum ready when threads share the additions? */
#include "adding.h"
#include "common.h"
#include "threads.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct worker {
    uint64_t share;
    uint64_t partial_sum;
};

static void *add_share(void *argument)
{
    struct worker *worker = argument;
    /* Added up in a register and stored once: workers whose sums lie side by side do not slow each other down. */
    worker->partial_sum = add_ones(worker->share);
    return NULL;
}

static void print(const struct worker *workers, unsigned count, uint64_t additions, int64_t loop_ns)
{
    uint64_t sum = 0;
    printf("{\"program\":\"sum_threads\",\"additions\":%" PRIu64 ",\"workers\":%u", additions, count);
    printf(",\"partial_sums\":[");
    for (unsigned i = 0; i < count; i++) {
        sum += workers[i].partial_sum;
        printf("%s%" PRIu64, i == 0 ? "" : ",", workers[i].partial_sum);
    }
    printf("],\"sum\":%" PRIu64 ",\"loop_ns\":%" PRId64 "}\n", sum, loop_ns);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        quit(EXIT_BAD_USE, "Usage: sum_threads ADDITIONS WORKERS");
    }
    const uint64_t additions = number_in("ADDITIONS", argv[1], 0, MOST_ADDITIONS);
    const unsigned count = (unsigned)number_in("WORKERS", argv[2], 1, MOST_WORKERS);
    struct worker *workers = zeroed(count, sizeof *workers);
    for (unsigned i = 0; i < count; i++) {
        workers[i].share = share(additions, count, i);
    }

    const int64_t start_ns = now_ns();
    in_threads(workers, count, sizeof *workers, add_share);
    const int64_t loop_ns = now_ns() - start_ns;

    print(workers, count, additions, loop_ns);
    free(workers);
    finish_output();
    return 0;
}
