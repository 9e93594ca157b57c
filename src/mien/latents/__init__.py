"""Ways of moving in the latent space of a generator: one file a way, pure functions on tensors.

Nothing here opens a file or runs a network of its own accord: latents, labels and callables come
in, directions, latents and plain tables go out.
"""
