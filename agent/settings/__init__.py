"""The agent's settings: a TOML file over defaults, every value checked before anything starts."""
