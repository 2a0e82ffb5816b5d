"""How a system is told what it shall be at its first start. One format has one module; all of them run first.sh."""
