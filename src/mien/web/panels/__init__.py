"""One file a panel; each fills in the arguments of a verb of the studio."""
