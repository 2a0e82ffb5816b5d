"""Pis without hardware: a classroom of virtual ones in containers, and an emulated one in QEMU."""
