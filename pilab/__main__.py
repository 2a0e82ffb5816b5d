"""The same as the command `pilab`."""

from pilab.program import main

main()
