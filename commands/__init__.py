"""The commands of invoke, a module for those that belong together; `tasks.py` finds them."""
