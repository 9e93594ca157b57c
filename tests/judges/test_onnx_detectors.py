"""Published detectors in ONNX: told apart by their shapes, decoded by hand-made graphs."""

import numpy as np
import pytest

from mien.errors import CheckpointError, InputError
from mien.judges.onnx_detectors import OnnxDetector, retinaface_priors

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")


def graph(path, shape, outputs):
    """A file whose outputs are constants, whatever it is shown."""
    from onnx import TensorProto, helper, numpy_helper

    nodes, values = [], []
    for name, array in outputs.items():
        array = np.asarray(array, np.float32)
        constant = helper.make_node(
            "Constant", [], [f"{name}_c"], value=numpy_helper.from_array(array)
        )
        # Something of the input, times nothing, so that the input is used.
        nodes += [
            constant,
            helper.make_node("ReduceMean", ["input"], [f"{name}_m"], keepdims=0),
            helper.make_node("Sub", [f"{name}_m", f"{name}_m"], [f"{name}_z"]),
            helper.make_node("Add", [f"{name}_c", f"{name}_z"], [name]),
        ]
        values.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, array.shape))
    made = helper.make_graph(
        nodes,
        "toy",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)],
        values,
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.save(model, str(path))
    return path


def yunet(size=64):
    outputs = {}
    for stride in (8, 16, 32):
        cells = (size // stride) ** 2
        for name, wide in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
            outputs[f"{name}_{stride}"] = np.zeros((1, cells, wide))
    return outputs


def test_yunet(tmp_path):
    outputs = yunet()
    # Stride 8, row 2, column 3: centre half a cell on, twice as wide as a cell, points at 0..4.
    cell = 2 * 8 + 3
    outputs["cls_8"][0, cell], outputs["obj_8"][0, cell] = 0.81, 1.0
    outputs["bbox_8"][0, cell] = [0.5, 0.5, np.log(2), np.log(4)]
    outputs["kps_8"][0, cell] = np.arange(10) / 2
    detector = OnnxDetector(graph(tmp_path / "y.onnx", [1, 3, 64, 64], outputs))
    assert detector.format == "YuNet"
    (face,) = detector.detect(np.zeros((128, 128, 3), np.uint8))
    assert face.score == pytest.approx(0.9)
    # Twice as large, because the picture is.
    assert face.box == pytest.approx((2 * (28 - 8), 2 * (20 - 16), 2 * 16, 2 * 32))
    assert face.five[1] == pytest.approx((2 * (3 + 1) * 8, 2 * (2 + 1.5) * 8))


def test_ultraface(tmp_path):
    scores, boxes = np.zeros((1, 6, 2)), np.zeros((1, 6, 4))
    scores[0, 4], boxes[0, 4] = [0.2, 0.8], [0.25, 0.5, 0.5, 0.75]
    file = graph(tmp_path / "u.onnx", [1, 3, 240, 320], {"scores": scores, "boxes": boxes})
    detector = OnnxDetector(file)
    assert detector.format == "UltraFace"
    (face,) = detector.detect(np.zeros((480, 640, 3), np.uint8))
    assert face.box == pytest.approx((160, 240, 160, 120))
    assert face.five is None


def test_retinaface(tmp_path):
    priors = retinaface_priors(64, 64)
    assert len(priors) == 2 * (64 + 16 + 4)
    assert priors[2 * 64].tolist() == [8, 8, 64, 64]
    which = 2 * (3 * 8 + 5)  # stride 8, row 3, column 5, the prior of 16 pixels
    loc, conf, points = (np.zeros((1, len(priors), wide)) for wide in (4, 2, 10))
    conf[0, which] = [0.1, 0.9]
    loc[0, which] = [1, -1, 5 * np.log(2), 0]
    points[0, which] = np.arange(10)
    file = graph(tmp_path / "r.onnx", [1, 3, 64, 64], {"loc": loc, "conf": conf, "landms": points})
    detector = OnnxDetector(file)
    assert detector.format == "RetinaFace"
    (face,) = detector.detect(np.zeros((64, 64, 3), np.uint8))
    centre = np.array([44 + 1.6, 28 - 1.6])
    assert face.box == pytest.approx((centre[0] - 16, centre[1] - 8, 32, 16))
    assert face.five[2] == pytest.approx((44 + 0.1 * 4 * 16, 28 + 0.1 * 5 * 16))


def test_unknown_ones_say_what_they_have(tmp_path):
    file = graph(tmp_path / "x.onnx", [1, 3, 32, 32], {"a": np.zeros((1, 7)), "b": np.zeros(3)})
    with pytest.raises(CheckpointError, match=r"none of the detectors.*YuNet.*a \[1, 7\], b \[3\]"):
        OnnxDetector(file)


def test_files_that_are_none(tmp_path):
    (tmp_path / "bad.onnx").write_bytes(b"hello")
    with pytest.raises(CheckpointError, match="no ONNX file"):
        OnnxDetector(tmp_path / "bad.onnx")
    with pytest.raises(CheckpointError, match="does not exist"):
        OnnxDetector(tmp_path / "none.onnx")


def test_outputs_of_another_size(tmp_path):
    outputs = yunet(32)
    file = graph(tmp_path / "y.onnx", [1, 3, 64, 64], outputs)
    with pytest.raises(InputError, match="16 cells at stride 8 for 64x64"):
        OnnxDetector(file).detect(np.zeros((64, 64, 3), np.uint8))
