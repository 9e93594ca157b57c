"""Frozen networks that look at images; losses and metrics share them."""

from mien.judges.tagger import Tagger, TaggerConfig, tags

__all__ = ["Tagger", "TaggerConfig", "tags"]
