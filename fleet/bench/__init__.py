"""The bench: the same suite on every board at once, and the records brought home whatever happens on the way."""
