"""Word evidence: how much each word of a note contributes to each label, by integrated gradients and by attention."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.errors import DataError, ModelError
from deepbio.interpret.arguments import check_counts
from deepbio.text import PADDING
from deepbio.zoo import describe

if TYPE_CHECKING:
    import keras

WORDS = "words"  # name of the embedding in every text model
_MAX_VALUES = (
    4_000_000  # numbers of word vectors in one pass, so that a long note takes more passes and not more memory
)


def word_evidence(model: keras.Model, ids: np.ndarray | str, labels: Sequence[int], *, steps: int = 32) -> np.ndarray:
    """Compute each word's contribution to the logit of each label, by integrated gradients over the word vectors.

    The path leads from zero vectors to the note's own; gradients are taken at the middle of each step. The contributions to a
    label add up to its logit minus the logit of a note of the same length with zero vectors.

    Source: Sundararajan et al. 2017, arXiv:1703.01365.

    Args:
        model: Text model from `get_model` that returns logits.
        ids: Token ids of one note, int32 `(tokens,)`, or its text.
        labels: Indices of the outputs.
        steps: Number of steps of the path.

    Returns:
        float64 `(labels, tokens)`, 0 at padding.

    Raises:
        ModelError: The model has no word vectors.
        DataError: Ids of another shape, or an index that no output has.
    """
    import keras
    import tensorflow as tf

    record = describe(model)
    layer: Any = next((layer for layer in model.layers if layer.name == WORDS), None)
    if record.input is None or record.input.modality != "text" or layer is None:
        raise ModelError(
            "Word evidence needs a model with word vectors: a text model of deepbio other than bag_of_words. text_occlusion "
            "explains that one too (on the command line --method occlusion)."
        )
    check_counts(steps=steps)
    _check_labels(model, labels)
    ids = as_note(model, ids)
    row = tf.constant(ids[None])
    table, vectors = (np.asarray(x) for x in keras.Model(model.inputs[0], [_input(layer), layer.output])(row))
    to_logits = keras.Model([model.inputs[0], layer.output], model.output)
    shape = vectors.shape[1:]
    chunk = max(1, _MAX_VALUES // int(np.prod(shape)))
    alphas = (np.arange(steps, dtype=np.float32) + 0.5) / steps
    total = np.zeros((len(labels), *shape[:-1]))
    for first in range(0, steps, chunk):
        part = alphas[first : first + chunk]
        points = tf.constant(part.reshape(-1, *[1] * len(shape)) * vectors)
        notes = tf.repeat(row, len(part), axis=0)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(points)
            logits: Any = to_logits([notes, points], training=False)
            sums = [tf.reduce_sum(logits[:, label]) for label in labels]
        for k, one in enumerate(sums):
            gradient = tape.gradient(one, points)
            if gradient is not None:
                total[k] += (np.asarray(gradient, np.float64).sum(axis=0) * vectors[0]).sum(axis=-1)
    return _per_token(total / steps, table[0], ids)


def attention_weights(model: keras.Model, ids: np.ndarray | str, labels: Sequence[int]) -> np.ndarray | None:
    """Return the model's attention to each word for each label, or `None` if it has no attention that can be read.

    `caml` has weights for each label. `han` has one set for all labels: a word's weight times its sentence's. For
    `note_evidence` the values are the evidence that it adds up at each word, positive or negative.

    Args:
        model, ids, labels: As for `word_evidence`.

    Returns:
        float64 `(labels, tokens)`, 0 at padding; or `None`.
    """
    architecture = describe(model).architecture
    if architecture not in ("caml", "han", "note_evidence"):
        return None
    _check_labels(model, labels)
    row = as_note(model, ids)[None]
    known = row != PADDING
    if architecture == "caml":
        head: Any = model.get_layer("head")
        x = _values(model, row, _input(head))
        return np.asarray(head.attention(x, known), np.float64)[0, list(labels)]
    if architecture == "note_evidence":
        x = _values(model, row, _input(model.get_layer("sum")))
        kernel = np.asarray(model.get_layer("head").get_weights()[0], np.float64)
        kernel = np.eye(len(kernel)) if kernel.ndim == 1 else kernel  # a table of evidence, whose head is a bias
        return (np.asarray(x, np.float64)[0] @ kernel[:, list(labels)]).T * known[0]
    inner: Any = model.get_layer("word_attention")
    outer: Any = model.get_layer("sentence_attention")
    table, x, y = _values(model, row, [_input(layer) for layer in (model.get_layer(WORDS), inner, outer)])
    filled = np.asarray(table)[0] != PADDING
    of_words = np.asarray(inner.attention(x, filled), np.float64)[..., 0]
    of_sentences = np.asarray(outer.attention(y, filled.any(axis=1)[None]), np.float64)[0]
    weights = _per_token((of_words * of_sentences)[None], np.asarray(table)[0], row[0])
    return np.repeat(weights, len(labels), axis=0)


def as_note(model: keras.Model, note: np.ndarray | str) -> np.ndarray:
    """Return one note as token ids, int32 `(tokens,)`.

    Args:
        model: Text model of deepbio.
        note: Token ids, or text for a model that has its tokenizer.

    Raises:
        DataError: Ids of another shape, or beyond the vocabulary.
    """
    from deepbio.inference.conversion import from_texts
    from deepbio.inference.reading_plan import input_of

    known = input_of(describe(model))
    if isinstance(note, str):
        return from_texts(known, [note])[0]
    ids, size = np.asarray(note), known.shape[0]
    if ids.shape != (size,) or ids.dtype.kind not in "iu":
        raise DataError(
            f"{model.name} takes one note as {size} token ids or as text; received {ids.dtype} {ids.shape}."
        )
    layer: Any = next((layer for layer in model.layers if layer.name == WORDS), None)
    words = getattr(layer, "input_dim", None)
    if ids.min() < 0 or (words is not None and ids.max() >= words):
        raise DataError(f"{model.name} knows the token ids 0 to {(words or ids.max() + 1) - 1}; received others.")
    return ids.astype(np.int32)


def _check_labels(model: keras.Model, labels: Sequence[int]) -> None:
    outputs = model.output_shape[-1]
    given: list[Any] = [None] if isinstance(labels, (str, int)) else list(labels)  # pyright: ignore[reportArgumentType]
    if any(isinstance(k, bool) or not isinstance(k, Integral) or not 0 <= int(k) < outputs for k in given):
        raise DataError(
            f"Expected labels= a list of indices of outputs, from 0 to {outputs - 1}; received {labels!r}. "
            "The labels of a model are describe(model).task.labels, in this order."
        )


def _values(model: keras.Model, row: np.ndarray, tensors: Any) -> Any:
    """Return the values of one or several tensors inside a model."""
    import keras

    return keras.Model(model.inputs[0], tensors)(row, training=False)


def _input(layer: Any) -> Any:
    found = layer.input
    return found[0] if isinstance(found, list) else found


def _per_token(values: np.ndarray, table: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Return values of a table of ids (one row per sentence in `han`) in the order of the note's tokens."""
    if values.ndim == 2:
        return values * (ids != PADDING)
    found = np.zeros((len(values), len(ids)))
    in_order = values[:, table != PADDING]
    found[:, np.flatnonzero(ids != PADDING)[: in_order.shape[1]]] = in_order
    return found
