"""Other projects' files: one module a format, a table of names and the shapes they must have."""
