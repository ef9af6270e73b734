"""The small networks of the widgets: trained once by `python -m deepbio.course.widgets.networks`, stored as plain arrays.

`networks.npz` contains their weights and `networks.json` the accuracies on the test split that the pages show.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.files import write_atomically

if TYPE_CHECKING:
    import keras

    from deepbio.datasets import Dataset

FOLDER = Path(__file__).parent
SIZE = 16  # pixels per side of the picture that a digit of 8 by 8 pixels is shifted in
SHIFTS = tuple(range(-4, 5))
EPSILONS = tuple(i / 64 for i in range(21))  # in fractions of the range of pixels
PGD_STEPS = 10
_CNN = {"filters": (8, 16), "dropout": 0.0}
_LONGER = {"epochs": 60, "label_smoothing": 0.0}
_SHIFTED = {"augment": [{"shift": {"factor": 0.25}}], "epochs": 150}
_ROBUST = {"adversarial": {"attack": "pgd", "epsilon": 0.15}, **_LONGER}

# name: (data, architecture, its options, options of fit)
NETWORKS: dict[str, tuple[str, str, dict[str, Any], dict[str, Any]]] = {
    "shift_mlp": ("canvas", "mlp", {"units": (32,)}, {}),
    "shift_mlp_augmented": ("canvas", "mlp", {"units": (32,)}, _SHIFTED),
    "shift_cnn": ("canvas", "image_cnn", _CNN, _LONGER),
    "attack_mlp": ("digits", "mlp", {"units": (32,)}, {}),
    "attack_cnn": ("digits", "image_cnn", _CNN, _LONGER),
    "attack_cnn_robust": ("digits", "image_cnn", _CNN, _ROBUST),
}


def on_canvas(x: np.ndarray, right: int = 0, down: int = 0) -> np.ndarray:
    """Put pictures `(n, 8, 8, 1)` on a black canvas of 16 by 16 pixels, in its middle or shifted from it.

    Example:
        >>> on_canvas(np.ones((1, 8, 8, 1), np.uint8), right=4)[0, 4].ravel().tolist()
        [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]
    """
    edge = (SIZE - x.shape[1]) // 2
    canvas = np.zeros((len(x), SIZE, SIZE, 1), x.dtype)
    top, left = edge + down, edge + right
    canvas[:, top : top + x.shape[1], left : left + x.shape[2]] = x
    return canvas


def digits(kind: str = "digits") -> Dataset:
    """Return the data set `digits`, as it is or (`"canvas"`) in the middle of a larger picture."""
    from deepbio.datasets import load_dataset

    data = load_dataset("digits")
    if kind == "digits":
        return data
    parts = {part: replace(split, x=on_canvas(np.asarray(split.x))) for part, split in data.splits()}
    return replace(data, name="digits_canvas", input=replace(data.input, shape=(SIZE, SIZE, 1)), **parts)


def layers_of(model: keras.Model) -> list[tuple[str, list[np.ndarray]]]:
    """Return a network as a list of `(kind, weights)`, each batch normalisation folded into the convolution before it.

    Pixels are fractions of their range from 0 to 1. Kinds are `conv` (3 by 3, padded with zeros), `relu`, `pool` (largest of
    2 by 2), `mean` (over the picture), `flatten` and `dense`.

    Example:
        >>> from deepbio.zoo import get_model
        >>> [kind for kind, _ in layers_of(get_model("image_cnn", input_shape=(8, 8, 1), outputs=10))][:3]
        ['conv', 'relu', 'conv']
    """
    found: list[tuple[str, list[np.ndarray]]] = []
    kinds = {"Activation": "relu", "MaxPooling2D": "pool", "GlobalAveragePooling2D": "mean", "Flatten": "flatten"}
    for layer in model.layers:
        name, weights = type(layer).__name__, [np.asarray(w, np.float64) for w in layer.get_weights()]
        if name == "Conv2D":
            found.append(("conv", [weights[0], np.zeros(weights[0].shape[-1])]))
        elif name == "BatchNormalization":
            gamma, beta, mean, variance = weights
            scale = gamma / np.sqrt(variance + layer.epsilon)  # type: ignore[attr-defined]
            kernel, bias = found[-1][1]
            found[-1] = ("conv", [kernel * scale, (bias - mean) * scale + beta])
        elif name == "Dense":
            found.append(("dense", weights))
        elif name in kinds:
            found.append((kinds[name], []))
    return [(kind, [w.astype(np.float32) for w in weights]) for kind, weights in found]


def keras_network(layers: list[tuple[str, list[np.ndarray]]], size: int, dtype: str = "float32") -> keras.Model:
    """Build the Keras model of such a list, which takes pictures `(batch, size, size, 1)` of 0 to 1 and returns logits."""
    import keras

    inputs = x = keras.Input((size, size, 1), dtype=dtype)
    for kind, weights in layers:
        if kind == "conv":
            x = keras.layers.Conv2D(weights[0].shape[-1], 3, padding="same", dtype=dtype)(x)
        elif kind == "dense":
            x = keras.layers.Dense(weights[0].shape[-1], dtype=dtype)(x)
        elif kind == "relu":
            x = keras.layers.ReLU(dtype=dtype)(x)
        elif kind == "pool":
            x = keras.layers.MaxPooling2D(2, dtype=dtype)(x)
        else:
            x = {"mean": keras.layers.GlobalAveragePooling2D, "flatten": keras.layers.Flatten}[kind](dtype=dtype)(x)
    model = keras.Model(inputs, x)
    model.set_weights([w for _, weights in layers for w in weights])
    return model


def load_networks() -> dict[str, list[tuple[str, list[np.ndarray]]]]:
    """Read the trained networks: for each name the list of `(kind, weights)`."""
    found: dict[str, list[tuple[str, list[np.ndarray]]]] = {}
    with np.load(FOLDER / "networks.npz") as arrays:
        for key in arrays.files:
            name, _, kind, part = key.split("/")
            layers = found.setdefault(name, [])
            if part == "0":
                layers.append((kind, []))
            if arrays[key].size:
                layers[-1][1].append(arrays[key])
    return found


def figures() -> dict[str, Any]:
    """Read the accuracies that the pages show."""
    return json.loads((FOLDER / "networks.json").read_text(encoding="utf-8"))


def train(folder: Path = FOLDER) -> None:
    """Train the networks, measure them on the test split, and write `networks.npz` and `networks.json`."""
    import deepbio
    from deepbio.zoo import get_model

    arrays: dict[str, np.ndarray] = {}
    measured: dict[str, Any] = {"shifts": SHIFTS, "epsilons": EPSILONS, "accuracy": {}}
    test = digits().test
    x, y = np.asarray(test.x), np.asarray(test.y)
    right = np.ones(len(y), bool)
    for name, (kind, architecture, options, training) in NETWORKS.items():
        data = digits(kind)
        model = get_model(architecture, dataset=data, seed=0, **options)
        deepbio.fit(model, data, seed=0, **training)
        layers = layers_of(model)
        for i, (layer, weights) in enumerate(layers):
            for j, w in enumerate(weights or [np.zeros(0, np.float32)]):
                arrays[f"{name}/{i:02d}/{layer}/{j}"] = w
        network = keras_network(layers, data.input.shape[0])
        if kind == "canvas":
            found = [[_right(network, on_canvas(x, r, d), y) for r in SHIFTS] for d in SHIFTS]
            right &= found[4][4]
        else:
            found = [attack(network, x, y, epsilon, PGD_STEPS)[1] for epsilon in EPSILONS]
            right &= found[0]
        measured["accuracy"][name] = np.round(np.mean(found, axis=-1), 4).tolist()
    measured["examples"] = len(y)
    # of each class the first picture of the test split that all networks name unshifted and unchanged
    measured["pictures"] = [int(np.flatnonzero(right & (y == digit))[0]) for digit in range(10)]
    with write_atomically(folder / "networks.npz") as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    with write_atomically(folder / "networks.json") as temporary:
        temporary.write_text(json.dumps(measured) + "\n", encoding="utf-8")


def _right(network: keras.Model, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.argmax(network(x / np.float32(255)), axis=1) == y


def attack(
    network: keras.Model, x: np.ndarray, y: np.ndarray, epsilon: float, steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """Attack pictures along the sign of the gradient (Goodfellow et al. 2015, arXiv:1412.6572; Madry et al. 2018, 1706.06083).

    Args:
        network: Network of pictures from 0 to 1.
        x: uint8 `(n, height, width, 1)`.
        y: Classes `(n,)`.
        epsilon: Largest change of a pixel, in fractions of its range.
        steps: 1 for the fast gradient sign method, more for projected gradient descent without a random start. Each step is
            2.5 epsilon / steps long, or epsilon if there is one.

    Returns:
        The attacked pictures, and whether each is still named rightly.
    """
    import keras
    import tensorflow as tf

    start = tf.constant(x / 255.0, network.inputs[0].dtype)
    moved, size = start, epsilon if steps == 1 else 2.5 * epsilon / steps
    for _ in range(steps if epsilon else 0):
        with tf.GradientTape() as tape:
            tape.watch(moved)
            loss = keras.ops.sum(keras.losses.sparse_categorical_crossentropy(y, network(moved), from_logits=True))
        moved = moved + size * tf.sign(tape.gradient(loss, moved))  # type: ignore[arg-type]
        moved = tf.clip_by_value(tf.clip_by_value(moved, start - epsilon, start + epsilon), 0, 1)
    return np.asarray(moved), np.argmax(network(moved), axis=1) == y


if __name__ == "__main__":
    train()
