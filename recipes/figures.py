"""Where the person is in each picture of a set, for ``mien data mask --by colours --figures``.

    pip install ai-edge-litert
    npm pack @mediapipe/selfie_segmentation && tar xzf mediapipe-selfie_segmentation-*.tgz
    python recipes/figures.py faces.zip package/selfie_segmentation.tflite figures.npz

Runs MediaPipe's selfie segmentation (Google, Apache 2.0), which tells people from backgrounds. Its
numbers only help to make the maps that the parser learns from; nothing of it ships.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from mien import images
from mien.data.sources import open_source
from mien.files import replacing

SIDE = 128


def main(data: str, model: str, out: str) -> None:
    """Write ``figures``, uint8 ``[pictures, 128, 128]``, in the order of names."""
    from ai_edge_litert.interpreter import Interpreter  # pyright: ignore

    network = Interpreter(model, num_threads=1)
    network.allocate_tensors()
    shown, given = network.get_input_details()[0], network.get_output_details()[0]
    source = open_source(data)
    figures = np.empty((len(source), SIDE, SIDE), np.uint8)
    for i in range(len(source)):
        picture = source.picture(i, int(shown["shape"][1])).astype(np.float32) / 255
        network.set_tensor(shown["index"], picture[None])
        network.invoke()
        person = network.get_tensor(given["index"])[0, :, :, :1].clip(0, 1) * 255
        page = person.round().astype(np.uint8).repeat(3, axis=2)
        figures[i] = images.resize(page, SIDE, "box")[..., 0]
    with replacing(Path(out)) as beside:
        np.savez_compressed(beside, figures=figures)


if __name__ == "__main__":
    main(*sys.argv[1:])
