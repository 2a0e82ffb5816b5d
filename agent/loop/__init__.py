"""The circle loop (L7) with its LED (L8): three threads that pass on what is newest, and one that decides."""
