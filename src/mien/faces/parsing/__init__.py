"""Which part of a face each pixel shows: teacher maps, the network that learns them, its uses."""
