"""Networks that have shapes and no values."""

import subprocess
import sys

import torch
from torch import nn

from mien.runtime.shapes import shapes_alone
from mien.stylegan2.generator import Generator, GeneratorConfig

SHAPE = GeneratorConfig(32, 16, 16, c_dim=3, channel_base=128, channel_max=8)


def test_the_shapes_are_those_of_the_network():
    with shapes_alone():
        hollow = nn.ModuleList([Generator(SHAPE), nn.Conv2d(3, 4, 3), nn.Embedding(5, 2)])
    whole = nn.ModuleList([Generator(SHAPE), nn.Conv2d(3, 4, 3), nn.Embedding(5, 2)])
    shapes = [{k: v.shape for k, v in n.state_dict().items()} for n in (hollow, whole)]
    assert shapes[0] == shapes[1]
    assert all(p.is_meta for p in hollow.parameters())
    assert not torch.randn(2).is_meta


def test_the_compiler_is_not_loaded_for_shapes():
    code = (
        "import sys; from mien.checkpoints.layout import expected_shapes\n"
        "shapes = expected_shapes('x', 'stylegan2-generator', {'resolution': 32, 'z_dim': 16,"
        " 'w_dim': 16, 'channel_base': 128, 'channel_max': 8})\n"
        "assert shapes['synthesis.b4.const'] == (8, 4, 4), shapes\n"
        "from mien.runtime.shapes import shapes_alone\n"
        "import torch\n"
        "with shapes_alone(): torch.nn.Embedding(5, 2), torch.nn.Conv2d(3, 4, 3)\n"
        "assert 'torch._dynamo' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
