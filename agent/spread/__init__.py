"""A board as part of the room's one computer (L15): what Dask needs of it, joined by the teacher's computer."""
