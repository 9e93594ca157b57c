"""Rows of text to face: the generator, its ways from sentences, the two judges of attributes."""

from __future__ import annotations

from mien.hub.row import Row, Score

ROWS: tuple[Row, ...] = (
    Row(
        name="portraits",
        kind="stylegan2-generator",
        file="portraits.safetensors",
        sha256="2ca4308936c8c5a7ee487c9ceb83895d920c1dedbf3828ec86e939139fada168",
        bytes=6675890,
        licence="MIT",
        data="sfhq.zip, pictures 00000–01584 (SFHQ, D. Beniaguev), and sfhq_labels.tsv",
        paper="Karras et al. 2020 (StyleGAN2, ADA); Sauer et al. 2021 (a critic of features)",
        kimg=130.0,
        resolution=128,
        scores=(
            Score(
                "FD-judge",
                10.7557,
                "Fréchet distance; judge judge f51cad5bf73c; 1000 samples against 200; seed 0; sfhq.zip, part 'kept-out'",
            ),
            Score(
                "KD-judge",
                0.0257,
                "kernel distance, unbiased, cubic; judge judge f51cad5bf73c; 1000 samples against 200; seed 0; sfhq.zip, part 'kept-out'",
            ),
            Score(
                "diversity",
                8.0746,
                "mean pairwise distance of features, first 200 pictures; judge judge f51cad5bf73c; 1000 samples; seed 0; sfhq.zip, part 'kept-out'",
            ),
            Score(
                "FD-judge at psi 0.7",
                16.8095,
                "Fréchet distance; judge judge f51cad5bf73c; 1000 samples against 200; seed 0; sfhq.zip, part 'kept-out'",
            ),
            Score(
                "KD-judge at psi 0.7",
                0.0743,
                "kernel distance, unbiased, cubic; judge judge f51cad5bf73c; 1000 samples against 200; seed 0; sfhq.zip, part 'kept-out'",
            ),
            Score(
                "diversity at psi 0.7",
                7.5181,
                "mean pairwise distance of features, first 200 pictures; judge judge f51cad5bf73c; 1000 samples; seed 0; sfhq.zip, part 'kept-out'",
            ),
            Score(
                "agreement of labels, refined: agreement",
                0.7674,
                "agreement with the true labels of the columns that a sentence states, mean of ('gender', 'glasses', 'facial_hair', 'hair_color', 'expression', 'headwear'); judge judge f51cad5bf73c; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "agreement of labels, refined: coarse",
                0.8235,
                "agreement with the true labels of the columns that a sentence states, mean of ('gender', 'glasses', 'facial_hair', 'hair_color', 'expression', 'headwear'), coarse groups of values; judge judge f51cad5bf73c; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "agreement of labels, refined: all labels",
                0.8451,
                "agreement with all true labels, stated or not, mean of ('gender', 'glasses', 'facial_hair', 'hair_color', 'expression', 'headwear'); judge judge f51cad5bf73c; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "agreement of labels, refined: FSD",
                0.6942,
                "FSD, mean distance of unit features of generated and true face; judge judge f51cad5bf73c; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "agreement of labels, refined: FSS",
                0.7517,
                "FSS, mean cosine of features of generated and true face; judge judge f51cad5bf73c; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "agreement of labels, refined: FD-judge",
                7.8012,
                "Fréchet distance; judge judge f51cad5bf73c; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "agreement of labels, refined: diversity",
                0.805,
                "perceptual diversity of 8 faces a sentence over that of 8 random faces at psi 0.7, 24 sentences; judge judge f51cad5bf73c; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
        ),
        note="Young: people rather than paintings, but skin and hair are still drawn in strokes, and rare attributes (hats, glasses) are weak. Conditional on partial attribute labels.",
    ),
    Row(
        name="portraits-directions",
        kind="text-directions",
        file="portraits-directions.safetensors",
        sha256="5e1aab17dec23b3a9281ef51e72b6a576471679924843bdbc700b99dbc043381",
        bytes=211288,
        licence="MIT",
        data="samples of portraits, read by teacher; sfhq.zip, pictures 00000–01584 (SFHQ, D. Beniaguev), and sfhq_labels.tsv",
        paper="Sabae et al. 2022 (StyleT2F)",
        scores=(
            Score(
                "agreement",
                0.4065,
                "agreement with the true labels of the columns that a sentence states, mean of ('gender', 'glasses', 'facial_hair', 'hair_color', 'expression', 'headwear'); judge judge f51cad5bf73c; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "coarse",
                0.4503,
                "agreement with the true labels of the columns that a sentence states, mean of ('gender', 'glasses', 'facial_hair', 'hair_color', 'expression', 'headwear'), coarse groups of values; judge judge f51cad5bf73c; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "all labels",
                0.7174,
                "agreement with all true labels, stated or not, mean of ('gender', 'glasses', 'facial_hair', 'hair_color', 'expression', 'headwear'); judge judge f51cad5bf73c; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "FSD",
                0.8564,
                "FSD, mean distance of unit features of generated and true face; judge judge f51cad5bf73c; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "FSS",
                0.624,
                "FSS, mean cosine of features of generated and true face; judge judge f51cad5bf73c; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "FD-judge",
                19.3154,
                "Fréchet distance; judge judge f51cad5bf73c; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "diversity",
                0.5855,
                "perceptual diversity of 8 faces a sentence over that of 8 random faces at psi 0.7, 24 sentences; judge judge f51cad5bf73c; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
        ),
        note="Belongs to portraits.",
    ),
    Row(
        name="portraits-mapper",
        kind="text-mapper",
        file="portraits-mapper.safetensors",
        sha256="a230f13bcf373cd5ae24c673b7138c8a42bdd27af89af0cbc2d1950b4052f267",
        bytes=7100760,
        licence="MIT",
        data="samples of portraits, read by teacher; sfhq.zip, pictures 00000–01584 (SFHQ, D. Beniaguev), and sfhq_labels.tsv",
        paper="Ayanthi & Munasinghe 2022",
        scores=(
            Score(
                "agreement",
                0.3585,
                "agreement with the true labels of the columns that a sentence states, mean of ('gender', 'glasses', 'facial_hair', 'hair_color', 'expression', 'headwear'); judge judge f51cad5bf73c; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "coarse",
                0.4721,
                "agreement with the true labels of the columns that a sentence states, mean of ('gender', 'glasses', 'facial_hair', 'hair_color', 'expression', 'headwear'), coarse groups of values; judge judge f51cad5bf73c; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "all labels",
                0.7291,
                "agreement with all true labels, stated or not, mean of ('gender', 'glasses', 'facial_hair', 'hair_color', 'expression', 'headwear'); judge judge f51cad5bf73c; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "FSD",
                0.8133,
                "FSD, mean distance of unit features of generated and true face; judge judge f51cad5bf73c; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "FSS",
                0.6594,
                "FSS, mean cosine of features of generated and true face; judge judge f51cad5bf73c; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "FD-judge",
                18.8428,
                "Fréchet distance; judge judge f51cad5bf73c; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "diversity",
                0.6115,
                "perceptual diversity of 8 faces a sentence over that of 8 random faces at psi 0.7, 24 sentences; judge judge f51cad5bf73c; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
        ),
        note="Belongs to portraits.",
    ),
    Row(
        name="portraits-prior",
        kind="text-prior",
        file="portraits-prior.safetensors",
        sha256="244eec6bc76728ecb1d5895ac4155c995ad312a4feb903e53bbe6dd26271c330",
        bytes=3655720,
        licence="MIT",
        data="samples of portraits, read by teacher; sfhq.zip, pictures 00000–01584 (SFHQ, D. Beniaguev), and sfhq_labels.tsv",
        paper="after Pinkney & Li 2022 (clip2latent)",
        scores=(
            Score(
                "agreement",
                0.3561,
                "agreement with the true labels of the columns that a sentence states, mean of ('gender', 'glasses', 'facial_hair', 'hair_color', 'expression', 'headwear'); judge judge f51cad5bf73c; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "coarse",
                0.4383,
                "agreement with the true labels of the columns that a sentence states, mean of ('gender', 'glasses', 'facial_hair', 'hair_color', 'expression', 'headwear'), coarse groups of values; judge judge f51cad5bf73c; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "all labels",
                0.6874,
                "agreement with all true labels, stated or not, mean of ('gender', 'glasses', 'facial_hair', 'hair_color', 'expression', 'headwear'); judge judge f51cad5bf73c; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "FSD",
                0.8579,
                "FSD, mean distance of unit features of generated and true face; judge judge f51cad5bf73c; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "FSS",
                0.6232,
                "FSS, mean cosine of features of generated and true face; judge judge f51cad5bf73c; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "FD-judge",
                12.2988,
                "Fréchet distance; judge judge f51cad5bf73c; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "diversity",
                0.989,
                "perceptual diversity of 8 faces a sentence over that of 8 random faces at psi 0.7, 24 sentences; judge judge f51cad5bf73c; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
        ),
        note="Belongs to portraits.",
    ),
    Row(
        name="teacher",
        kind="tagger",
        file="teacher.safetensors",
        sha256="f99ace6608c58959ce8d15ac49ea7a7755468897b9508a502cc510ea32e9f54b",
        bytes=2503056,
        licence="MIT",
        data="sfhq.zip, pictures 00000–01584 (SFHQ, D. Beniaguev), and sfhq_labels.tsv",
        kimg=40,
        resolution=96,
        scores=(
            Score(
                "accuracy age",
                0.66,
                "200 kept-out pictures 01585–01784; majority guess 0.480, balanced accuracy 0.550",
            ),
            Score(
                "accuracy bangs",
                0.86,
                "200 kept-out pictures 01585–01784; majority guess 0.800, balanced accuracy 0.734",
            ),
            Score(
                "accuracy earrings",
                0.855,
                "200 kept-out pictures 01585–01784; majority guess 0.835, balanced accuracy 0.658",
            ),
            Score(
                "accuracy expression",
                0.69,
                "200 kept-out pictures 01585–01784; majority guess 0.625, balanced accuracy 0.250",
            ),
            Score(
                "accuracy eyes",
                0.945,
                "200 kept-out pictures 01585–01784; majority guess 0.945, balanced accuracy 0.500",
            ),
            Score(
                "accuracy facial_hair",
                0.835,
                "200 kept-out pictures 01585–01784; majority guess 0.780, balanced accuracy 0.362",
            ),
            Score(
                "accuracy gender",
                0.874,
                "182 kept-out pictures 01585–01784; majority guess 0.582, balanced accuracy 0.882",
            ),
            Score(
                "accuracy glasses",
                0.95,
                "200 kept-out pictures 01585–01784; majority guess 0.895, balanced accuracy 0.783",
            ),
            Score(
                "accuracy hair_color",
                0.64,
                "200 kept-out pictures 01585–01784; majority guess 0.405, balanced accuracy 0.433",
            ),
            Score(
                "accuracy hair_length",
                0.745,
                "200 kept-out pictures 01585–01784; majority guess 0.570, balanced accuracy 0.465",
            ),
            Score(
                "accuracy hair_texture",
                0.51,
                "200 kept-out pictures 01585–01784; majority guess 0.520, balanced accuracy 0.288",
            ),
            Score(
                "accuracy headwear",
                0.94,
                "200 kept-out pictures 01585–01784; majority guess 0.880, balanced accuracy 0.352",
            ),
            Score(
                "accuracy makeup",
                0.895,
                "200 kept-out pictures 01585–01784; majority guess 0.870, balanced accuracy 0.792",
            ),
            Score(
                "accuracy mouth",
                0.835,
                "200 kept-out pictures 01585–01784; majority guess 0.760, balanced accuracy 0.720",
            ),
            Score(
                "accuracy pose",
                0.855,
                "200 kept-out pictures 01585–01784; majority guess 0.765, balanced accuracy 0.468",
            ),
            Score(
                "accuracy skin",
                0.745,
                "200 kept-out pictures 01585–01784; majority guess 0.555, balanced accuracy 0.664",
            ),
        ),
        note="Read attributes off generated faces, and its features were criticised, while portraits and its ways from sentences were trained; refines described faces.",
    ),
    Row(
        name="judge",
        kind="tagger",
        file="judge.safetensors",
        sha256="f51cad5bf73c735aee4ce6e8e344e90a311fcbcef16bff4e4ca8c3f8136d29ab",
        bytes=2503096,
        licence="non-commercial research (CelebA took part)",
        data="sfhq.zip, pictures 00000–01584 (SFHQ, D. Beniaguev), and sfhq_labels.tsv, without every fifth; celeba.zip (Liu et al. 2015), 9,000 faces",
        kimg=130,
        resolution=96,
        scores=(
            Score(
                "accuracy age",
                0.725,
                "200 kept-out pictures 01585–01784; majority guess 0.480, balanced accuracy 0.634",
            ),
            Score(
                "accuracy bangs",
                0.88,
                "200 kept-out pictures 01585–01784; majority guess 0.800, balanced accuracy 0.784",
            ),
            Score(
                "accuracy earrings",
                0.84,
                "200 kept-out pictures 01585–01784; majority guess 0.835, balanced accuracy 0.612",
            ),
            Score(
                "accuracy expression",
                0.735,
                "200 kept-out pictures 01585–01784; majority guess 0.625, balanced accuracy 0.428",
            ),
            Score(
                "accuracy eyes",
                0.95,
                "200 kept-out pictures 01585–01784; majority guess 0.945, balanced accuracy 0.631",
            ),
            Score(
                "accuracy facial_hair",
                0.84,
                "200 kept-out pictures 01585–01784; majority guess 0.780, balanced accuracy 0.395",
            ),
            Score(
                "accuracy gender",
                0.918,
                "182 kept-out pictures 01585–01784; majority guess 0.582, balanced accuracy 0.920",
            ),
            Score(
                "accuracy glasses",
                0.975,
                "200 kept-out pictures 01585–01784; majority guess 0.895, balanced accuracy 0.808",
            ),
            Score(
                "accuracy hair_color",
                0.645,
                "200 kept-out pictures 01585–01784; majority guess 0.405, balanced accuracy 0.467",
            ),
            Score(
                "accuracy hair_length",
                0.755,
                "200 kept-out pictures 01585–01784; majority guess 0.570, balanced accuracy 0.527",
            ),
            Score(
                "accuracy hair_texture",
                0.63,
                "200 kept-out pictures 01585–01784; majority guess 0.520, balanced accuracy 0.436",
            ),
            Score(
                "accuracy headwear",
                0.93,
                "200 kept-out pictures 01585–01784; majority guess 0.880, balanced accuracy 0.339",
            ),
            Score(
                "accuracy makeup",
                0.93,
                "200 kept-out pictures 01585–01784; majority guess 0.870, balanced accuracy 0.911",
            ),
            Score(
                "accuracy mouth",
                0.875,
                "200 kept-out pictures 01585–01784; majority guess 0.760, balanced accuracy 0.775",
            ),
            Score(
                "accuracy pose",
                0.87,
                "200 kept-out pictures 01585–01784; majority guess 0.765, balanced accuracy 0.552",
            ),
            Score(
                "accuracy skin",
                0.71,
                "200 kept-out pictures 01585–01784; majority guess 0.555, balanced accuracy 0.643",
            ),
        ),
        note="Measures; it taught nothing. Its features are the Fréchet judge. Half of its training pictures were CelebA, which is for non-commercial research.",
    ),
)
"""What "Describe a face" ships."""
