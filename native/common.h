/* What the programs share: arguments that are numbers, a clock, and one honest line of output. */
#ifndef PILAB_COMMON_H
#define PILAB_COMMON_H

#include <stdint.h>

enum { EXIT_FAILED = 1, EXIT_BAD_USE = 2 };

/* Ends the program with this status and one sentence on stderr. */
_Noreturn void quit(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The whole number in text, or the end of the program with a sentence that names the argument and its range. */
uint64_t number_in(const char *name, const char *text, uint64_t least, uint64_t most);

/* Nanoseconds of a clock that is never set back. */
int64_t now_ns(void);

/* Makes sure that everything printed has left this process; otherwise the program ends as failed. */
void finish_output(void);

#endif
