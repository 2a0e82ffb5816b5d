"""Virtual Pis: systems of their own in containers of systemd, on this computer's kernel; their hardware is files."""
