/*
 * What did this program cost? Runs it and writes its times, memory, faults and switches to a file.
 *
 * With --memory it looks again and again how much memory the program and all its processes take together, and says the
 * most that it saw. The looking shows in the times, which are then worth nothing.
 *
 * Python cannot ask this by itself: the kernel counts into a child's peak memory what the process that forked it
 * had at that moment, so that every small program would seem to need as much as Python. This one needs next to nothing.
 */
#include "common.h"
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NS_PER_S = 1000000000, LEAST_PAUSE_NS = 5000000, MOST_PAUSE_NS = 500000000 };

struct result {
    int64_t wall_ns;
    int status;
    int exec_error;
    int watches_memory;
    struct memory last;
    struct memory most;
    struct rusage usage;
};

static int64_t time_ns(struct timeval time)
{
    return (int64_t)time.tv_sec * NS_PER_S + (int64_t)time.tv_usec * 1000;
}

/* As a shell says it: 128 and the signal for a program that was killed. */
static int exit_status(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* If the bench is killed, nobody is left to limit the time of what it started. */
static void die_with(pid_t parent)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) {
        quit(EXIT_FAILED, "The end of the bench cannot be noticed: %s.", strerror(errno));
    }
    if (getppid() != parent) {
        quit(EXIT_FAILED, "The bench is gone, so nothing is measured for it.");
    }
}

static _Noreturn void become(char **command, int complaint)
{
    execvp(command[0], command);
    const int error = errno;
    /* If even this cannot be told, the status alone has to say it. */
    _exit(write(complaint, &error, sizeof error) == (ssize_t)sizeof error ? EXIT_FAILED : EXIT_BAD_USE);
}

static int64_t kept(int64_t most, int64_t before, int64_t now)
{
    const int64_t both = before < now ? before : now;
    return both > most ? both : most;
}

/*
 * Processes are looked at one after the other: if one forks, frees or ends meanwhile, a page may count whole for it and
 * in part for another. So what counts is what two looks in a row found. The pause is as long as the look took, so that
 * the program gets on, too.
 */
static void look_at_memory(struct result *result)
{
    const int64_t start_ns = now_ns();
    const struct memory now = group_memory(getpgrp(), getpid());
    result->most.bytes = kept(result->most.bytes, result->last.bytes, now.bytes);
    result->most.processes = kept(result->most.processes, result->last.processes, now.processes);
    result->last = now;
    const int64_t cost_ns = now_ns() - start_ns;
    const int64_t least_ns = cost_ns > LEAST_PAUSE_NS ? cost_ns : LEAST_PAUSE_NS;
    const struct timespec pause = {.tv_nsec = (long)(least_ns < MOST_PAUSE_NS ? least_ns : MOST_PAUSE_NS)};
    (void)nanosleep(&pause, NULL);
}

static void wait_for(pid_t child, struct result *result)
{
    const int options = result->watches_memory ? WNOHANG : 0;
    for (;;) {
        const pid_t ended = wait4(child, &result->status, options, &result->usage);
        if (ended == child) {
            return;
        }
        if (ended < 0 && errno != EINTR) {
            quit(EXIT_FAILED, "The end of the program cannot be waited for: %s.", strerror(errno));
        }
        if (ended == 0) {
            look_at_memory(result);
        }
    }
}

static struct result run(char **command, int watches_memory)
{
    struct result result = {.watches_memory = watches_memory};
    int complaint[2];
    if (pipe(complaint) != 0 || fcntl(complaint[1], F_SETFD, FD_CLOEXEC) != 0) {
        quit(EXIT_FAILED, "There is no pipe to be had: %s.", strerror(errno));
    }
    const pid_t here = getpid();
    const int64_t start_ns = now_ns();
    const pid_t child = fork();
    if (child < 0) {
        quit(EXIT_FAILED, "No process can be started: %s.", strerror(errno));
    }
    if (child == 0) {
        close(complaint[0]);
        die_with(here);
        become(command, complaint[1]);
    }
    wait_for(child, &result);
    result.wall_ns = now_ns() - start_ns;

    /* Read only now, so that nothing wakes up while the program runs. */
    close(complaint[1]);
    if (read(complaint[0], &result.exec_error, sizeof result.exec_error) < 0) {
        quit(EXIT_FAILED, "It is unknown whether the program was started: %s.", strerror(errno));
    }
    close(complaint[0]);
    return result;
}

static void write_line(FILE *file, const struct result *result)
{
    const struct rusage *usage = &result->usage;
    fprintf(file, "{\"wall_ns\":%" PRId64 ",\"user_ns\":%" PRId64 ",\"sys_ns\":%" PRId64, result->wall_ns,
            time_ns(usage->ru_utime), time_ns(usage->ru_stime));
    fprintf(file, ",\"peak_rss_bytes\":%" PRId64, (int64_t)usage->ru_maxrss * 1024);
    fprintf(file, ",\"minor_faults\":%ld,\"major_faults\":%ld", usage->ru_minflt, usage->ru_majflt);
    fprintf(file, ",\"voluntary_switches\":%ld,\"involuntary_switches\":%ld", usage->ru_nvcsw, usage->ru_nivcsw);
    if (result->watches_memory) {
        fprintf(file, ",\"memory_bytes\":%" PRId64 ",\"processes\":%" PRId64, result->most.bytes,
                result->most.processes);
    }
    fprintf(file, ",\"exit_status\":%d}\n", exit_status(result->status));
}

/* Opened before the program runs, so that a wrong path costs no time, and closed to the program itself. */
static FILE *open_result(const char *path)
{
    FILE *file = fopen(path, "w");
    if (file == NULL || fcntl(fileno(file), F_SETFD, FD_CLOEXEC) != 0) {
        quit(EXIT_FAILED, "The result file '%s' cannot be opened: %s.", path, strerror(errno));
    }
    return file;
}

int main(int argc, char **argv)
{
    const int watches_memory = argc > 1 && strcmp(argv[1], "--memory") == 0;
    char **words = argv + 1 + watches_memory;
    if (argc - watches_memory < 3) {
        quit(EXIT_BAD_USE, "Usage: measure [--memory] OUT_FILE PROGRAM [ARGUMENT...]");
    }
    die_with(getppid());
    FILE *file = open_result(words[0]);
    const struct result result = run(words + 1, watches_memory);
    if (result.exec_error != 0) {
        quit(EXIT_FAILED, "The program '%s' cannot be run: %s.", words[1], strerror(result.exec_error));
    }
    write_line(file, &result);
    if (fclose(file) != 0) {
        quit(EXIT_FAILED, "The result file '%s' cannot be written: %s.", words[0], strerror(errno));
    }
    return 0;
}
