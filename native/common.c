#include "common.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

_Noreturn void quit(int status, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vfprintf(stderr, format, values);
    va_end(values);
    fputc('\n', stderr);
    exit(status);
}

/* strtoumax alone would take a sign, blanks and the empty string. */
static int only_digits(const char *text)
{
    return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

uint64_t number_in(const char *name, const char *text, uint64_t least, uint64_t most)
{
    errno = 0;
    const uintmax_t number = strtoumax(text, NULL, 10);
    if (!only_digits(text) || errno != 0 || number < least || number > most) {
        quit(EXIT_BAD_USE, "%s is '%s'; give a whole number from %" PRIu64 " to %" PRIu64 ".", name, text, least, most);
    }
    return number;
}

int64_t now_ns(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) {
        quit(EXIT_FAILED, "The monotonic clock cannot be read: %s.", strerror(errno));
    }
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void finish_output(void)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        quit(EXIT_FAILED, "The result could not be written: %s.", strerror(errno));
    }
}
