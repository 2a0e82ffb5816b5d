#include "memory.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The name of a program may hold anything, even ")": what counts stands behind the last one. */
static pid_t group_of(long process)
{
    char path[64];
    char line[1024];
    snprintf(path, sizeof path, "/proc/%ld/stat", process);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return 0;
    }
    const size_t length = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[length] = '\0';
    const char *behind_name = strrchr(line, ')');
    int group = 0;
    if (behind_name == NULL || sscanf(behind_name, ") %*c %*d %d", &group) != 1) {
        return 0;
    }
    return group;
}

static int64_t pss_bytes(long process)
{
    char path[64];
    char line[256];
    int64_t kib = 0;
    snprintf(path, sizeof path, "/proc/%ld/smaps_rollup", process);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return 0;
    }
    while (kib == 0 && fgets(line, sizeof line, file) != NULL) {
        (void)sscanf(line, "Pss: %" SCNd64, &kib);
    }
    fclose(file);
    return kib * 1024;
}

struct memory group_memory(pid_t group, pid_t without)
{
    struct memory sum = {0};
    DIR *processes = opendir("/proc");
    if (processes == NULL) {
        return sum;
    }
    for (const struct dirent *entry = readdir(processes); entry != NULL; entry = readdir(processes)) {
        const long process = isdigit((unsigned char)entry->d_name[0]) ? strtol(entry->d_name, NULL, 10) : 0;
        if (process <= 0 || process == without || group_of(process) != group) {
            continue;
        }
        const int64_t bytes = pss_bytes(process);
        sum.bytes += bytes;
        sum.processes += bytes > 0;
    }
    closedir(processes);
    return sum;
}
