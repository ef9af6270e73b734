"""HyenaDNA: a language model of single bases whose long convolutions read up to a million of them (Nguyen 2023)."""

import keras

from deepbio.errors import ModelError
from deepbio.layers import BaseEmbedding, LongConvolution, dna_input, tanh_gelu
from deepbio.specs import ModelInput
from deepbio.zoo.registry import ADAMW, register

PAPER = "Nguyen et al. 2023, NeurIPS, arXiv:2306.15794"


@register(
    "hyenadna_large",
    modality="dna",
    summary="HyenaDNA of 8 layers, pretrained on windows of a million bases",
    paper=PAPER,
    reference={"input_shape": (1_000_000,), "outputs": 2},
    parameters=6_551_042,
    defaults={"embedding_dim": 256, "num_layers": 8, "max_length": 1_000_002},
    training=dict(ADAMW, learning_rate=6e-4, clip_norm=1.0),
)
@register(
    "hyenadna_medium",
    modality="dna",
    summary="HyenaDNA of 8 layers, pretrained on windows of 160,000 bases",
    paper=PAPER,
    reference={"input_shape": (160_000,), "outputs": 2},
    parameters=6_551_042,
    defaults={"embedding_dim": 256, "num_layers": 8, "max_length": 160_002},
    training=dict(ADAMW, learning_rate=6e-4, clip_norm=1.0),
)
@register(
    "hyenadna_small",
    modality="dna",
    summary="HyenaDNA of 4 layers, pretrained on windows of 32,768 bases",
    paper=PAPER,
    reference={"input_shape": (32_768,), "outputs": 2},
    parameters=3_278_082,
    defaults={"embedding_dim": 256, "num_layers": 4, "max_length": 32_770},
    training=dict(ADAMW, learning_rate=6e-4, clip_norm=1.0),
)
@register(
    "hyenadna_tiny",
    modality="dna",
    summary="HyenaDNA of 2 layers: gated long convolutions over single bases, pretrained on windows of 1,024 bases",
    paper=PAPER,
    reference={"input_shape": (1024,), "outputs": 2},
    parameters=436_354,
    training=dict(ADAMW, learning_rate=6e-4, clip_norm=1.0),
)
def hyenadna(
    input: ModelInput,
    outputs: int,
    *,
    embedding_dim: int = 128,
    num_layers: int = 2,
    mlp_units: int | None = None,
    max_length: int = 1026,
    filter_units: int = 64,
    position_features: int = 5,
    num_inner: int = 2,
    vocabulary_size: int = 16,
    head: str = "mean",
    embedding_dropout: float = 0.1,
    dropout: float = 0.0,
) -> keras.Model:
    """Mix positions by gated long convolutions and channels by dense layers, each added to what it read.

    Each base is a token; no special tokens are added. Every position sees only those before it. The parameters are those of the
    authors' network with their head for two classes; published counts of 0.45 million and the like include the table of position
    features, which is computed here.

    Args:
        embedding_dim: Channels.
        num_layers: Number of layers.
        mlp_units: Units of the dense layer inside each layer; four times the channels by default.
        max_length: Longest window, which also scales the positions of the filters; that of the weights if there are any.
        filter_units: Units of the network that computes the filters.
        position_features: Features of a position that this network reads.
        num_inner: Its hidden layers after the first.
        vocabulary_size: Rows of the embedding, of which five are the bases and N.
        head: `"mean"` averages all positions, as the authors' fine-tuning; `"next_base"` returns logits of the next token at each
            position, and `outputs` is `vocabulary_size`.
        embedding_dropout: Rate after the embedding.
        dropout: Rate after each convolution and each pair of dense layers.

    Input shape: `(batch, length)` uint8 codes, at most `max_length`.
    Output shape: `(batch, outputs)` logits, or `(batch, length, vocabulary_size)`.
    """
    if head not in ("mean", "next_base"):
        raise ModelError(f"head is 'mean' or 'next_base'; received {head!r}.")
    if head == "next_base" and outputs != vocabulary_size:
        raise ModelError(f"head='next_base' has one output per token, {vocabulary_size}; received outputs={outputs}.")
    if input.shape[0] > max_length:
        raise ModelError(f"These options take windows of at most max_length={max_length}; received {input.shape[0]}.")
    layers, units = keras.layers, mlp_units or 4 * embedding_dim
    inputs, x = dna_input(input)
    x = layers.Dropout(embedding_dropout)(BaseEmbedding(embedding_dim, vocabulary_size, name="tokens")(x))
    for i in range(num_layers):
        y = layers.LayerNormalization(epsilon=1e-5, name=f"layer_{i}_mixer_norm")(x)
        y = layers.Dense(3 * embedding_dim, name=f"layer_{i}_project")(y)
        y = layers.ZeroPadding1D((2, 0))(y)  # so that no position sees the next
        y = layers.DepthwiseConv1D(3, name=f"layer_{i}_short")(y)
        gate, first, value = (y[..., j * embedding_dim : (j + 1) * embedding_dim] for j in range(3))
        convolution = LongConvolution(
            max_length, filter_units=filter_units, features=position_features, num_inner=num_inner, name=f"layer_{i}_long"
        )  # fmt: skip
        y = layers.Multiply()([convolution(layers.Multiply()([value, first])), gate])
        y = layers.Dense(embedding_dim, name=f"layer_{i}_join")(y)
        x = layers.Add()([x, layers.Dropout(dropout)(y)])
        y = layers.LayerNormalization(epsilon=1e-5, name=f"layer_{i}_mlp_norm")(x)
        y = layers.Activation(tanh_gelu)(layers.Dense(units, name=f"layer_{i}_mlp_in")(y))
        x = layers.Add()([x, layers.Dropout(dropout)(layers.Dense(embedding_dim, name=f"layer_{i}_mlp_out")(y))])
    x = layers.LayerNormalization(epsilon=1e-5, name="last_norm")(x)
    if head == "mean":
        x = layers.GlobalAveragePooling1D(name="features")(x)
    return keras.Model(inputs, layers.Dense(outputs, use_bias=head == "mean", name="head")(x), name="hyenadna")
