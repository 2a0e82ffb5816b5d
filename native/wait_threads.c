/* L15: what do threads gain that only wait? Each waits for a device that stays silent, a millisecond at a time. */
#include "common.h"
#include "threads.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WAIT_MS = 1 };
static const uint64_t MOST_WAITS = 1000000000;

struct worker {
    int device;
    uint64_t share;
    uint64_t waited;
};

static void *wait_share(void *argument)
{
    struct worker *worker = argument;
    struct pollfd device = {.fd = worker->device, .events = POLLIN};
    while (worker->waited < worker->share) {
        if (poll(&device, 1, WAIT_MS) != 0) {
            quit(EXIT_FAILED, "Waiting failed: %s.", strerror(errno));
        }
        worker->waited++;
    }
    return NULL;
}

/* The end of a pipe that nobody writes to. */
static int silent_device(void)
{
    int ends[2];
    if (pipe(ends) != 0) {
        quit(EXIT_FAILED, "There is no pipe to be had: %s.", strerror(errno));
    }
    return ends[0];
}

static struct worker *split(uint64_t waits, unsigned count)
{
    struct worker *workers = zeroed(count, sizeof *workers);
    const int device = silent_device();
    for (unsigned i = 0; i < count; i++) {
        workers[i] = (struct worker){.device = device, .share = share(waits, count, i)};
    }
    return workers;
}

static uint64_t total(const struct worker *workers, unsigned count)
{
    uint64_t waited = 0;
    for (unsigned i = 0; i < count; i++) {
        waited += workers[i].waited;
    }
    return waited;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        quit(EXIT_BAD_USE, "Usage: wait_threads WAITS WORKERS");
    }
    const uint64_t waits = number_in("WAITS", argv[1], 0, MOST_WAITS);
    const unsigned count = (unsigned)number_in("WORKERS", argv[2], 1, MOST_WORKERS);
    struct worker *workers = split(waits, count);

    const int64_t start_ns = now_ns();
    in_threads(workers, count, sizeof *workers, wait_share);
    const int64_t loop_ns = now_ns() - start_ns;

    printf("{\"program\":\"wait_threads\",\"waits\":%" PRIu64 ",\"workers\":%u,\"wait_ms\":%d", waits, count, WAIT_MS);
    printf(",\"waited\":%" PRIu64 ",\"loop_ns\":%" PRId64 "}\n", total(workers, count), loop_ns);
    free(workers);
    finish_output();
    return 0;
}
