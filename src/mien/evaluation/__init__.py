"""One file per table that ``mien evaluate`` prints: draws, judges, counts, and says how."""
