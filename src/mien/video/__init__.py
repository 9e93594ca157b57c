"""Frames in, frames out, sound kept.

A frame is uint8 RGB ``[h, w, 3]`` with a whole-number timestamp in a time base, so that clips of
variable frame rate keep their times exactly. Nothing here holds more than a few frames at once.
"""
