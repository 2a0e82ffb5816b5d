"""What is typed on a board: a file per command (`preflight` is the beginning of `run`), and nothing that another part needs."""
