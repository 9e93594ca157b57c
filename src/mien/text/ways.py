"""The ways from sentences that a generator has, loaded by its name."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from mien.errors import ConfigMismatch, InputError, WeightsMissing
from mien.hub import loading
from mien.text import methods
from mien.text.embedding import SentenceEncoder
from mien.text.methods import TextToLatent


def load_method(
    name: str,
    generator: loading.Loaded,
    family: str,
    encoder: Callable[[], SentenceEncoder],
    label: Tensor | None = None,
) -> TextToLatent:
    """Load one of the ways :data:`mien.text.methods.METHODS` from a sentence to latents.

    ``family`` is what its ways are called (``FAMILY-codes``, ``FAMILY-mapper``, …), ``label``
    ``[c_dim]`` what faces are drawn with, None for none.

    Raises:
        InputError: ``labels`` of a generator without attribute labels, or beside a label.
        WeightsMissing: This generator has no file for it.
        ConfigMismatch: The file belongs to another generator.
    """
    G = generator.network
    device = str(G.mapping.w_avg.device)
    if name == "labels":
        if label is not None:
            raise InputError("method 'labels' reads the label off the sentence; leave out `label`")
        return _labels(generator, family, device)
    file = loading.part_of(family, name)
    if file is None:
        adopt = f"mien adopt {generator.path}"
        if name in ("mapper", "prior"):
            adopt = f"mien adopt {generator.path} --ways all"
        raise WeightsMissing(
            f"{family}-{name}.safetensors",
            f"method {name!r} was not trained for model {generator.name!r}",
            f"run: {adopt}, or with data of your own mien train text "
            f"--model {generator.name} --method {name}",
        )
    network = loading.load(file, f"text-{name}", device).network
    if name == "mapper":
        return methods.MapperMethod(G, network, encoder, label)
    if name == "directions":
        return methods.DirectionMethod(G, network, label)
    return methods.PriorMethod(network, encoder)


def _labels(generator: loading.Loaded, family: str, device: str) -> TextToLatent:
    codes = loading.part_of(family, "codes")
    if codes is None:
        return methods.LabelMethod(generator.network)
    moments = loading.load(codes, "code-moments", device)
    owner = moments.meta.get("generator")
    if owner not in (None, generator.sha256):
        raise ConfigMismatch(
            codes,
            f"its codes belong to the generator {str(owner)[:12]}…, "
            f"{generator.name!r} is {generator.sha256[:12]}…",
            "take `method=directions`, or train the codes again",
        )
    return methods.CodesMethod(generator.network, moments.network)
