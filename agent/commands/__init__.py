"""What is typed on a board: a file per command, `preflight` for the beginning of `run`, nothing that others need."""
