"""What sets this project up and keeps its files together."""
