"""BERT's encoder (Devlin et al. 2019; Vaswani et al. 2017 for its layers), for inference.

The names of its tensors are those of every published BERT. Sentences go through twelve layers or
fewer; a library for all transformers takes six seconds to load and gives the same numbers.

Legend: n sentences, t tokens, d width of the model, h heads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": functional.gelu,
    "gelu_new": partial(functional.gelu, approximate="tanh"),
    "gelu_pytorch_tanh": partial(functional.gelu, approximate="tanh"),
    "relu": functional.relu,
    "silu": functional.silu,
}
"""Values of ``hidden_act`` that are read."""


@dataclass(frozen=True)
class BertConfig:
    """What of a ``config.json`` decides the network; names and defaults are those of the file.

    ValueError: it asks for another network than the paper's encoder.
    """

    vocab_size: int = 30522
    hidden_size: int = 768
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    intermediate_size: int = 3072
    hidden_act: str = "gelu"
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    layer_norm_eps: float = 1e-12
    position_embedding_type: str = "absolute"
    is_decoder: bool = False

    def __post_init__(self) -> None:
        if self.hidden_act not in ACTIVATIONS:
            raise ValueError(f"hidden_act {self.hidden_act!r}; read are {', '.join(ACTIVATIONS)}")
        if self.position_embedding_type != "absolute" or self.is_decoder:
            raise ValueError("only encoders with absolute positions are read")
        if self.hidden_size % self.num_attention_heads:
            heads = self.num_attention_heads
            raise ValueError(f"hidden_size {self.hidden_size} is no multiple of {heads} heads")


class Bert(nn.Module):
    """Tokens -> their vectors in the last layer."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        width, eps = config.hidden_size, config.layer_norm_eps
        self.embeddings = nn.ModuleDict(
            {
                "word_embeddings": nn.Embedding(config.vocab_size, width),
                "position_embeddings": nn.Embedding(config.max_position_embeddings, width),
                "token_type_embeddings": nn.Embedding(config.type_vocab_size, width),
                "LayerNorm": nn.LayerNorm(width, eps),
            }
        )
        layers = [_Layer(config) for _ in range(config.num_hidden_layers)]
        self.encoder = nn.ModuleDict({"layer": nn.ModuleList(layers)})
        self._layers = layers  # the same, with their type

    def forward(self, ids: Int[Tensor, "n t"], mask: Bool[Tensor, "n t"]) -> Float[Tensor, "n t d"]:
        """Encode sentences of one segment: [CLS], tokens, [SEP]; ``mask`` is false on padding."""
        parts = self.embeddings
        x = parts["word_embeddings"](ids)
        x = x + parts["position_embeddings"].get_parameter("weight")[: ids.shape[1]]
        x = parts["LayerNorm"](x + parts["token_type_embeddings"].get_parameter("weight")[0])
        for layer in self._layers:
            x = layer(x, mask)
        return x


class _Joined(nn.Module):
    """A linear layer, then what went before is added and normalised."""

    def __init__(self, inside: int, outside: int, eps: float) -> None:
        super().__init__()
        self.dense = nn.Linear(inside, outside)
        self.LayerNorm = nn.LayerNorm(outside, eps)

    def forward(self, x: Tensor, before: Tensor) -> Tensor:
        return self.LayerNorm(self.dense(x) + before)


class _Layer(nn.Module):
    """Attention of all tokens to all, then two linear layers for each token."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        width, eps = config.hidden_size, config.layer_norm_eps
        own = {name: nn.Linear(width, width) for name in ("query", "key", "value")}
        self.attention = nn.ModuleDict(
            {"self": nn.ModuleDict(own), "output": _Joined(width, width, eps)}
        )
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(width, config.intermediate_size)})
        self.output = _Joined(config.intermediate_size, width, eps)
        self._own = list(own.values())
        self.heads, self.act = config.num_attention_heads, ACTIVATIONS[config.hidden_act]

    def forward(self, x: Float[Tensor, "n t d"], mask: Bool[Tensor, "n t"]) -> Tensor:
        q, k, v = (part(x).unflatten(2, (self.heads, -1)).transpose(1, 2) for part in self._own)
        seen = functional.scaled_dot_product_attention(q, k, v, mask[:, None, None])
        x = self.attention["output"](seen.transpose(1, 2).flatten(2), x)
        return self.output(self.act(self.intermediate["dense"](x)), x)
