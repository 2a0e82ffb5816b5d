/* L11: how much sooner is a sum ready when threads share the additions? */
#include "adding.h"
#include "common.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WORKERS = 1024 };

struct worker {
    pthread_t thread;
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

/* Workers differ by one addition at most. */
static struct worker *split(uint64_t additions, unsigned count)
{
    struct worker *workers = calloc(count, sizeof *workers);
    if (workers == NULL) {
        quit(EXIT_FAILED, "There is no memory for %u workers.", count);
    }
    for (unsigned i = 0; i < count; i++) {
        workers[i].share = additions / count + (i < additions % count);
    }
    return workers;
}

static void run(struct worker *workers, unsigned count)
{
    unsigned started = 0;
    int error = 0;
    while (started < count && error == 0) {
        error = pthread_create(&workers[started].thread, NULL, add_share, &workers[started]);
        started += error == 0;
    }
    for (unsigned i = 0; i < started; i++) {
        pthread_join(workers[i].thread, NULL);
    }
    if (error != 0) {
        quit(EXIT_FAILED, "Worker %u of %u could not be started: %s.", started + 1, count, strerror(error));
    }
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
    struct worker *workers = split(additions, count);

    const int64_t start_ns = now_ns();
    run(workers, count);
    const int64_t loop_ns = now_ns() - start_ns;

    print(workers, count, additions, loop_ns);
    free(workers);
    finish_output();
    return 0;
}
