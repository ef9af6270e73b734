"""The transformer layer that Enformer and Borzoi share."""

import keras

from deepbio.layers import RelativeAttention


def relative_transformer(x, name: str, *, attention: RelativeAttention, epsilon: float, dropout: float):
    """Add attention and a two-layer network of twice the channels, each to what it read, after layer normalisation.

    Args:
        x: Tensor `(batch, positions, channels)`.
        name: First part of the names of the layers.
        attention: Layer of attention.
        epsilon: Small number of the layer normalisations.
        dropout: Rate of dropout inside and after the dense layers.
    """
    layers, channels = keras.layers, x.shape[-1]
    attended = attention(layers.LayerNormalization(epsilon=epsilon, name=f"{name}_attention_norm")(x))
    x = layers.Add()([x, layers.Dropout(dropout)(attended)])
    y = layers.LayerNormalization(epsilon=epsilon, name=f"{name}_mlp_norm")(x)
    y = layers.Dropout(dropout)(layers.Dense(2 * channels, name=f"{name}_mlp_in")(y))
    y = layers.Dense(channels, name=f"{name}_mlp_out")(layers.Activation("relu")(y))
    return layers.Add()([x, layers.Dropout(dropout)(y)])
