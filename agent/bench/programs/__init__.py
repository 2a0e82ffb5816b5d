"""The course's Python programs, run as scripts of their own so that what is timed is what pupils write."""
