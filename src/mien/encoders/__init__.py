"""picture -> latent."""
