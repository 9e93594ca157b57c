"""The weights that mien knows by name: where they are, what they are worth, how to load them."""
