"""Load pretrained word vectors into a text model, from a user-supplied file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.errors import ModelError
from deepbio.text import MARK, Tokenizer, read_word_vectors
from deepbio.zoo.record import describe

if TYPE_CHECKING:
    import keras


def load_word_vectors(model: keras.Model, path: str | os.PathLike[str]) -> int:
    """Load the vectors of a word2vec, GloVe or fastText text file into a model's embedding.

    Words that the file lacks keep their weights. A negated word (see `deepbio.text.mark_negated`) gets the vector of the word.

    Args:
        model: Text model of deepbio, built with a data set.
        path: Path of the file; see `deepbio.text.read_word_vectors`.

    Returns:
        Number of words of the vocabulary that got a vector.

    Raises:
        ModelError: Not such a model, or vectors of another size than the embedding.
        DataError: The file cannot be read.
    """
    record = describe(model)
    layer: Any = next((layer for layer in model.layers if layer.name == "words"), None)
    if layer is None or record.input is None or record.input.tokenizer is None:
        raise ModelError(
            "Word vectors are for text models with an embedding, built with a data set: "
            "get_model('text_cnn', dataset=data, embedding_dim=300)."
        )
    vocabulary = Tokenizer.from_json(record.input.tokenizer).vocabulary
    plain = {word: word.removeprefix(MARK) for word in vocabulary if not word.startswith("[")}
    vectors = read_word_vectors(path, set(plain.values()))
    table = np.array(layer.get_weights()[0])
    found = 0
    for word, bare in plain.items():
        if bare in vectors:
            if vectors[bare].shape != table.shape[1:]:
                raise ModelError(
                    f"{os.fspath(path)} has vectors of {len(vectors[bare])} numbers; the embedding has {table.shape[1]}. "
                    f"Build the model with embedding_dim={len(vectors[bare])}."
                )
            table[vocabulary[word]] = vectors[bare]
            found += 1
    layer.set_weights([table])
    return found
