"""Row of the identity judge."""

from __future__ import annotations

from mien.hub.row import Row, Score

ROWS: tuple[Row, ...] = (
    Row(
        name="identity",
        kind="identity",
        file="identity.safetensors",
        sha256="b37ff306dcfd2a7f259a01c35655ba435cd369f667c4d69e9646363b9c222200",
        bytes=2542200,
        licence="MIT",
        data="sfhq.zip, pictures 00000–01584 (SFHQ, D. Beniaguev), started from the trunk of teacher",
        paper="Chen et al. 2020 (NT-Xent), Wang et al. 2018 (CosFace)",
        kimg=50,
        resolution=80,
        scores=(
            Score(
                "AUC",
                0.9515,
                "neutral against smiling, all 3,844 pairs, cosine of embeddings; london.zip, all 62 people; the square of 408 pixels at x 133, y 104 in every picture; bare pixels 0.850",
            ),
            Score(
                "rank-1",
                0.7581,
                "smiling among 62 neutral, cosine of embeddings; london.zip, all 62 people; the same square; bare pixels 0.290",
            ),
        ),
        note="For photographs framed as FFHQ frames them. Not for drawn sketches (rank-1 0.13 of 30), and not for identifying people.",
    ),
)
"""Who is it: the judge of identity that ships."""
