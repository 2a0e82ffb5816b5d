"""L13: whether a sum is ready sooner when Python threads share the additions."""

from threading import Thread

from agent.bench.programs.sharing import add_ones, main


def add_in_threads(shares: list[int]) -> list[int]:
    """Give each share to a thread of its own; return the partial sums."""
    sums = [0] * len(shares)

    def work(index: int) -> None:
        sums[index] = add_ones(shares[index])

    threads = [Thread(target=work, args=(index,)) for index in range(len(shares))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()  # the bench limits the time of the whole program
    return sums


if __name__ == "__main__":
    main("python_threads", add_in_threads)
