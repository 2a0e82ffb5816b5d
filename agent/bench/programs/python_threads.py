"""L13: whether a sum is ready sooner when Python threads share the additions."""

from functools import partial

from agent.bench.programs.sharing import add_ones, in_threads, main

if __name__ == "__main__":
    main("python_threads", partial(in_threads, add_ones))
