"""What bench, check and spread need of a board: paths, programs, units, facts, sensors, governors, files, time."""
