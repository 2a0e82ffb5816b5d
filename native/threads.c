#include "threads.h"

#include "common.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

uint64_t share(uint64_t whole, unsigned count, unsigned index)
{
    return whole / count + (index < whole % count);
}

void *zeroed(size_t count, size_t bytes)
{
    void *memory = calloc(count, bytes);
    if (memory == NULL) {
        quit(EXIT_FAILED, "There is no memory for %zu times %zu bytes.", count, bytes);
    }
    return memory;
}

void in_threads(void *workers, unsigned count, size_t bytes, void *(*work)(void *))
{
    pthread_t *threads = zeroed(count, sizeof *threads);
    unsigned started = 0;
    int error = 0;
    while (started < count && error == 0) {
        error = pthread_create(&threads[started], NULL, work, (char *)workers + started * bytes);
        started += error == 0;
    }
    for (unsigned i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
    }
    free(threads);
    if (error != 0) {
        quit(EXIT_FAILED, "Worker %u of %u could not be started: %s.", started + 1, count, strerror(error));
    }
}
