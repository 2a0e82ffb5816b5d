"""Comparisons of this project with its peers, as ratios within one run."""
