"""The commands of invoke, a module for those that belong together; `tasks.py` finds them.

A docstring has a line for each way to type its command, with what happens then: docs/guide/commands.md is made of them.
"""
