"""What runs on a board: the circle loop with its LED, and the experiments of the course."""
