"""picture -> picture, a paper a file."""
