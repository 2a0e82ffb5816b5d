"""What a wheel adds to a checkout: the command `pilab`."""
