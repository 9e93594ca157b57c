"""noise -> face: how a generator is trained, measured, and draws."""
