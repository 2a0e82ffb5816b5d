"""How long a room takes to be provisioned, beside other tools that bring the same state about."""
