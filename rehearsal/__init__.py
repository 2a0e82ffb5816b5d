"""Virtual Pis: a classroom without hardware, for rehearsing a lesson and for our own tests."""
