"""Looking in: counters, and pictures if they are allowed, on a local socket; nothing is written, nothing is on the network."""
