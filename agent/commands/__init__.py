"""What is typed on a board: a file per command, and nothing that another part needs."""
