"""A small vision transformer (Dosovitskiy et al. 2021, arXiv:2010.11929) in the size of Touvron et al. 2021, arXiv:2012.12877."""

import keras

from deepbio.errors import ModelError
from deepbio.layers import ClassTokenAndPositions, image_input
from deepbio.specs import ModelInput
from deepbio.zoo.registry import ADAMW, register


@register(
    "vit_tiny",
    modality="image",
    summary="Vision transformer: patches as words, 12 layers of attention with 3 heads",
    paper="Dosovitskiy et al. 2021, ICLR, arXiv:2010.11929; size of Touvron et al. 2021, ICML, arXiv:2012.12877",
    reference={"input_shape": (224, 224, 3), "outputs": 1000},
    parameters=5_717_416,
    training=dict(
        ADAMW,
        learning_rate=0.0005,
        weight_decay=0.05,
        warmup=0.1,
        batch_size=64,
        epochs=100,
        label_smoothing=0.1,
    ),
)
def vit_tiny(
    input: ModelInput,
    outputs: int,
    *,
    patch_size: int | None = None,
    embedding_dim: int = 192,
    num_layers: int = 12,
    num_heads: int = 3,
    dropout: float = 0.0,
) -> keras.Model:
    """Cut the image into patches, let each attend to all, and classify by the class token.

    Args:
        patch_size: Pixels per side, which divide both sides of the image; `None` is 16, or 4 for images under 112 pixels.
        embedding_dim: Channels of each token.
        num_layers: Attention layers, each followed by a dense layer of `4 * embedding_dim` units.
        num_heads: Heads of an attention layer.
        dropout: Rate after each of those dense layers.

    Input shape: `(batch, height, width, channels)` uint8.
    Output shape: `(batch, outputs)` logits.
    """
    height, width, _ = input.shape
    patch_size = patch_size or (16 if min(height, width) >= 112 else 4)
    if height % patch_size or width % patch_size:
        raise ModelError(
            f"Patches of {patch_size} pixels do not tile an image of {height} x {width}. Choose another patch_size or network_input."
        )
    inputs, x = image_input(input)
    x = keras.layers.Conv2D(embedding_dim, patch_size, patch_size)(x)
    x = keras.layers.Reshape((-1, embedding_dim))(x)
    x = ClassTokenAndPositions(name="tokens")(x)
    for i in range(num_layers):
        y = keras.layers.LayerNormalization(epsilon=1e-6)(x)
        y = keras.layers.MultiHeadAttention(num_heads, embedding_dim // num_heads, name=f"attention_{i}")(y, y)
        x = keras.layers.Add()([x, y])
        y = keras.layers.LayerNormalization(epsilon=1e-6)(x)
        y = keras.layers.Dense(4 * embedding_dim, activation="gelu")(y)
        y = keras.layers.Dropout(dropout)(y)
        y = keras.layers.Dense(embedding_dim)(y)
        x = keras.layers.Add()([x, y])
    x = keras.layers.LayerNormalization(epsilon=1e-6, name="features")(x)
    return keras.Model(inputs, keras.layers.Dense(outputs, name="head")(x[:, 0]), name="vit_tiny")
