"""photo <-> sketch: autoencoder, pix2pix, cyclegan."""
