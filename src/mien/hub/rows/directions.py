"""Rows of latent control: directions that have names."""

from __future__ import annotations

from mien.hub.row import Row, Score

ROWS: tuple[Row, ...] = (
    Row(
        name="portraits-edits",
        kind="directions",
        file="portraits-edits.safetensors",
        sha256="ac191df5c5084e6de9e7c2cc9502c7fad0892e01207f536b7e5b7e814b6b6b2c",
        bytes=114352,
        licence="MIT",
        data="samples of portraits, read by teacher",
        paper="regression of opposing tags, freed by projection (after Shen et al. 2020)",
        scores=(
            Score(
                "re-scoring diagonal",
                0.5791,
                "mean change of the judge's probability of each attribute, strength 3; judge judge f51cad5bf73c; 32 samples; resize bilinear, antialiased, to the judge's size; seed 200000; split portraits, seeds from 200000 that lack the attribute by teacher, psi 0.7; values of one attribute (hair colours) count neither on nor off the diagonal",
            ),
            Score(
                "re-scoring off-diagonal",
                0.1193,
                "mean change of the judge's probability of each attribute, strength 3; judge judge f51cad5bf73c; 32 samples; resize bilinear, antialiased, to the judge's size; seed 200000; split portraits, seeds from 200000 that lack the attribute by teacher, psi 0.7; values of one attribute (hair colours) count neither on nor off the diagonal",
            ),
            Score(
                "identity cosine, glasses",
                0.3829,
                "cosine between before and after, each face where it turned over; judge identity b37ff306dcfd; 32 samples; resize bilinear, antialiased, to the judge's size; seed 200000; split portraits, seeds from 200000 that lack the attribute by teacher, psi 0.7",
            ),
            Score(
                "identity cosine, smile",
                0.571,
                "cosine between before and after, each face where it turned over; judge identity b37ff306dcfd; 32 samples; resize bilinear, antialiased, to the judge's size; seed 200000; split portraits, seeds from 200000 that lack the attribute by teacher, psi 0.7",
            ),
            Score(
                "identity cosine, hair colour",
                0.8303,
                "cosine between before and after, each face where it turned over; judge identity b37ff306dcfd; 32 samples; resize bilinear, antialiased, to the judge's size; seed 200000; split portraits, seeds from 200000 that lack the attribute by teacher, psi 0.7",
            ),
        ),
        note="Belongs to portraits. Moves faces: mien edit 7 --set smile=+2.",
    ),
)
"""The rows of this family."""
