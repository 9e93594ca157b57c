"""A network -> the fastest form of it on this machine."""
