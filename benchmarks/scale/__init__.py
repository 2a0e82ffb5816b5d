"""A district of simulated rooms: how much their records are, how long sharing and asking takes, what breaks first."""
