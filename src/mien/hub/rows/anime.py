"""Rows of selfie to anime."""

from __future__ import annotations

from mien.hub.row import Row, Score

ROWS: tuple[Row, ...] = (
    Row(
        name="anime",
        kind="gans-n-roses",
        file="anime.safetensors",
        sha256="e584e494c555831f4ad3492e76f5eeb0cd847767b2e0a7a38afd72e48bcb9456",
        bytes=11002630,
        licence="research only (selfie2anime)",
        data="selfie2anime.zip, trainA and trainB (Kim et al. 2020)",
        paper="Chong & Forsyth 2021 (GANs N' Roses), with the deviations of the cpu presets",
        kimg=112.7,
        resolution=128,
        scores=(
            Score(
                "FD-anime-judge",
                18.4599,
                "Fréchet distance, one style a face; judge anime-judge 96c9c522cafb; 100 samples against 100; seed 0; testA and testB of selfie2anime.zip",
            ),
            Score(
                "DFD-anime-judge",
                48.1221,
                "mean Fréchet distance over faces, 16 moved copies of each (strength 1), a random style each; judge anime-judge 96c9c522cafb; 100 samples against 100; seed 0; testA and testB of selfie2anime.zip",
            ),
            Score(
                "FD-anime-judge, 10 styles",
                14.9436,
                "Fréchet distance, 10 random styles a face; judge anime-judge 96c9c522cafb; 1000 samples against 100; seed 0; testA and testB of selfie2anime.zip",
            ),
            Score(
                "diversity-anime-judge",
                5.0025,
                "mean pairwise perceptual distance of 10 styles a face; judge anime-judge 96c9c522cafb; 100 samples; seed 0; testA and testB of selfie2anime.zip",
            ),
            Score(
                "diversity share",
                0.8506,
                "that, over the mean pairwise distance of 100 real anime faces; judge anime-judge 96c9c522cafb; 100 samples against 100; seed 0; testA and testB of selfie2anime.zip",
            ),
            Score(
                "landmark correlation",
                0.6515,
                "correlation of the motion of eyes, nose and mouth under 4 maps a face (strength 1), all coordinates together; judge landmarks 93ef97b829b9; 100 samples; seed 0; testA and testB of selfie2anime.zip",
            ),
            Score(
                "flow correlation",
                0.8404,
                "correlation of the motion of eyes, nose and mouth under 4 maps a face (strength 1), all coordinates together, read by optical flow; judge landmarks 93ef97b829b9; 100 samples; seed 0; testA and testB of selfie2anime.zip",
            ),
            Score(
                "FD-anime-judge, untranslated selfies",
                39.5585,
                "Fréchet distance, one style a face; judge anime-judge 96c9c522cafb; 100 samples against 100; seed 0; testA and testB of selfie2anime.zip",
            ),
            Score(
                "landmark correlation, untranslated selfies",
                0.9564,
                "correlation of the motion of eyes, nose and mouth under 4 maps a face (strength 1), all coordinates together; judge landmarks 93ef97b829b9; 100 samples; seed 0; testA and testB of selfie2anime.zip",
            ),
            Score(
                "flow correlation, untranslated selfies",
                0.9947,
                "correlation of the motion of eyes, nose and mouth under 4 maps a face (strength 1), all coordinates together, read by optical flow; judge landmarks 93ef97b829b9; 100 samples; seed 0; testA and testB of selfie2anime.zip",
            ),
            Score(
                "FD-anime-judge, real anime faces",
                15.2354,
                "Fréchet distance, one style a face; judge anime-judge 96c9c522cafb; 100 samples against 100; seed 0; testA and testB of selfie2anime.zip",
            ),
            Score(
                "landmark correlation, real anime faces",
                0.9539,
                "correlation of the motion of eyes, nose and mouth under 4 maps a face (strength 1), all coordinates together; judge landmarks 93ef97b829b9; 100 samples; seed 0; testA and testB of selfie2anime.zip",
            ),
            Score(
                "flow correlation, real anime faces",
                0.9989,
                "correlation of the motion of eyes, nose and mouth under 4 maps a face (strength 1), all coordinates together, read by optical flow; judge landmarks 93ef97b829b9; 100 samples; seed 0; testA and testB of selfie2anime.zip",
            ),
        ),
        note="Young: eyes are uneven now and then, hats and glasses are rare, and 128 pixels are few. What moves in the selfie moves in the drawing.",
    ),
    Row(
        name="anime-edits",
        kind="directions",
        file="anime-edits.safetensors",
        sha256="dbab1fffaae655d0bf70bac9caf7a1ccbf39ce5113531ae6d96e2d7d968342cf",
        bytes=36704,
        licence="research only (selfie2anime)",
        data="drawings of anime from the selfies of trainA, read by anime-teacher",
        paper="linear regression of tags on mapped styles (the thesis that steers GANs N' Roses)",
        scores=(
            Score(
                "re-scoring, open mouth/closed mouth",
                0.1154,
                "mean change of the judge's probability of each tag, strength 1 of the pair; judge anime-judge 96c9c522cafb; 300 samples; testA and testB of selfie2anime.zip, 3 styles a selfie, those that have the tag among them",
            ),
            Score(
                "re-scoring, closed mouth/open mouth",
                0.0395,
                "mean change of the judge's probability of each tag, strength 1 of the pair; judge anime-judge 96c9c522cafb; 300 samples; testA and testB of selfie2anime.zip, 3 styles a selfie, those that have the tag among them",
            ),
            Score(
                "re-scoring, blue hair/brown hair",
                0.5814,
                "mean change of the judge's probability of each tag, strength 1 of the pair; judge anime-judge 96c9c522cafb; 300 samples; testA and testB of selfie2anime.zip, 3 styles a selfie, those that have the tag among them",
            ),
            Score(
                "re-scoring, pink hair/brown hair",
                0.1997,
                "mean change of the judge's probability of each tag, strength 1 of the pair; judge anime-judge 96c9c522cafb; 300 samples; testA and testB of selfie2anime.zip, 3 styles a selfie, those that have the tag among them",
            ),
            Score(
                "re-scoring, purple hair/brown hair",
                0.4278,
                "mean change of the judge's probability of each tag, strength 1 of the pair; judge anime-judge 96c9c522cafb; 300 samples; testA and testB of selfie2anime.zip, 3 styles a selfie, those that have the tag among them",
            ),
            Score(
                "re-scoring, blonde hair/black hair",
                0.4921,
                "mean change of the judge's probability of each tag, strength 1 of the pair; judge anime-judge 96c9c522cafb; 300 samples; testA and testB of selfie2anime.zip, 3 styles a selfie, those that have the tag among them",
            ),
            Score(
                "re-scoring, black hair/blonde hair",
                0.3726,
                "mean change of the judge's probability of each tag, strength 1 of the pair; judge anime-judge 96c9c522cafb; 300 samples; testA and testB of selfie2anime.zip, 3 styles a selfie, those that have the tag among them",
            ),
            Score(
                "re-scoring, long hair/short hair",
                0.3125,
                "mean change of the judge's probability of each tag, strength 1 of the pair; judge anime-judge 96c9c522cafb; 300 samples; testA and testB of selfie2anime.zip, 3 styles a selfie, those that have the tag among them",
            ),
            Score(
                "re-scoring, short hair/long hair",
                0.3249,
                "mean change of the judge's probability of each tag, strength 1 of the pair; judge anime-judge 96c9c522cafb; 300 samples; testA and testB of selfie2anime.zip, 3 styles a selfie, those that have the tag among them",
            ),
            Score(
                "re-scoring, blue eyes/brown eyes",
                0.4856,
                "mean change of the judge's probability of each tag, strength 1 of the pair; judge anime-judge 96c9c522cafb; 300 samples; testA and testB of selfie2anime.zip, 3 styles a selfie, those that have the tag among them",
            ),
            Score(
                "re-scoring, green eyes/brown eyes",
                0.1701,
                "mean change of the judge's probability of each tag, strength 1 of the pair; judge anime-judge 96c9c522cafb; 300 samples; testA and testB of selfie2anime.zip, 3 styles a selfie, those that have the tag among them",
            ),
            Score(
                "re-scoring, red eyes/brown eyes",
                0.2312,
                "mean change of the judge's probability of each tag, strength 1 of the pair; judge anime-judge 96c9c522cafb; 300 samples; testA and testB of selfie2anime.zip, 3 styles a selfie, those that have the tag among them",
            ),
            Score(
                "re-scoring, mouth",
                0.0775,
                "mean change of the judge's probability of each tag, strength 1 of the pair; judge anime-judge 96c9c522cafb; 300 samples; testA and testB of selfie2anime.zip, 3 styles a selfie, those that have the tag among them; mean over the pairs",
            ),
            Score(
                "re-scoring, hair",
                0.3873,
                "mean change of the judge's probability of each tag, strength 1 of the pair; judge anime-judge 96c9c522cafb; 300 samples; testA and testB of selfie2anime.zip, 3 styles a selfie, those that have the tag among them; mean over the pairs",
            ),
            Score(
                "re-scoring, eyes",
                0.2956,
                "mean change of the judge's probability of each tag, strength 1 of the pair; judge anime-judge 96c9c522cafb; 300 samples; testA and testB of selfie2anime.zip, 3 styles a selfie, those that have the tag among them; mean over the pairs",
            ),
        ),
        note="Belongs to anime; another model is refused.",
    ),
    Row(
        name="anime-teacher",
        kind="tagger",
        file="anime-teacher.safetensors",
        sha256="283b217db7dc019448f0637c5bf5d10b2e5888f394fc5ca375a9df869b754912",
        bytes=1912346,
        licence="research only (selfie2anime)",
        data="selfie2anime.zip, trainB, but the last 200 rows of selfie2anime_tags.csv",
        kimg=40.0,
        resolution=96,
        scores=(
            Score(
                "accuracy hair_color",
                0.755,
                "200 kept-out faces, the last 200 rows of selfie2anime_tags.csv; majority guess 0.325, balanced accuracy 0.638",
            ),
            Score(
                "accuracy hair_length",
                0.645,
                "200 kept-out faces, the last 200 rows of selfie2anime_tags.csv; majority guess 0.450, balanced accuracy 0.593",
            ),
            Score(
                "accuracy hair_style",
                0.46,
                "200 kept-out faces, the last 200 rows of selfie2anime_tags.csv; majority guess 0.430, balanced accuracy 0.206",
            ),
            Score(
                "accuracy eye_color",
                0.585,
                "200 kept-out faces, the last 200 rows of selfie2anime_tags.csv; majority guess 0.330, balanced accuracy 0.337",
            ),
            Score(
                "accuracy mouth",
                0.825,
                "200 kept-out faces, the last 200 rows of selfie2anime_tags.csv; majority guess 0.800, balanced accuracy 0.600",
            ),
            Score(
                "accuracy eyes",
                0.955,
                "200 kept-out faces, the last 200 rows of selfie2anime_tags.csv; majority guess 0.950, balanced accuracy 0.441",
            ),
            Score(
                "accuracy expression",
                0.495,
                "200 kept-out faces, the last 200 rows of selfie2anime_tags.csv; majority guess 0.515, balanced accuracy 0.200",
            ),
            Score(
                "accuracy glasses",
                0.985,
                "200 kept-out faces, the last 200 rows of selfie2anime_tags.csv; majority guess 0.935, balanced accuracy 0.920",
            ),
            Score(
                "accuracy blush",
                0.845,
                "200 kept-out faces, the last 200 rows of selfie2anime_tags.csv; majority guess 0.845, balanced accuracy 0.645",
            ),
            Score(
                "accuracy headwear",
                0.76,
                "200 kept-out faces, the last 200 rows of selfie2anime_tags.csv; majority guess 0.715, balanced accuracy 0.669",
            ),
        ),
        note="Finds directions; took no part in the training of anime.",
    ),
    Row(
        name="anime-judge",
        kind="tagger",
        file="anime-judge.safetensors",
        sha256="96c9c522cafb26be73e958dda43b54c54f63ab817f7c299edcb6faba291213c5",
        bytes=1912346,
        licence="research only (selfie2anime)",
        data="selfie2anime.zip, trainB, but the last 200 rows of selfie2anime_tags.csv",
        kimg=40.0,
        resolution=96,
        scores=(
            Score(
                "accuracy hair_color",
                0.77,
                "200 kept-out faces, the last 200 rows of selfie2anime_tags.csv; majority guess 0.325, balanced accuracy 0.621",
            ),
            Score(
                "accuracy hair_length",
                0.66,
                "200 kept-out faces, the last 200 rows of selfie2anime_tags.csv; majority guess 0.450, balanced accuracy 0.615",
            ),
            Score(
                "accuracy hair_style",
                0.475,
                "200 kept-out faces, the last 200 rows of selfie2anime_tags.csv; majority guess 0.430, balanced accuracy 0.248",
            ),
            Score(
                "accuracy eye_color",
                0.655,
                "200 kept-out faces, the last 200 rows of selfie2anime_tags.csv; majority guess 0.330, balanced accuracy 0.504",
            ),
            Score(
                "accuracy mouth",
                0.83,
                "200 kept-out faces, the last 200 rows of selfie2anime_tags.csv; majority guess 0.800, balanced accuracy 0.631",
            ),
            Score(
                "accuracy eyes",
                0.955,
                "200 kept-out faces, the last 200 rows of selfie2anime_tags.csv; majority guess 0.950, balanced accuracy 0.737",
            ),
            Score(
                "accuracy expression",
                0.525,
                "200 kept-out faces, the last 200 rows of selfie2anime_tags.csv; majority guess 0.515, balanced accuracy 0.223",
            ),
            Score(
                "accuracy glasses",
                0.985,
                "200 kept-out faces, the last 200 rows of selfie2anime_tags.csv; majority guess 0.935, balanced accuracy 0.885",
            ),
            Score(
                "accuracy blush",
                0.835,
                "200 kept-out faces, the last 200 rows of selfie2anime_tags.csv; majority guess 0.845, balanced accuracy 0.718",
            ),
            Score(
                "accuracy headwear",
                0.805,
                "200 kept-out faces, the last 200 rows of selfie2anime_tags.csv; majority guess 0.715, balanced accuracy 0.721",
            ),
        ),
        note="Measures; other weights, seed and split than anime-teacher.",
    ),
)
"""The model, its directions, the tagger that found them and the one that measures."""
