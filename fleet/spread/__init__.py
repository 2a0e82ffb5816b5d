"""The room as one computer (L15): one sum over the processors of several boards, joined by Dask."""

DEFAULT_ROUNDS = 5
