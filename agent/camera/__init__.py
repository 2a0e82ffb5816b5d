"""The ways to get frames, one file each; `select` picks one."""
