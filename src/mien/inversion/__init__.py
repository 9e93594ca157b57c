"""photo -> latent: one pass of an encoder, steps from there, and the face put back."""
