"""Looking in: counters, and pictures if they are allowed, on a local socket; never on the network, never on a disk."""
