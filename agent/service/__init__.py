"""The circle loop as a service of systemd: its state, its restarts, and its events in the journal."""
