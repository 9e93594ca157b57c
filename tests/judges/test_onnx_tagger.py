"""Taggers of drawings in ONNX files: WD's and DeepDanbooru's conventions, and faulty files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from mien.errors import CheckpointError, ConfigMismatch, FileError, InputError
from mien.judges.onnx_tagger import OnnxTagger, find_tag_list, read_tag_list

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

WD = "tag_id,name,category,count\n1,general,9,5\n2,blue_hair,0,9\n3,miku,4,2\n"


def write_onnx(path: Path, shape: list[int | str], scale: float) -> Path:
    """Three numbers a picture: the mean of each channel times ``scale``."""
    from onnx import TensorProto, helper, numpy_helper

    axes = [1, 2] if shape[-1] == 3 else [2, 3]
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["m"], axes=axes, keepdims=0),
        helper.make_node("Mul", ["m", "s"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [shape[0], 3])],
        [numpy_helper.from_array(np.float32(scale).reshape(1), "s")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, str(path))
    return path


def colours() -> torch.Tensor:
    """Two pictures of one colour: red 1, green 0.5, blue 0."""
    return torch.tensor([1.0, 0.0, -1.0])[None, :, None, None].expand(2, 3, 20, 20)


def test_wd(tmp_path: Path) -> None:
    path = write_onnx(tmp_path / "wd.onnx", ["n", 8, 8, 3], 1 / 255)
    (tmp_path / "tags.csv").write_text(WD)
    tagger = OnnxTagger(path, tmp_path / "tags.csv", threshold=0.4)
    assert (tagger.tags, tagger.bgr, tagger.resolution) == (("blue hair",), True, 8)
    probability, carried = tagger(colours())
    torch.testing.assert_close(probability, torch.full((2, 1), 0.5))
    assert carried.all()
    every = OnnxTagger(path, tmp_path / "tags.csv", general=False)
    assert every.tags == ("general", "blue hair", "miku")
    torch.testing.assert_close(every(colours())[0][0], torch.tensor([0.0, 0.5, 1.0]))


def test_deep_danbooru(tmp_path: Path) -> None:
    path = write_onnx(tmp_path / "dd.onnx", [1, 3, 8, 8], 1.0)
    (tmp_path / "tags.txt").write_text("long_hair\nsmile\nhat\n")
    tagger = OnnxTagger(path, tmp_path / "tags.txt")
    assert (tagger.tags, tagger.bgr) == (("long hair", "smile", "hat"), False)
    torch.testing.assert_close(tagger(colours())[0][1], torch.tensor([1.0, 0.5, 0.0]))


def test_faults(tmp_path: Path) -> None:
    path = write_onnx(tmp_path / "dd.onnx", [1, 3, 8, 8], 1.0)
    (tmp_path / "two.txt").write_text("a\nb\n")
    with pytest.raises(ConfigMismatch, match=r"gives \[3\] numbers a picture, .* has 2 tags"):
        OnnxTagger(path, tmp_path / "two.txt")(colours())
    with pytest.raises(CheckpointError, match="does not exist"):
        OnnxTagger(tmp_path / "no.onnx", tmp_path / "two.txt")
    with pytest.raises(FileError, match="there is no such file"):
        OnnxTagger(path, tmp_path / "no.csv")
    with pytest.raises(InputError, match="threshold is 2"):
        OnnxTagger(path, tmp_path / "two.txt", threshold=2)
    flat = write_onnx(tmp_path / "flat.onnx", ["n", 3, 8, 9], 1.0)
    with pytest.raises(ConfigMismatch, match="is wanted"):
        OnnxTagger(flat, tmp_path / "two.txt")
    for text, said in (("", "names 0 tags"), (WD + "4,x\n", "line 5 has 2 cells")):
        (tmp_path / "bad.csv").write_text(text)
        with pytest.raises(FileError, match=said):
            read_tag_list(tmp_path / "bad.csv")
    (tmp_path / "none.csv").write_text("tag_id,name,category\n1,miku,4\n")
    with pytest.raises(FileError, match="none of the general category"):
        OnnxTagger(path, tmp_path / "none.csv")


def test_the_list_lies_beside_the_tagger(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"no list of its tags beside it; put one there: wd\.csv"):
        find_tag_list(tmp_path / "wd.onnx")
    (tmp_path / "tags.txt").write_text("blue_hair\n")
    assert find_tag_list(tmp_path / "wd.onnx").name == "tags.txt"
    (tmp_path / "wd.csv").write_text(WD)
    assert find_tag_list(tmp_path / "wd.onnx").name == "wd.csv"
