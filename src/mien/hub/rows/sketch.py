"""Rows of photo and sketch."""

from __future__ import annotations

from mien.hub.row import Row, Score

ROWS: tuple[Row, ...] = (
    Row(
        name="photo-to-sketch",
        kind="translation-unet",
        file="photo-to-sketch.safetensors",
        sha256="23fdd57f6b074f1e24605e693ebef8c03880b8c1292625491ee0f1caa65ed8a9",
        bytes=8339942,
        licence="academic use only (CUHK)",
        data="cuhk.zip, the 120 people that are not kept out (CUHK face sketches, Wang & Tang 2009)",
        paper="Isola et al. 2017 (pix2pix)",
        kimg=4,
        resolution=256,
        scores=(
            Score(
                "MAE",
                0.0673,
                "mean absolute error of [0, 1]; judge none ; 30 samples against 30; cuhk.zip, part 'kept-out' of the honest split",
            ),
            Score(
                "SSIM",
                0.6715,
                "SSIM, gaussian 11x11, k1 0.01, k2 0.03, mean over channels; judge none ; 30 samples against 30; cuhk.zip, part 'kept-out' of the honest split",
            ),
            Score(
                "Keras accuracy",
                0.7185,
                "share of pixels whose strongest channel agrees; judge none ; 30 samples against 30; cuhk.zip, part 'kept-out' of the honest split",
            ),
            Score(
                "PSNR",
                18.6613,
                "PSNR in dB, mean over pictures; judge none ; 30 samples against 30; cuhk.zip, part 'kept-out' of the honest split",
            ),
            Score(
                "MS-SSIM",
                0.7968,
                "MS-SSIM, five scales; judge none ; 30 samples against 30; cuhk.zip, part 'kept-out' of the honest split",
            ),
            Score(
                "FD-judge",
                4.8126,
                "Fréchet distance, larger for fewer samples; judge judge f51cad5bf73c; 30 samples against 30; cuhk.zip, part 'kept-out' of the honest split",
            ),
            Score(
                "rank-1",
                0.3,
                "rank-1 of n people, translated faces against the true ones, chance 1/n; judge identity b37ff306dcfd; 30 samples against 30; cuhk.zip, part 'kept-out' of the honest split",
            ),
        ),
        note="pix2pix, 32 to 128 channels, honest split. For one frontal face a picture; the training set is small and of one place.",
    ),
    Row(
        name="sketch-to-photo",
        kind="translation-unet",
        file="sketch-to-photo.safetensors",
        sha256="f26bd036657b6cc80fd957d08bf3bc86fab8644ab34bf560cc56b8a004041803",
        bytes=8339990,
        licence="academic use only (CUHK)",
        data="cuhk.zip, the 120 people that are not kept out (CUHK face sketches, Wang & Tang 2009); pencil drawings computed from sfhq.zip (SFHQ, D. Beniaguev); a judge of identity trained on the same faces",
        paper="Isola et al. 2017 (pix2pix)",
        kimg=12,
        resolution=256,
        scores=(
            Score(
                "MAE",
                0.1027,
                "mean absolute error of [0, 1]; judge none ; 30 samples against 30; cuhk.zip, part 'kept-out' of the honest split",
            ),
            Score(
                "SSIM",
                0.6972,
                "SSIM, gaussian 11x11, k1 0.01, k2 0.03, mean over channels; judge none ; 30 samples against 30; cuhk.zip, part 'kept-out' of the honest split",
            ),
            Score(
                "Keras accuracy",
                0.9188,
                "share of pixels whose strongest channel agrees; judge none ; 30 samples against 30; cuhk.zip, part 'kept-out' of the honest split",
            ),
            Score(
                "PSNR",
                17.7674,
                "PSNR in dB, mean over pictures; judge none ; 30 samples against 30; cuhk.zip, part 'kept-out' of the honest split",
            ),
            Score(
                "MS-SSIM",
                0.8022,
                "MS-SSIM, five scales; judge none ; 30 samples against 30; cuhk.zip, part 'kept-out' of the honest split",
            ),
            Score(
                "FD-judge",
                4.911,
                "Fréchet distance, larger for fewer samples; judge judge f51cad5bf73c; 30 samples against 30; cuhk.zip, part 'kept-out' of the honest split",
            ),
            Score(
                "rank-1",
                0.5667,
                "rank-1 of n people, translated faces against the true ones, chance 1/n; judge identity b37ff306dcfd; 30 samples against 30; cuhk.zip, part 'kept-out' of the honest split",
            ),
        ),
        note="pix2pix, 32 to 128 channels, honest split. For one frontal face a picture; the drawn set is small and of one place.",
    ),
)
"""The model of each direction that scores best on people it has not seen."""
