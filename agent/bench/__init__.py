"""Experiments of the course on this board: a plan comes in, records come out, and everything touched is put back."""
