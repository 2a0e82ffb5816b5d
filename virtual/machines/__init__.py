"""Emulated Pis: an arm64 guest in QEMU with a kernel of its own, for what virtual Pis only simulate with files."""
