/* L16: how many bytes a second does memory move, and do more cores move more? Copies what no cache can hold. */
#include "common.h"
#include "threads.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Four times the largest cache of a Pi (2 MiB, Pi 5), as STREAM asks for, and four times that, because programs of
 * other boards are timed too. Two of them fit into the free memory of a board with 512 MB.
 */
enum { ARRAY_BYTES = 32 * 1024 * 1024 };
static const uint64_t MOST_PASSES = 1000000000;

struct worker {
    unsigned char *from, *to;
    size_t bytes;
    uint64_t passes;
};

static void *copy_part(void *argument)
{
    const struct worker *worker = argument;
    for (uint64_t done = 0; done < worker->passes; done++) {
        memcpy(worker->to, worker->from, worker->bytes);
        /* Claims to read and change all memory: no pass can be left out. */
        __asm__ volatile("" : : "r"(worker->to), "r"(worker->from) : "memory");
    }
    return NULL;
}

/* Written to, so that the pages are there before the time begins. */
static unsigned char *array(int content)
{
    unsigned char *memory = malloc(ARRAY_BYTES);
    if (memory == NULL) {
        quit(EXIT_FAILED, "There is no memory for %d bytes.", ARRAY_BYTES);
    }
    memset(memory, content, ARRAY_BYTES);
    return memory;
}

static struct worker *split(unsigned char *from, unsigned char *to, unsigned count, uint64_t passes)
{
    struct worker *workers = zeroed(count, sizeof *workers);
    size_t at = 0;
    for (unsigned i = 0; i < count; i++) {
        const size_t bytes = (size_t)share(ARRAY_BYTES, count, i);
        workers[i] = (struct worker){from + at, to + at, bytes, passes};
        at += bytes;
    }
    return workers;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        quit(EXIT_BAD_USE, "Usage: copy_memory PASSES WORKERS");
    }
    const uint64_t passes = number_in("PASSES", argv[1], 0, MOST_PASSES);
    const unsigned count = (unsigned)number_in("WORKERS", argv[2], 1, MOST_WORKERS);
    unsigned char *from = array(1), *to = array(0);
    struct worker *workers = split(from, to, count, passes);

    const int64_t start_ns = now_ns();
    in_threads(workers, count, sizeof *workers, copy_part);
    const int64_t loop_ns = now_ns() - start_ns;

    if (passes > 0 && memcmp(from, to, ARRAY_BYTES) != 0) {
        quit(EXIT_FAILED, "The copy differs from what was copied: the memory of this board is at fault.");
    }
    printf("{\"program\":\"copy_memory\",\"passes\":%" PRIu64 ",\"workers\":%u,\"array_bytes\":%d", passes, count,
           ARRAY_BYTES);
    printf(",\"moved_bytes\":%" PRIu64 ",\"loop_ns\":%" PRId64 "}\n", 2 * passes * ARRAY_BYTES, loop_ns);
    free(workers);
    free(from);
    free(to);
    finish_output();
    return 0;
}
