"""The agent against the course's loop on the same source, its cost, and whether it stays healthy under faults."""
