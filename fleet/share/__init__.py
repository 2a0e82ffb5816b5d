"""Rooms share what they measured: a run becomes one object without names, in a folder or an object store."""
