"""Nucleotide Transformer: a language model of genomes in tokens of six bases (Dalla-Torre 2024)."""

import keras

from deepbio.errors import ModelError
from deepbio.layers import KmerEmbedding, LearnedPositions, RotaryAttention, dna_input
from deepbio.specs import ModelInput
from deepbio.zoo.registry import ADAMW, register

_EPSILON = 1e-12  # of every layer normalisation
_UNMASKED = 1 - 0.15 * 0.8  # of the tokens that the first version saw in its pretraining


@register(
    "nucleotide_transformer",
    modality="dna",
    summary="Transformer over tokens of six bases, version 2 with 100 million parameters, or as the options say",
    paper="Dalla-Torre et al. 2024, Nature Methods, doi:10.1038/s41592-024-02523-z",
    reference={"input_shape": (12288,), "outputs": 4107, "head": "masked_lm"},
    parameters=96_839_179,
    training=dict(ADAMW, learning_rate=1e-5, weight_decay=0.01, warmup=0.1, clip_norm=1.0, batch_size=8, epochs=10),
)
def nucleotide_transformer(
    input: ModelInput,
    outputs: int,
    *,
    embedding_dim: int = 512,
    num_layers: int = 22,
    num_heads: int = 16,
    mlp_units: int = 2048,
    gated: bool = True,
    rotary: bool = True,
    max_positions: int = 2050,
    vocabulary_size: int = 4107,
    token_dropout: bool = False,
    head: str = "mean",
    dropout: float = 0.0,
) -> keras.Model:
    """Read six bases a token, let all tokens attend to each other, and average them or predict each token.

    It is the ESM form of a BERT: layer normalisation before attention and dense layers. The defaults are version 2 of 100 million
    parameters; its published file also has 1,049,600 positions that rotary attention does not use, and 353 parameters of a contact
    head. The others are:

    - v2 50m, 100m: `num_layers=12`, 22
    - v2 250m: `embedding_dim=768, mlp_units=3072, num_layers=24`
    - v2 500m: `embedding_dim=1024, mlp_units=4096, num_layers=29`
    - v1: `gated=False, rotary=False, max_positions=1002, vocabulary_size=4105, token_dropout=True`
    - v1 500m: also `embedding_dim=1280, mlp_units=5120, num_layers=24, num_heads=20`
    - v1 2.5b: also `embedding_dim=2560, mlp_units=10240, num_layers=32, num_heads=20`

    Args:
        embedding_dim: Channels of a token, a multiple of `2 * num_heads`.
        num_layers: Transformer layers.
        num_heads: Heads of each attention layer.
        mlp_units: Units of the dense layers.
        gated: Whether the dense layers are gated by SiLU and have no biases (version 2), or GELU with biases.
        rotary: Whether positions rotate queries and keys (version 2), or are learned vectors.
        max_positions: Rows of the learned vectors, two more than the longest window has tokens.
        vocabulary_size: Tokens of the vocabulary.
        token_dropout: Whether embeddings are scaled by the fraction of tokens that pretraining left unmasked (version 1).
        head: `"mean"` averages the tokens behind the class token; `"masked_lm"` returns logits of each token's vocabulary, and
            `outputs` is `vocabulary_size`.
        dropout: Rate after every attention and dense layer.

    Input shape: `(batch, length)` uint8 codes; a multiple of 6 is one token per six bases, and others add one token per base.
    Output shape: `(batch, outputs)` logits, or `(batch, 1 + length // 6 + length % 6, vocabulary_size)`.
    """
    _check(input, outputs, embedding_dim, num_heads, None if rotary else max_positions, vocabulary_size, head)
    layers = keras.layers
    inputs, x = dna_input(input)
    x = KmerEmbedding(embedding_dim, vocabulary_size, name="tokens")(x)
    if token_dropout:
        x = layers.Rescaling(_UNMASKED, name="token_dropout")(x)
    if not rotary:
        x = LearnedPositions(max_positions, offset=2, name="positions")(x)
    for i in range(num_layers):
        base = 10_000.0 if rotary else None
        attention = RotaryAttention(num_heads, base=base, use_bias=True, name=f"layer_{i}_attention")
        y = attention(layers.LayerNormalization(epsilon=_EPSILON, name=f"layer_{i}_attention_norm")(x))
        x = layers.Add()([x, layers.Dropout(dropout)(y)])
        y = layers.LayerNormalization(epsilon=_EPSILON, name=f"layer_{i}_mlp_norm")(x)
        y = layers.Dense((1 + gated) * mlp_units, use_bias=not gated, name=f"layer_{i}_mlp_in")(y)
        if gated:
            y = layers.Multiply()([layers.Activation("silu")(y[..., :mlp_units]), y[..., mlp_units:]])
        else:
            y = layers.Activation("gelu")(y)
        y = layers.Dense(embedding_dim, use_bias=not gated, name=f"layer_{i}_mlp_out")(y)
        x = layers.Add()([x, layers.Dropout(dropout)(y)])
    x = layers.LayerNormalization(epsilon=_EPSILON, name="last_norm")(x)
    if head == "mean":
        x = layers.GlobalAveragePooling1D(name="features")(layers.Cropping1D((1, 0))(x))
    else:
        x = layers.Dense(embedding_dim, activation="gelu", name="lm_dense")(x)
        x = layers.LayerNormalization(epsilon=_EPSILON, name="lm_norm")(x)
    return keras.Model(inputs, layers.Dense(outputs, name="head")(x), name="nucleotide_transformer")


def _check(input, outputs, embedding_dim, num_heads, max_positions, vocabulary_size, head) -> None:
    length = input.shape[0]
    tokens = 1 + length // 6 + length % 6
    if head not in ("mean", "masked_lm"):
        raise ModelError(f"head is 'mean' or 'masked_lm'; received {head!r}.")
    if head == "masked_lm" and outputs != vocabulary_size:
        raise ModelError(
            f"head='masked_lm' has one output per token of the vocabulary, {vocabulary_size}; received outputs={outputs}."
        )
    if embedding_dim % (2 * num_heads):
        raise ModelError(f"embedding_dim is a multiple of 2 * num_heads, {2 * num_heads}; received {embedding_dim}.")
    if vocabulary_size < 4105:
        raise ModelError(f"The vocabulary has at least 4,105 tokens (4,096 of six bases); received {vocabulary_size}.")
    if max_positions is not None and tokens > max_positions - 2:
        raise ModelError(
            f"max_positions={max_positions} is enough for {max_positions - 2} tokens; a window of {length} bases has {tokens}. "
            f"Use windows of at most {6 * (max_positions - 3)} bases."
        )
