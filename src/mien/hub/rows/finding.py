"""Rows of the networks that find faces in pictures."""

from __future__ import annotations

from mien.hub.row import Row, Score

ROWS: tuple[Row, ...] = (
    Row(
        name="detector",
        kind="face-detector",
        file="detector.safetensors",
        sha256="cc4bee7054b500f01595797b989e5dcdd8f5d672adc6b87ff981e1485dfb654a",
        bytes=682254,
        licence="MIT",
        data="sfhq.zip, pictures 00000–01584 (SFHQ, D. Beniaguev), and sfhq_landmarks68.npz",
        paper="after Zhou et al. 2019 (CenterNet)",
        kimg=60,
        scores=(
            Score("found", 0.95, "200 kept-out pictures of sfhq.zip, moved and spoilt; seed 1"),
            Score(
                "false a picture",
                0.191,
                "200 kept-out pictures of sfhq.zip, moved and spoilt; seed 1",
            ),
            Score(
                "found, as they are, upright",
                91,
                "photos with exactly one face, in its place; judge landmarks 93ef97b829b9; 124 samples; seed None; london.zip, all; none of it was trained on",
            ),
            Score(
                "found, 128 px, upright",
                124,
                "photos with exactly one face, in its place; judge landmarks 93ef97b829b9; 124 samples; seed None; london.zip, all; none of it was trained on",
            ),
            Score(
                "found, 256 px, upright",
                119,
                "photos with exactly one face, in its place; judge landmarks 93ef97b829b9; 124 samples; seed None; london.zip, all; none of it was trained on",
            ),
            Score(
                "found, 512 px, upright",
                96,
                "photos with exactly one face, in its place; judge landmarks 93ef97b829b9; 124 samples; seed None; london.zip, all; none of it was trained on",
            ),
            Score(
                "found, 1024 px, upright",
                88,
                "photos with exactly one face, in its place; judge landmarks 93ef97b829b9; 124 samples; seed None; london.zip, all; none of it was trained on",
            ),
            Score(
                "found, 128 px, ±30°",
                124,
                "photos with exactly one face, in its place; judge landmarks 93ef97b829b9; 124 samples; seed 0; london.zip, all; none of it was trained on",
            ),
            Score(
                "found, 256 px, ±30°",
                115,
                "photos with exactly one face, in its place; judge landmarks 93ef97b829b9; 124 samples; seed 0; london.zip, all; none of it was trained on",
            ),
            Score(
                "found, 512 px, ±30°",
                99,
                "photos with exactly one face, in its place; judge landmarks 93ef97b829b9; 124 samples; seed 0; london.zip, all; none of it was trained on",
            ),
            Score(
                "found, 1024 px, ±30°",
                87,
                "photos with exactly one face, in its place; judge landmarks 93ef97b829b9; 124 samples; seed 0; london.zip, all; none of it was trained on",
            ),
        ),
        note="Finds upright and turned faces from about 24 pixels; knows photographs only.",
    ),
    Row(
        name="landmarks",
        kind="landmarks",
        file="landmarks.safetensors",
        sha256="93ef97b829b9d46e342f17488cd0850b78ba4a5d1264799ca9459fa2129602d5",
        bytes=1580766,
        licence="MIT",
        data="sfhq.zip, pictures 00000–01584 (SFHQ, D. Beniaguev), and sfhq_landmarks68.npz",
        kimg=110,
        scores=(
            Score(
                "nme",
                0.0904,
                "200 kept-out pictures of sfhq.zip, moved and spoilt; seed 1; share of the distance of the eyes",
            ),
            Score(
                "nme pupils",
                0.0697,
                "200 kept-out pictures of sfhq.zip, moved and spoilt; seed 1; share of the distance of the eyes",
            ),
            Score(
                "within 4 %, as they are, upright",
                19,
                "photos with both eyes within 4%; judge landmarks 93ef97b829b9; 49 samples; seed None; london.zip, all; none of it was trained on",
            ),
            Score(
                "eyes, mean %, as they are, upright",
                4.141,
                "mean error in % of the distance of the eyes, hand-placed pupils; judge landmarks 93ef97b829b9; 49 samples; seed None; london.zip, all; none of it was trained on",
            ),
            Score(
                "eyes, worst %, as they are, upright",
                7.415,
                "worst eye in % of the distance of the eyes, hand-placed pupils; judge landmarks 93ef97b829b9; 49 samples; seed None; london.zip, all; none of it was trained on",
            ),
            Score(
                "outline, mean %, as they are, upright",
                4.331,
                "mean error of the middles of the eyes' outlines in % of the distance of the eyes, hand-placed pupils; judge landmarks 93ef97b829b9; 49 samples; seed None; london.zip, all; none of it was trained on",
            ),
            Score(
                "within 4 %, 128 px, upright",
                28,
                "photos with both eyes within 4%; judge landmarks 93ef97b829b9; 62 samples; seed None; london.zip, all; none of it was trained on",
            ),
            Score(
                "eyes, mean %, 128 px, upright",
                4.133,
                "mean error in % of the distance of the eyes, hand-placed pupils; judge landmarks 93ef97b829b9; 62 samples; seed None; london.zip, all; none of it was trained on",
            ),
            Score(
                "eyes, worst %, 128 px, upright",
                7.331,
                "worst eye in % of the distance of the eyes, hand-placed pupils; judge landmarks 93ef97b829b9; 62 samples; seed None; london.zip, all; none of it was trained on",
            ),
            Score(
                "outline, mean %, 128 px, upright",
                4.346,
                "mean error of the middles of the eyes' outlines in % of the distance of the eyes, hand-placed pupils; judge landmarks 93ef97b829b9; 62 samples; seed None; london.zip, all; none of it was trained on",
            ),
            Score(
                "within 4 %, 256 px, upright",
                21,
                "photos with both eyes within 4%; judge landmarks 93ef97b829b9; 60 samples; seed None; london.zip, all; none of it was trained on",
            ),
            Score(
                "eyes, mean %, 256 px, upright",
                4.22,
                "mean error in % of the distance of the eyes, hand-placed pupils; judge landmarks 93ef97b829b9; 60 samples; seed None; london.zip, all; none of it was trained on",
            ),
            Score(
                "eyes, worst %, 256 px, upright",
                8.162,
                "worst eye in % of the distance of the eyes, hand-placed pupils; judge landmarks 93ef97b829b9; 60 samples; seed None; london.zip, all; none of it was trained on",
            ),
            Score(
                "outline, mean %, 256 px, upright",
                4.405,
                "mean error of the middles of the eyes' outlines in % of the distance of the eyes, hand-placed pupils; judge landmarks 93ef97b829b9; 60 samples; seed None; london.zip, all; none of it was trained on",
            ),
            Score(
                "within 4 %, 512 px, upright",
                17,
                "photos with both eyes within 4%; judge landmarks 93ef97b829b9; 48 samples; seed None; london.zip, all; none of it was trained on",
            ),
            Score(
                "eyes, mean %, 512 px, upright",
                4.281,
                "mean error in % of the distance of the eyes, hand-placed pupils; judge landmarks 93ef97b829b9; 48 samples; seed None; london.zip, all; none of it was trained on",
            ),
            Score(
                "eyes, worst %, 512 px, upright",
                8.064,
                "worst eye in % of the distance of the eyes, hand-placed pupils; judge landmarks 93ef97b829b9; 48 samples; seed None; london.zip, all; none of it was trained on",
            ),
            Score(
                "outline, mean %, 512 px, upright",
                4.49,
                "mean error of the middles of the eyes' outlines in % of the distance of the eyes, hand-placed pupils; judge landmarks 93ef97b829b9; 48 samples; seed None; london.zip, all; none of it was trained on",
            ),
            Score(
                "within 4 %, 1024 px, upright",
                17,
                "photos with both eyes within 4%; judge landmarks 93ef97b829b9; 44 samples; seed None; london.zip, all; none of it was trained on",
            ),
            Score(
                "eyes, mean %, 1024 px, upright",
                4.142,
                "mean error in % of the distance of the eyes, hand-placed pupils; judge landmarks 93ef97b829b9; 44 samples; seed None; london.zip, all; none of it was trained on",
            ),
            Score(
                "eyes, worst %, 1024 px, upright",
                7.539,
                "worst eye in % of the distance of the eyes, hand-placed pupils; judge landmarks 93ef97b829b9; 44 samples; seed None; london.zip, all; none of it was trained on",
            ),
            Score(
                "outline, mean %, 1024 px, upright",
                4.334,
                "mean error of the middles of the eyes' outlines in % of the distance of the eyes, hand-placed pupils; judge landmarks 93ef97b829b9; 44 samples; seed None; london.zip, all; none of it was trained on",
            ),
            Score(
                "within 4 %, 128 px, ±30°",
                27,
                "photos with both eyes within 4%; judge landmarks 93ef97b829b9; 62 samples; seed 0; london.zip, all; none of it was trained on",
            ),
            Score(
                "eyes, mean %, 128 px, ±30°",
                4.17,
                "mean error in % of the distance of the eyes, hand-placed pupils; judge landmarks 93ef97b829b9; 62 samples; seed 0; london.zip, all; none of it was trained on",
            ),
            Score(
                "eyes, worst %, 128 px, ±30°",
                7.963,
                "worst eye in % of the distance of the eyes, hand-placed pupils; judge landmarks 93ef97b829b9; 62 samples; seed 0; london.zip, all; none of it was trained on",
            ),
            Score(
                "outline, mean %, 128 px, ±30°",
                4.374,
                "mean error of the middles of the eyes' outlines in % of the distance of the eyes, hand-placed pupils; judge landmarks 93ef97b829b9; 62 samples; seed 0; london.zip, all; none of it was trained on",
            ),
            Score(
                "within 4 %, 256 px, ±30°",
                23,
                "photos with both eyes within 4%; judge landmarks 93ef97b829b9; 59 samples; seed 0; london.zip, all; none of it was trained on",
            ),
            Score(
                "eyes, mean %, 256 px, ±30°",
                4.195,
                "mean error in % of the distance of the eyes, hand-placed pupils; judge landmarks 93ef97b829b9; 59 samples; seed 0; london.zip, all; none of it was trained on",
            ),
            Score(
                "eyes, worst %, 256 px, ±30°",
                7.935,
                "worst eye in % of the distance of the eyes, hand-placed pupils; judge landmarks 93ef97b829b9; 59 samples; seed 0; london.zip, all; none of it was trained on",
            ),
            Score(
                "outline, mean %, 256 px, ±30°",
                4.386,
                "mean error of the middles of the eyes' outlines in % of the distance of the eyes, hand-placed pupils; judge landmarks 93ef97b829b9; 59 samples; seed 0; london.zip, all; none of it was trained on",
            ),
            Score(
                "within 4 %, 512 px, ±30°",
                18,
                "photos with both eyes within 4%; judge landmarks 93ef97b829b9; 47 samples; seed 0; london.zip, all; none of it was trained on",
            ),
            Score(
                "eyes, mean %, 512 px, ±30°",
                4.139,
                "mean error in % of the distance of the eyes, hand-placed pupils; judge landmarks 93ef97b829b9; 47 samples; seed 0; london.zip, all; none of it was trained on",
            ),
            Score(
                "eyes, worst %, 512 px, ±30°",
                7.92,
                "worst eye in % of the distance of the eyes, hand-placed pupils; judge landmarks 93ef97b829b9; 47 samples; seed 0; london.zip, all; none of it was trained on",
            ),
            Score(
                "outline, mean %, 512 px, ±30°",
                4.348,
                "mean error of the middles of the eyes' outlines in % of the distance of the eyes, hand-placed pupils; judge landmarks 93ef97b829b9; 47 samples; seed 0; london.zip, all; none of it was trained on",
            ),
            Score(
                "within 4 %, 1024 px, ±30°",
                13,
                "photos with both eyes within 4%; judge landmarks 93ef97b829b9; 45 samples; seed 0; london.zip, all; none of it was trained on",
            ),
            Score(
                "eyes, mean %, 1024 px, ±30°",
                4.374,
                "mean error in % of the distance of the eyes, hand-placed pupils; judge landmarks 93ef97b829b9; 45 samples; seed 0; london.zip, all; none of it was trained on",
            ),
            Score(
                "eyes, worst %, 1024 px, ±30°",
                7.917,
                "worst eye in % of the distance of the eyes, hand-placed pupils; judge landmarks 93ef97b829b9; 45 samples; seed 0; london.zip, all; none of it was trained on",
            ),
            Score(
                "outline, mean %, 1024 px, ±30°",
                4.579,
                "mean error of the middles of the eyes' outlines in % of the distance of the eyes, hand-placed pupils; judge landmarks 93ef97b829b9; 45 samples; seed 0; london.zip, all; none of it was trained on",
            ),
        ),
        note="68 points; its labels are from a small detector, about 3 pixels of 256 off. Weak on profiles.",
    ),
)
"""Detector and landmarks."""
