"""Frames in, frames out, sound kept."""
