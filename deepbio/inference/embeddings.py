"""Embeddings: what a model computes of each example before its head, kept on disk; a nearest-neighbour baseline on them."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.datasets import Source
from deepbio.download import cache_folder
from deepbio.errors import DataError, ModelError
from deepbio.files import write_atomically
from deepbio.inference.forward import model_outputs
from deepbio.inference.inputs import Data, as_source
from deepbio.specs import Task
from deepbio.zoo import describe, weights_hash
from deepbio.zoo.transfer import is_head

if TYPE_CHECKING:
    import keras

log = logging.getLogger("deepbio")
_BATCH = 64


def head_node(model: keras.Model) -> Any:
    """Return the node of a model's head in its graph: a layer named `head...` or `..._head`, or else the last with weights.

    Raises:
        ModelError: The head is not one layer with one input.
    """
    graph: Any = getattr(model, "_functional", model)
    if not hasattr(graph, "_nodes_by_depth"):
        raise ModelError(
            f"{model.name} has no graph of layers. Embeddings need a functional or sequential Keras model."
        )
    nodes = [node for _, level in sorted(graph._nodes_by_depth.items()) for node in level if not node.is_input]
    heads = [node for node in nodes if is_head(node.operation.name)]
    if not heads:
        heads = [node for node in nodes if getattr(node.operation, "weights", None)][:1]
    if len(heads) != 1 or len(heads[0].input_tensors) != 1:
        names = sorted(node.operation.name for node in heads)
        raise ModelError(f"Embeddings need a model with one head that has one input; {model.name} has {names}.")
    return heads[0]


def head_input(model: keras.Model) -> Any:
    """Return the tensor that enters a model's head.

    Raises:
        ModelError: The head is not one layer with one input.
    """
    return head_node(model).input_tensors[0]


def embedding_model(model: keras.Model) -> keras.Model:
    """Return the model up to the input of its head, with one vector per example; it shares the weights.

    Feature maps become the mean and the maximum over positions or pixels, and the value in the middle (the mean of the middle
    two if their number is even), one after the other.

    Raises:
        ModelError: The head is not one layer with one input.

    Example:
        >>> from deepbio.zoo import get_model
        >>> embedding_model(get_model("mlp", input_shape=4, outputs=1, units=(8, 6))).output_shape
        (None, 6)
    """
    import keras

    return keras.Model(model.input, pooled(head_input(model)), name=f"{model.name}_embedding")


def pooled(x: Any) -> Any:
    """Return one vector per example of a Keras tensor `(batch, ..., channels)`: mean, maximum and middle."""
    import keras

    if len(x.shape) == 2:
        return x
    if len(x.shape) == 4:
        if None in x.shape[1:]:
            raise ModelError("Embeddings of feature maps need images of a fixed size.")
        return keras.layers.Concatenate(name="pooled")(
            [keras.layers.GlobalAveragePooling2D()(x), keras.layers.GlobalMaxPooling2D()(x)]
        )
    positions = x.shape[1]
    parts = [keras.layers.GlobalAveragePooling1D()(x), keras.layers.GlobalMaxPooling1D()(x)]
    if positions is not None:
        side = (positions - 1) // 2
        middle = keras.layers.Cropping1D(side)(x) if side else x
        parts.append(keras.layers.GlobalAveragePooling1D()(middle))
    return keras.layers.Concatenate(name="pooled")(parts)


def extract_embeddings(
    model: keras.Model, data: Data, *, batch_size: int = _BATCH, cache: bool | Path = True, **reading: Any
) -> np.ndarray:
    """Return the embedding of each example: the input of the model's head.

    They are computed once: a file in the cache (`DEEPBIO_CACHE`) is named by the hashes of the weights, of the layers before the
    head with their settings, and of the examples, so nothing old is returned for changed weights, preprocessing or data.

    Args:
        model: Model from `get_model`, or any functional Keras model with one head.
        data: As for `predict`: a split, an array, files or sequences.
        batch_size: Number of examples in one pass. It does not change the result.
        cache: Whether to keep them in the cache folder, or a folder to keep them in.
        reading: Options of files that differ from those of training.

    Returns:
        float32 `(n, features)`; see `embedding_model`.

    Raises:
        ModelError: The head is not one layer with one input.
        DataError: The data do not fit the model.

    Example:
        >>> from deepbio.datasets import load_dataset
        >>> from deepbio.zoo import get_model
        >>> data = load_dataset("uci_splice")
        >>> extract_embeddings(get_model("dna_cnn.uci_splice"), data.test.take(np.arange(3)), cache=False).shape
        (3, 128)
    """
    source, _ = as_source(describe(model), data, **reading)
    return embed_source(embedding_model(model), source, batch_size=batch_size, cache=cache)


def embed_source(model: keras.Model, x: Source, *, batch_size: int = _BATCH, cache: bool | Path = True) -> np.ndarray:
    """Return the outputs of an embedding model for every example of a source, from the cache if they are there."""
    if cache is False:
        return model_outputs(model, x, batch_size=batch_size)
    folder = cache_folder() / "embeddings" if cache is True else Path(cache)
    file = folder / f"{embedding_key(model, x)}.npy"
    if file.is_file():
        try:
            found = np.load(file, allow_pickle=False)
            if found.shape == (len(x), *model.output_shape[1:]) and found.dtype == np.float32:
                return found
        except (ValueError, OSError, EOFError):
            log.warning("%s is damaged; its embeddings are computed again.", file)
    found = model_outputs(model, x, batch_size=batch_size)
    file.parent.mkdir(parents=True, exist_ok=True)
    with write_atomically(file) as beside, beside.open("wb") as stream:
        np.save(stream, found)
    return found


def embedding_key(model: keras.Model, x: Source) -> str:
    """Return a SHA-256 of everything that embeddings depend on: weights, layers with their settings, and examples."""
    digest = hashlib.sha256(weights_hash(model).encode())
    settings = json.dumps([_settings(layer) for layer in model._flatten_layers(include_self=False)], default=str)
    digest.update(re.sub(r'_\d+"', '"', settings).encode())  # names are numbered by what was built before
    digest.update(f"{x.shape} {x.dtype}".encode())
    for first in range(0, len(x), 1024):
        digest.update(np.ascontiguousarray(x[np.arange(first, min(first + 1024, len(x)))]).tobytes())
    return digest.hexdigest()


def _settings(layer: Any) -> list[Any]:
    try:
        config = layer.get_config()
    except NotImplementedError:
        config = {}
    named = (
        "name",
        "layers",
        "input_layers",
        "output_layers",
    )  # the layers of a model inside the model follow by themselves
    return [type(layer).__name__, {key: value for key, value in config.items() if key not in named}]


def nearest_neighbors(train: np.ndarray, y: np.ndarray, new: np.ndarray, task: Task, *, k: int = 10) -> np.ndarray:
    """Predict new examples by the labels of their `k` nearest training examples, by the cosine of their embeddings.

    The training examples count alike. It is the baseline that needs no training: what a probe gains over it is what fitting adds.

    Args:
        train: Embeddings of the training examples `(n, features)`.
        y: Their labels.
        new: Embeddings to predict `(m, features)`.
        task: Task of the labels: classes, several labels or values per example.
        k: Number of neighbours, at most `n`.

    Returns:
        float64 probabilities or values `(m,)` of one output, else `(m, outputs)`.

    Raises:
        DataError: There are no training examples, or the task has an output per position.

    Example:
        >>> nearest_neighbors(np.eye(2), np.array([0, 1]), np.array([[1.0, 0.1]]), Task.classify(("a", "b")), k=1)
        array([0.])
    """
    if not task.answers_once or not len(train):
        raise DataError(
            f"Nearest neighbours need labelled examples and one answer each; received {len(train)}, {task.kind}."
        )
    unit, query = (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12) for rows in (train, new))
    targets = np.eye(task.outputs)[y] if task.kind == "multiclass" else np.asarray(y, np.float64).reshape(len(y), -1)
    k = min(k, len(unit))
    parts = []
    for first in range(0, len(query), 512):
        near = np.argpartition(-query[first : first + 512] @ unit.T, k - 1, axis=1)[:, :k]
        parts.append(targets[near].mean(axis=1))
    found = np.concatenate(parts) if parts else np.zeros((0, targets.shape[1]))
    return found[:, 0] if found.shape[1] == 1 else found
