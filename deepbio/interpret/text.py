"""How much each word of a note speaks for or against each label: integrated gradients, and attention where there is any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.errors import ModelError
from deepbio.text import PADDING
from deepbio.zoo import describe

if TYPE_CHECKING:
    import keras

_CELLS = 4_000_000  # numbers of word vectors in one pass, so that a long note takes more passes and not more memory
WORDS = "words"  # the embedding's name in every text model


def word_evidence(model: keras.Model, ids: np.ndarray, labels: Sequence[int], *, steps: int = 32) -> np.ndarray:
    """Return each word's part in the logit of each label, by integrated gradients over the word vectors.

    The path goes from zero vectors to the note's own; the middle of each step is taken. The parts of a label add up to its
    logit less the logit of a note of the same length whose words mean nothing. Source: Sundararajan et al. 2017,
    arXiv:1703.01365.

    Args:
        model: a text model from `get_model` that gives logits.
        ids: int32 `(tokens,)` of one note.
        labels: numbers of the outputs.
        steps: of the path.

    Returns:
        float64 `(labels, tokens)`, 0 at padding.

    Raises:
        ModelError: the model is no text model of deepbio's.
    """
    import tensorflow as tf

    inside = _after_words(model)
    row = tf.constant(np.asarray(ids, np.int32)[None])
    table, vectors = (np.asarray(x) for x in inside.to_words(row))
    shape = vectors.shape[1:]
    chunk = max(1, _CELLS // int(np.prod(shape)))
    alphas = (np.arange(steps, dtype=np.float32) + 0.5) / steps
    total = np.zeros((len(labels), *shape[:-1]))
    for first in range(0, steps, chunk):
        part = alphas[first : first + chunk]
        points = tf.constant(part.reshape(-1, *[1] * len(shape)) * vectors)
        notes = tf.repeat(row, len(part), axis=0)
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(points)
            logits: Any = inside.to_logits([notes, points], training=False)
            each = [tf.reduce_sum(logits[:, label]) for label in labels]
        for k, one in enumerate(each):
            slope = tape.gradient(one, points)
            if slope is not None:
                total[k] += (np.asarray(slope, np.float64).sum(axis=0) * vectors[0]).sum(axis=-1)
    return _by_token(total / steps, table[0], np.asarray(ids))


def attention_weights(model: keras.Model, ids: np.ndarray, labels: Sequence[int]) -> np.ndarray | None:
    """Return how much the model looks at each word for each label, or None where it has no attention that can be read.

    `caml` has weights for each label; `han` has one set for all, a word's times its sentence's; `note_evidence` gives the
    evidence that it adds up at each word, positive or negative.

    Args:
        model, ids, labels: as for `word_evidence`.

    Returns:
        float64 `(labels, tokens)`, 0 at padding; or None.
    """
    network, as_tensor = _keras()
    record = describe(model)
    row = np.asarray(ids, np.int32)[None]
    known = row != PADDING
    if record.architecture == "caml":
        head: Any = model.get_layer("head")
        x = network(model.inputs[0], _input_of(head))(row, training=False)
        return np.asarray(head.attention(x, as_tensor(known)), np.float64)[0, list(labels)]
    if record.architecture == "note_evidence":
        x = np.asarray(network(model.inputs[0], _input_of(model.get_layer("sum")))(row, training=False), np.float64)[0]
        kernel = np.asarray(model.get_layer("head").get_weights()[0], np.float64)
        return (x @ kernel[:, list(labels)]).T * known[0]
    if record.architecture == "han":
        return np.repeat(_han_weights(model, row)[None], len(labels), axis=0)
    return None


class _Inside:
    """A text model cut behind its word vectors."""

    def __init__(self, to_words: keras.Model, to_logits: keras.Model) -> None:
        self.to_words, self.to_logits = to_words, to_logits


def _after_words(model: keras.Model) -> _Inside:
    network, _ = _keras()
    record = describe(model)
    layer: Any = next((layer for layer in model.layers if layer.name == WORDS), None)
    if record.input is None or record.input.modality != "text" or layer is None:
        raise ModelError(
            "Words have evidence in models with word vectors: the text models of deepbio, bag_of_words apart."
        )
    return _Inside(
        network(model.inputs[0], [_input_of(layer), layer.output]),
        network([model.inputs[0], layer.output], model.output),
    )


def _input_of(layer: Any) -> Any:
    found = layer.input
    return found[0] if isinstance(found, list) else found


def _by_token(values: np.ndarray, table: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """Bring values of a table of ids (a row a sentence in `han`) back to the note's order."""
    if values.ndim == 2:
        return values * (ids != PADDING)
    found = np.zeros((len(values), len(ids)))
    held = values[:, table != PADDING]
    found[:, np.flatnonzero(ids != PADDING)[: held.shape[1]]] = held
    return found


def _han_weights(model: keras.Model, row: np.ndarray) -> np.ndarray:
    """A word's weight in its sentence times the sentence's in the note."""
    network, as_tensor = _keras()
    inner: Any = model.get_layer("word_attention")
    outer: Any = model.get_layer("sentence_attention")
    parts = [_input_of(layer) for layer in (model.get_layer(WORDS), inner, outer)]
    table, x, y = (np.asarray(part) for part in network(model.inputs[0], parts)(row, training=False))
    known = table[0] != PADDING
    in_sentence = np.asarray(inner.attention(as_tensor(x), as_tensor(known)), np.float64)[..., 0]
    of_sentence = np.asarray(outer.attention(as_tensor(y), as_tensor(known.any(axis=1)[None])), np.float64)[0]
    return _by_token((in_sentence * of_sentence)[None], table[0], row[0])[0]


def _keras() -> tuple[Any, Any]:
    """Keras's model and its conversion of arrays, loaded when they are needed."""
    import keras

    return keras.Model, keras.ops.convert_to_tensor
