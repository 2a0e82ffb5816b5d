/* L12: when does promised memory become real? At the first touch of each page. */
#include "common.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

static uint64_t resident_bytes(size_t page_bytes)
{
    uint64_t pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    if (statm == NULL || fscanf(statm, "%*u %" SCNu64, &pages) != 1) {
        quit(EXIT_FAILED, "/proc/self/statm cannot be read, so resident memory is unknown.");
    }
    fclose(statm);
    return pages * page_bytes;
}

static int64_t minor_faults(void)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0) {
        quit(EXIT_FAILED, "The page faults cannot be counted: %s.", strerror(errno));
    }
    return usage.ru_minflt;
}

static unsigned char *promised(size_t size_bytes)
{
    unsigned char *memory = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        quit(EXIT_FAILED, "The kernel does not promise %zu bytes: %s.", size_bytes, strerror(errno));
    }
    /* Huge pages would hide the lesson: one fault for 2 MiB. A kernel that has none refuses this, which is as good. */
    (void)madvise(memory, size_bytes, MADV_NOHUGEPAGE);
    return memory;
}

/* Writes to every page that begins in [from, to), and nowhere else. */
static void touch(unsigned char *memory, size_t from, size_t to, size_t page_bytes)
{
    volatile unsigned char *cells = memory;
    const size_t into_page = from % page_bytes;
    for (size_t at = into_page == 0 ? from : from - into_page + page_bytes; at < to; at += page_bytes) {
        cells[at] = 1;
    }
}

static void touch_step(unsigned char *memory, size_t from, size_t to, size_t page_bytes)
{
    const int64_t faults_before = minor_faults();
    const int64_t start_ns = now_ns();
    touch(memory, from, to, page_bytes);
    const int64_t step_ns = now_ns() - start_ns;
    const int64_t faults = minor_faults() - faults_before;
    const uint64_t resident = resident_bytes(page_bytes);
    printf("%s{\"touched_bytes\":%zu,\"resident_bytes\":%" PRIu64, from == 0 ? "" : ",", to, resident);
    printf(",\"minor_faults\":%" PRId64 ",\"step_ns\":%" PRId64 "}", faults, step_ns);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        quit(EXIT_BAD_USE, "Usage: touch_pages SIZE_BYTES STEP_BYTES");
    }
    const size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    const size_t size_bytes = (size_t)number_in("SIZE_BYTES", argv[1], page_bytes, PTRDIFF_MAX);
    const size_t step_bytes = (size_t)number_in("STEP_BYTES", argv[2], page_bytes, PTRDIFF_MAX);
    unsigned char *memory = promised(size_bytes);
    /* The first look at the clock costs faults of its own, which belong to no step. */
    (void)now_ns();

    printf("{\"program\":\"touch_pages\",\"size_bytes\":%zu,\"page_bytes\":%zu,\"steps\":[", size_bytes, page_bytes);
    for (size_t from = 0; from < size_bytes;) {
        /* The last step is short: it ends with the mapping. */
        const size_t to = size_bytes - from < step_bytes ? size_bytes : from + step_bytes;
        touch_step(memory, from, to, page_bytes);
        from = to;
    }
    printf("]}\n");
    finish_output();
    return 0;
}
