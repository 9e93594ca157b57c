"""Rows of text to face: the generator, its ways from sentences, the two judges of attributes."""

from __future__ import annotations

from mien.hub.row import Row, Score

ROWS: tuple[Row, ...] = (
    Row(
        name="portraits",
        kind="stylegan2-generator",
        file="portraits.safetensors",
        sha256="18ef9b7c0d94125682497dccd76b2b6b6bf72e0182f43874e0ae93130aff3a5c",
        bytes=6675842,
        licence="MIT",
        data="sfhq.zip, pictures 00000–01584 (SFHQ, D. Beniaguev), and sfhq_labels.tsv",
        paper="Karras et al. 2020 (StyleGAN2, ADA)",
        kimg=76,
        resolution=128,
        scores=(
            Score(
                "FD-judge",
                8.9026,
                "Fréchet distance; judge judge d969e36fb835; 1000 samples against 200; seed 0; sfhq.zip, part 'kept-out'",
            ),
            Score(
                "KD-judge",
                0.0274,
                "kernel distance, unbiased, cubic; judge judge d969e36fb835; 1000 samples against 200; seed 0; sfhq.zip, part 'kept-out'",
            ),
            Score(
                "diversity",
                7.9678,
                "mean pairwise distance of features, first 200 pictures; judge judge d969e36fb835; 1000 samples; seed 0; sfhq.zip, part 'kept-out'",
            ),
            Score(
                "FD-judge at psi 0.7",
                14.604,
                "Fréchet distance; judge judge d969e36fb835; 1000 samples against 200; seed 0; sfhq.zip, part 'kept-out'",
            ),
            Score(
                "KD-judge at psi 0.7",
                0.0713,
                "kernel distance, unbiased, cubic; judge judge d969e36fb835; 1000 samples against 200; seed 0; sfhq.zip, part 'kept-out'",
            ),
            Score(
                "diversity at psi 0.7",
                7.4076,
                "mean pairwise distance of features, first 200 pictures; judge judge d969e36fb835; 1000 samples; seed 0; sfhq.zip, part 'kept-out'",
            ),
        ),
        note="Small and young: 128×128, paints rather than photographs; rare attributes are weak. Conditional on partial attribute labels.",
    ),
    Row(
        name="portraits-directions",
        kind="text-directions",
        file="portraits-directions.safetensors",
        sha256="1d7ce85d2a0749b87f8cb949eeccc0f643064ba6e1c6f5800bd20d0ae1d9b86b",
        bytes=211296,
        licence="MIT",
        data="samples of portraits, read by teacher; sfhq.zip, pictures 00000–01584 (SFHQ, D. Beniaguev), and sfhq_labels.tsv",
        paper="Sabae et al. 2022 (StyleT2F)",
        scores=(
            Score(
                "agreement",
                0.2899,
                "agreement with the true labels of the columns that a sentence states, mean of ('gender', 'glasses', 'facial_hair', 'hair_color', 'expression', 'headwear'); judge judge d969e36fb835; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "coarse",
                0.3232,
                "agreement with the true labels of the columns that a sentence states, mean of ('gender', 'glasses', 'facial_hair', 'hair_color', 'expression', 'headwear'), coarse groups of values; judge judge d969e36fb835; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "all labels",
                0.7005,
                "agreement with all true labels, stated or not, mean of ('gender', 'glasses', 'facial_hair', 'hair_color', 'expression', 'headwear'); judge judge d969e36fb835; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "FSD",
                0.9077,
                "FSD, mean distance of unit features of generated and true face; judge judge d969e36fb835; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "FSS",
                0.575,
                "FSS, mean cosine of features of generated and true face; judge judge d969e36fb835; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "FD-judge",
                35.1667,
                "Fréchet distance; judge judge d969e36fb835; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "diversity",
                0.405,
                "perceptual diversity of 8 faces a sentence over that of 8 random faces at psi 0.7, 24 sentences; judge judge d969e36fb835; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
        ),
        note="Belongs to portraits.",
    ),
    Row(
        name="portraits-mapper",
        kind="text-mapper",
        file="portraits-mapper.safetensors",
        sha256="5353d4ba19b8b51e26c60e43c13107a9b9b505bec592e7d8fb3b634d4981fa9f",
        bytes=7100760,
        licence="MIT",
        data="samples of portraits, read by teacher; sfhq.zip, pictures 00000–01584 (SFHQ, D. Beniaguev), and sfhq_labels.tsv",
        paper="Ayanthi & Munasinghe 2022",
        scores=(
            Score(
                "agreement",
                0.3519,
                "agreement with the true labels of the columns that a sentence states, mean of ('gender', 'glasses', 'facial_hair', 'hair_color', 'expression', 'headwear'); judge judge d969e36fb835; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "coarse",
                0.3769,
                "agreement with the true labels of the columns that a sentence states, mean of ('gender', 'glasses', 'facial_hair', 'hair_color', 'expression', 'headwear'), coarse groups of values; judge judge d969e36fb835; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "all labels",
                0.7432,
                "agreement with all true labels, stated or not, mean of ('gender', 'glasses', 'facial_hair', 'hair_color', 'expression', 'headwear'); judge judge d969e36fb835; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "FSD",
                0.7623,
                "FSD, mean distance of unit features of generated and true face; judge judge d969e36fb835; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "FSS",
                0.6971,
                "FSS, mean cosine of features of generated and true face; judge judge d969e36fb835; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "FD-judge",
                14.4318,
                "Fréchet distance; judge judge d969e36fb835; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "diversity",
                0.6103,
                "perceptual diversity of 8 faces a sentence over that of 8 random faces at psi 0.7, 24 sentences; judge judge d969e36fb835; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
        ),
        note="Belongs to portraits.",
    ),
    Row(
        name="portraits-prior",
        kind="text-prior",
        file="portraits-prior.safetensors",
        sha256="bc5f9e27d7d2e93b109f54b868372e7bd6d18141a25f993467d52a74e2697141",
        bytes=3655728,
        licence="MIT",
        data="samples of portraits, read by teacher; sfhq.zip, pictures 00000–01584 (SFHQ, D. Beniaguev), and sfhq_labels.tsv",
        paper="after Pinkney & Li 2022 (clip2latent)",
        scores=(
            Score(
                "agreement",
                0.3165,
                "agreement with the true labels of the columns that a sentence states, mean of ('gender', 'glasses', 'facial_hair', 'hair_color', 'expression', 'headwear'); judge judge d969e36fb835; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "coarse",
                0.3813,
                "agreement with the true labels of the columns that a sentence states, mean of ('gender', 'glasses', 'facial_hair', 'hair_color', 'expression', 'headwear'), coarse groups of values; judge judge d969e36fb835; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "all labels",
                0.7162,
                "agreement with all true labels, stated or not, mean of ('gender', 'glasses', 'facial_hair', 'hair_color', 'expression', 'headwear'); judge judge d969e36fb835; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "FSD",
                0.819,
                "FSD, mean distance of unit features of generated and true face; judge judge d969e36fb835; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "FSS",
                0.6521,
                "FSS, mean cosine of features of generated and true face; judge judge d969e36fb835; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "FD-judge",
                9.1614,
                "Fréchet distance; judge judge d969e36fb835; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
            ),
            Score(
                "diversity",
                0.9814,
                "perceptual diversity of 8 faces a sentence over that of 8 random faces at psi 0.7, 24 sentences; judge judge d969e36fb835; 400 samples against 200; seed 0; sfhq.zip, part 'kept-out', written sentences",
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
        paper="",
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
        note="Read attributes off generated faces while portraits and its ways from sentences were trained.",
    ),
    Row(
        name="judge",
        kind="tagger",
        file="judge.safetensors",
        sha256="d969e36fb83519a9e49b6aebda0a6e4bfc4bf2c64b6559ea6de6e608c3d0af61",
        bytes=2503080,
        licence="MIT",
        data="sfhq.zip, pictures 00000–01584 (SFHQ, D. Beniaguev), and sfhq_labels.tsv, without every fifth",
        paper="",
        kimg=30,
        resolution=96,
        scores=(
            Score(
                "accuracy gender",
                0.868,
                "182 kept-out pictures 01585–01784; majority guess 0.582, balanced accuracy 0.874",
            ),
            Score(
                "accuracy age",
                0.64,
                "200 kept-out pictures 01585–01784; majority guess 0.480, balanced accuracy 0.541",
            ),
            Score(
                "accuracy skin",
                0.735,
                "200 kept-out pictures 01585–01784; majority guess 0.555, balanced accuracy 0.608",
            ),
            Score(
                "accuracy hair_color",
                0.58,
                "200 kept-out pictures 01585–01784; majority guess 0.405, balanced accuracy 0.410",
            ),
            Score(
                "accuracy hair_length",
                0.69,
                "200 kept-out pictures 01585–01784; majority guess 0.570, balanced accuracy 0.423",
            ),
            Score(
                "accuracy hair_texture",
                0.515,
                "200 kept-out pictures 01585–01784; majority guess 0.520, balanced accuracy 0.245",
            ),
            Score(
                "accuracy bangs",
                0.865,
                "200 kept-out pictures 01585–01784; majority guess 0.800, balanced accuracy 0.766",
            ),
            Score(
                "accuracy facial_hair",
                0.815,
                "200 kept-out pictures 01585–01784; majority guess 0.780, balanced accuracy 0.332",
            ),
            Score(
                "accuracy glasses",
                0.93,
                "200 kept-out pictures 01585–01784; majority guess 0.895, balanced accuracy 0.577",
            ),
            Score(
                "accuracy headwear",
                0.915,
                "200 kept-out pictures 01585–01784; majority guess 0.880, balanced accuracy 0.288",
            ),
            Score(
                "accuracy expression",
                0.685,
                "200 kept-out pictures 01585–01784; majority guess 0.625, balanced accuracy 0.235",
            ),
            Score(
                "accuracy mouth",
                0.78,
                "200 kept-out pictures 01585–01784; majority guess 0.760, balanced accuracy 0.613",
            ),
            Score(
                "accuracy eyes",
                0.945,
                "200 kept-out pictures 01585–01784; majority guess 0.945, balanced accuracy 0.500",
            ),
            Score(
                "accuracy makeup",
                0.895,
                "200 kept-out pictures 01585–01784; majority guess 0.870, balanced accuracy 0.809",
            ),
            Score(
                "accuracy earrings",
                0.855,
                "200 kept-out pictures 01585–01784; majority guess 0.835, balanced accuracy 0.609",
            ),
            Score(
                "accuracy pose",
                0.84,
                "200 kept-out pictures 01585–01784; majority guess 0.765, balanced accuracy 0.426",
            ),
        ),
        note="Measures; it taught nothing. Its features are the Fréchet judge.",
    ),
)
"""What "Describe a face" ships."""
