"""Finds boards by their keys, wherever in the network they are, and takes in those that were not prepared."""
