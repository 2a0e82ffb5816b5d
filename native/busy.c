/* L9: how long does one core take to add 1 very often? */
#include "adding.h"
#include "common.h"

#include <inttypes.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    if (argc != 2) {
        quit(EXIT_BAD_USE, "Usage: busy ADDITIONS");
    }
    const uint64_t additions = number_in("ADDITIONS", argv[1], 0, MOST_ADDITIONS);

    const int64_t start_ns = now_ns();
    const uint64_t sum = add_ones(additions);
    const int64_t loop_ns = now_ns() - start_ns;

    printf("{\"program\":\"busy\",\"additions\":%" PRIu64 ",\"sum\":%" PRIu64 ",\"loop_ns\":%" PRId64 "}\n", additions,
           sum, loop_ns);
    finish_output();
    return 0;
}
