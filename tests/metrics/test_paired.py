from __future__ import annotations

import numpy as np
import pytest
import skimage.metrics
import torch
from torchmetrics.functional.image.lpips import NetLinLayer, _normalize_tensor, _spatial_average
from torchmetrics.functional.image.ssim import _ssim_update

from mien.errors import InputError
from mien.metrics import paired


def images(n, c, h, w, seed):
    draw = np.random.RandomState(seed)
    coarse = torch.from_numpy(draw.rand(n, c, 6, 6))
    smooth = torch.nn.functional.interpolate(coarse, (h, w), mode="bilinear")
    return (smooth + torch.from_numpy(draw.randn(n, c, h, w)) * 0.05).clamp(0, 1) * 2 - 1


def as_hwc(image):
    return ((image + 1) / 2).permute(1, 2, 0).numpy()


A, B = images(3, 3, 40, 33, 0), images(3, 3, 40, 33, 1)


@pytest.mark.parametrize("data_range", [1.0, 2.0])
def test_ssim_and_psnr_equal_scikit_image(data_range):
    settings = {"channel_axis": 2, "data_range": data_range}
    for i in range(3):
        a, b = as_hwc(A[i]), as_hwc(B[i])
        gaussian = skimage.metrics.structural_similarity(
            a, b, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, **settings
        )
        uniform = skimage.metrics.structural_similarity(a, b, **settings)
        ours = paired.ssim(A[i : i + 1], B[i : i + 1], data_range=data_range)
        assert float(ours) == pytest.approx(gaussian, abs=1e-10)
        ours = paired.ssim(A[i : i + 1], B[i : i + 1], "uniform", data_range, True)
        assert float(ours) == pytest.approx(uniform, abs=1e-10)
        peak = skimage.metrics.peak_signal_noise_ratio(a, b, data_range=data_range)
        assert float(paired.psnr(A[i : i + 1], B[i : i + 1], data_range)) == pytest.approx(peak)


def test_ms_ssim_is_the_product_of_others_factors():
    # Structure of scales 1-4 by torchmetrics, SSIM of scale 5 by scikit-image. (Torchmetrics' own
    # product pads scale 5 by reflection, which the paper does not.)
    a, b = images(1, 1, 180, 176, 2), images(1, 1, 180, 176, 3)
    b = a * 0.7 + b * 0.3
    ours = float(paired.ms_ssim(a, b))
    x, y, expected = (a + 1) / 2, (b + 1) / 2, 1.0
    for weight in (0.0448, 0.2856, 0.3001, 0.2363):
        structure = _ssim_update(x, y, data_range=1.0, return_contrast_sensitivity=True)[1]
        expected *= float(structure) ** weight
        x, y = torch.nn.functional.avg_pool2d(x, 2), torch.nn.functional.avg_pool2d(y, 2)
    last = skimage.metrics.structural_similarity(
        x[0, 0].numpy(),
        y[0, 0].numpy(),
        gaussian_weights=True,
        use_sample_covariance=False,
        data_range=1.0,
    )
    assert 0.5 < ours < 0.99
    assert ours == pytest.approx(expected * last**0.1333, abs=1e-9)


def test_equal_images_are_perfect():
    zeros, ones = torch.zeros(3, dtype=torch.float64), torch.ones(3, dtype=torch.float64)
    large = images(3, 3, 176, 176, 4)
    torch.testing.assert_close(paired.mae(A, A), zeros)
    torch.testing.assert_close(paired.ssim(A, A), ones)
    torch.testing.assert_close(paired.ms_ssim(large, large), ones)
    torch.testing.assert_close(paired.keras_accuracy(A, A), ones)
    torch.testing.assert_close(paired.perceptual_distance([A], [A]), zeros)
    assert bool(paired.psnr(A, A).isinf().all())


def test_mae_is_in_units_of_full_scale_and_clips_as_saving_does():
    black, white = -torch.ones(1, 3, 4, 4), torch.ones(1, 3, 4, 4)
    assert float(paired.mae(black, white)) == 1.0
    assert float(paired.mae(black * 3, white * 7)) == 1.0
    assert float(paired.mae(black, torch.zeros(1, 3, 4, 4))) == 0.5


def test_measures_are_symmetric_and_per_image():
    for measure in (paired.mae, paired.psnr, paired.ssim, paired.keras_accuracy):
        torch.testing.assert_close(measure(A, B), measure(B, A))
        alone = torch.cat([measure(A[i : i + 1], B[i : i + 1]) for i in range(3)])
        torch.testing.assert_close(measure(A, B), alone)


def test_keras_accuracy_is_the_agreement_of_argmax():
    expected = (A.numpy().argmax(1) == B.numpy().argmax(1)).mean(axis=(1, 2))
    np.testing.assert_allclose(paired.keras_accuracy(A, B), expected)
    grey = images(1, 1, 8, 8, 5).expand(1, 3, 8, 8)
    assert float(paired.keras_accuracy(grey, -grey)) == 1.0


def test_lpips_equals_torchmetrics_arithmetic():
    draw = np.random.RandomState(6)
    shapes = [(4, 9), (7, 5)]
    fa = [torch.from_numpy(draw.randn(2, c, s, s)) for c, s in shapes]
    fb = [torch.from_numpy(draw.randn(2, c, s, s)) for c, s in shapes]
    linear = [torch.from_numpy(draw.rand(c)) for c, _ in shapes]
    expected = torch.zeros(2, 1, 1, 1, dtype=torch.float64)
    for a, b, weight in zip(fa, fb, linear, strict=True):
        head = NetLinLayer(weight.numel()).double().eval()
        head.model[-1].weight.data = weight.reshape(1, -1, 1, 1)
        squared = (_normalize_tensor(a) - _normalize_tensor(b)) ** 2
        expected = expected + _spatial_average(head(squared), keep_dim=True)
    ours = paired.lpips_distance(fa, fb, linear)
    torch.testing.assert_close(ours, expected.detach().flatten(), rtol=1e-6, atol=1e-7)
    ones = [torch.ones(c, 1, 1) for c, _ in shapes]
    torch.testing.assert_close(
        paired.perceptual_distance(fa, fb), paired.lpips_distance(fa, fb, ones)
    )


def test_bad_input_is_named():
    with pytest.raises(InputError, match="equal NCHW"):
        paired.mae(A, B[:, :, :-1])
    with pytest.raises(InputError, match="1 of 3 images"):
        paired.mae(torch.where(torch.arange(3)[:, None, None, None] == 1, torch.nan, A), B)
    with pytest.raises(InputError, match="176"):
        paired.ms_ssim(A, B)
    with pytest.raises(InputError, match="11×11"):
        paired.ssim(A[..., :8], B[..., :8])
    with pytest.raises(InputError, match="data range 0"):
        paired.psnr(A, B, 0.0)
    with pytest.raises(InputError, match="2 linear weights for 3 channels"):
        paired.lpips_distance([A], [B], [torch.ones(2)])
    with pytest.raises(InputError, match="never negative"):
        paired.lpips_distance([A], [B], [-torch.ones(3)])
    with pytest.raises(InputError, match="layers"):
        paired.perceptual_distance([A, A], [B])
