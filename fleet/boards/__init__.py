"""Everything that speaks to boards: who they are, ssh to one, a pool for many, and an outcome for each."""
