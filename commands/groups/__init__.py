"""Commands with a prefix: the tasks of `agent.py` are `invoke agent.status` and so on."""
