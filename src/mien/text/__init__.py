"""sentence -> latent: embeddings, captions, the attribute reader, the ways to a w."""
