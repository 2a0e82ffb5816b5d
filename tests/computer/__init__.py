"""Pilab set up from nothing, on the systems that a teacher's computer may have; `make test-setup` runs it."""
