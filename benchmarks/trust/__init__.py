"""Whether the timings of a bench can be trusted: beside other timers, for what it costs, and for what it loses."""
