/* How much memory the processes of one group take together. */
#ifndef PILAB_MEMORY_H
#define PILAB_MEMORY_H

#include <stdint.h>
#include <sys/types.h>

struct memory {
    int64_t bytes;
    int64_t processes;
};

/*
 * Adds up the proportional set sizes (PSS) of a group without one process: a page that n processes share counts 1/n for
 * each, so that the sum is what they take together (proc_pid_smaps(5); Linux 4.14 and later).
 * Nothing (0 bytes) if no process of it may be looked at.
 */
struct memory group_memory(pid_t group, pid_t without);

#endif
