"""Shapes of the two networks that find faces, and what their heads mean."""

import numpy as np
import pytest
import torch

from mien.errors import InputError
from mien.judges.detections import Detection, Detector, suppress
from mien.judges.face_detector import (
    STRIDE,
    DetectorConfig,
    FaceDetector,
    PyramidDetector,
    cell_centres,
)
from mien.judges.landmarks import MIRRORED, POINTS, LandmarkConfig, LandmarkNetwork, map_means


def test_maps_and_points():
    network = LandmarkNetwork(LandmarkConfig(resolution=32, width=4, blocks=1, decoder=8)).eval()
    maps, face = network(torch.rand(2, 3, 32, 32))
    assert maps.shape == (2, POINTS, 8, 8)
    assert face.shape == (2,)
    with torch.no_grad():
        points, chance = network.read(torch.rand(2, 3, 32, 32))
    assert points.shape == (2, POINTS, 2)
    assert 0 < float(points.min()) < float(points.max()) < 1
    assert ((chance > 0) & (chance < 1)).all()


def test_a_point_is_found_between_cells():
    y, x = torch.meshgrid(torch.arange(16) + 0.5, torch.arange(16) + 0.5, indexing="ij")
    maps = -((x - 5.3).square() + (y - 9.8).square())[None, None] / 2
    assert map_means(maps)[0, 0] * 16 == pytest.approx(torch.tensor([5.3, 9.8]), abs=1e-3)


def test_the_mirror_is_its_own_inverse():
    assert [MIRRORED[i] for i in MIRRORED] == list(range(POINTS))
    assert (MIRRORED[36], MIRRORED[48], MIRRORED[8], MIRRORED[68]) == (45, 54, 8, 69)


@pytest.mark.parametrize("values", [{"resolution": 40}, {"width": 0}, {"decoder": 0}])
def test_refuses(values):
    with pytest.raises(InputError):
        LandmarkConfig(**values)


def test_the_detector():
    network = FaceDetector(DetectorConfig(width=4, blocks=1)).eval()
    with torch.no_grad():
        heat, points = network(torch.rand(2, 3, 48, 64))
    assert heat.shape == (2, 6, 8)
    assert points.shape == (2, 5, 2, 6, 8)
    # Rare at first, and points near their cells.
    assert float(heat.sigmoid().max()) < 0.2
    assert float((points - cell_centres(heat)).abs().max()) < 40
    assert cell_centres(heat)[:, 1, 2].tolist() == [2.5 * STRIDE, 1.5 * STRIDE]
    with pytest.raises(InputError):
        DetectorConfig(width=0)


class Bright(FaceDetector):
    """Fires where a picture is bright; the points stand 8 pixels about the cell."""

    def __init__(self):
        torch.nn.Module.__init__(self)
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def forward(self, images):
        light = torch.nn.functional.avg_pool2d(images.mean(dim=1, keepdim=True), STRIDE)[:, 0]
        own = torch.tensor([[-8.0, -8], [8, -8], [0, 0], [-8, 8], [8, 8]])
        return light * 10, own[None, :, :, None, None] + cell_centres(light)


def test_a_picture_at_several_scales():
    image = np.zeros((256, 256, 3), np.uint8)
    image[64:128, 128:192] = 255
    detector = PyramidDetector(Bright(), detail=256)
    assert isinstance(detector, Detector)
    found = detector.detect(image)
    assert found
    for one in found:
        assert 128 <= one.five[2, 0] <= 192
        assert 64 <= one.five[2, 1] <= 128
    assert found == sorted(found, key=lambda one: -one.score)
    assert detector.detect(np.zeros((40, 60, 3), np.uint8)) == []
    with pytest.raises(InputError, match="detail 10"):
        PyramidDetector(Bright(), detail=10)


def test_points_are_in_pixels_of_the_picture():
    small = np.zeros((64, 64, 3), np.uint8)
    small[24:32, 40:48] = 255
    large = np.repeat(np.repeat(small, 16, axis=0), 16, axis=1)
    for image, scale in ((small, 1), (large, 16)):
        best = PyramidDetector(Bright(), detail=128).detect(image)[0]
        assert best.five[2] / scale == pytest.approx((44, 28), abs=3)


def test_suppression():
    boxes = [(0.0, 0.0, 10.0, 10.0), (1.0, 1.0, 10.0, 10.0), (20.0, 0.0, 10.0, 10.0)]
    boxes.append((22.0, 2.0, 5.0, 5.0))
    found = [Detection(score, box) for score, box in zip((0.5, 0.9, 0.7, 0.6), boxes, strict=True)]
    assert [one.score for one in suppress(found)] == [0.9, 0.7]
