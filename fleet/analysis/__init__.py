"""What the records of a run mean: read, judged, held against the course's claims; pure."""
