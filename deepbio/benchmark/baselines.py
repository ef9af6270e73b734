"""Simple baselines from scikit-learn, on the same splits and the same bytes as the models."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepbio.datasets import Dataset, Split
from deepbio.errors import ModelError, nearest
from deepbio.specs import InputSpec

BASELINES = ("majority", "logistic_regression", "random_forest")


def baseline(name: str, data: Dataset, *, seed: int = 0) -> np.ndarray:
    """Fit a baseline on the training split and predict the test split.

    Features: columns of a table, pixels, one-hot letters of DNA, or TF-IDF weights of words.

    Args:
        name: `"majority"` (class frequencies of the training split), `"logistic_regression"` (L2, C = 1; 0.1 for DNA) or
            `"random_forest"` (500 trees).
        seed: of the forest.

    Returns:
        probabilities `(n,)` for a binary task, else `(n, classes)`.
    """
    if name not in BASELINES:
        raise ModelError(f"Unknown baseline {name!r}. {nearest(name, BASELINES)}")
    if not data.task.is_classification:
        raise ModelError(f"The baselines tell classes apart; {data.name} is {data.task.kind}.")
    classes = 2 if data.task.kind == "binary" else data.task.outputs
    if name == "majority":
        frequency = np.bincount(np.asarray(data.train.y), minlength=classes) / len(data.train)
        p = np.tile(frequency, (len(data.test), 1))
    else:
        train, test = _features(data)
        model = _classifier(name, data.input.modality, seed)
        model.fit(train, np.asarray(data.train.y))
        p = np.zeros((len(data.test), classes))
        p[:, model.classes_] = model.predict_proba(test)
    return p[:, 1] if data.task.kind == "binary" else p


def _classifier(name: str, modality: str, seed: int) -> Any:
    if name == "random_forest":
        from sklearn.ensemble import RandomForestClassifier

        return RandomForestClassifier(500, random_state=seed, n_jobs=-1)
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C={"dna": 0.1, "text": 10.0}.get(modality, 1.0), max_iter=5000)


def _features(data: Dataset) -> tuple[Any, Any]:
    if data.input.modality == "text":
        from sklearn.feature_extraction.text import TfidfTransformer

        weigh = TfidfTransformer(sublinear_tf=True)
        vocabulary = data.input.vocabulary_size
        train = weigh.fit_transform(_word_counts(data.train, vocabulary))
        return train, weigh.transform(_word_counts(data.test, vocabulary))
    return flat_features(data.input, data.train.x), flat_features(data.input, data.test.x)


def flat_features(input: InputSpec, x: Any) -> np.ndarray:
    """Give one row of numbers an example: standardised columns, pixels from 0 to 1, or one-hot letters.

    Returns:
        float32 `(n, values)`.
    """
    x = x[np.arange(len(x))]
    if input.modality == "dna":
        return (x[:, :, None] == np.arange(4)).reshape(len(x), -1).astype(np.float32)
    if input.modality == "image":
        return x.reshape(len(x), -1).astype(np.float32) / 255
    return (x - np.array(input.mean or 0, np.float32)) / np.array(input.deviation or 1, np.float32)


def _word_counts(split: Split, vocabulary: int) -> Any:
    from scipy.sparse import coo_array

    ids = split.x[np.arange(len(split))]
    rows, columns = np.nonzero(ids)
    counts = coo_array((np.ones(len(rows)), (rows, ids[rows, columns])), shape=(len(ids), vocabulary))
    return counts.tocsr()
