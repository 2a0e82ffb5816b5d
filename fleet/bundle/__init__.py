"""The bundle: the Debian packages that the boards of a room without internet install, gathered by apt itself."""
