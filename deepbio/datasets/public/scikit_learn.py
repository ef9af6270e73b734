"""Data sets that scikit-learn carries: breast cancer, diabetes, iris and wine (tables) and digits (images)."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepbio.datasets.cards import Card
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.public.card_splits import card_splits
from deepbio.datasets.split import Split
from deepbio.datasets.splitting import identical
from deepbio.datasets.standardise import table_input
from deepbio.specs import ModelInput, Task


def breast_cancer(card: Card) -> Dataset:
    """Read the Wisconsin diagnostic breast cancer table: 30 measurements, malignant is positive."""
    from sklearn.datasets import load_breast_cancer

    raw: Any = load_breast_cancer()
    # scikit-learn has malignant as 0
    return _table(card, raw, (1 - raw["target"]).astype(np.int64), Task.classify(tuple(card["classes"])))


def iris(card: Card) -> Dataset:
    """Read Fisher's irises: four measurements of a flower, three species."""
    from sklearn.datasets import load_iris

    raw: Any = load_iris()
    return _table(card, raw, raw["target"].astype(np.int64), Task.classify(tuple(card["classes"])))


def wine(card: Card) -> Dataset:
    """Read the wines: thirteen measurements, three cultivars."""
    from sklearn.datasets import load_wine

    raw: Any = load_wine()
    return _table(card, raw, raw["target"].astype(np.int64), Task.classify(tuple(card["classes"])))


def diabetes(card: Card) -> Dataset:
    """Read the diabetes table in its own units: ten measurements, and the progression a year later as a number."""
    from sklearn.datasets import load_diabetes

    raw: Any = load_diabetes(scaled=False)
    return _table(card, raw, raw["target"].astype(np.float32)[:, None], Task("regression", 1, tuple(card["labels"])))


def _table(card: Card, raw: Any, y: np.ndarray, task: Task) -> Dataset:
    whole = _whole(card, raw["data"].astype(np.float32), y)
    train, valid, test = card_splits(card, whole, stratified=task.is_classification)
    spec = table_input(np.asarray(train.x), features=tuple(str(name) for name in raw["feature_names"]))
    return Dataset(card.name, task, spec, train, valid, test, card=card)


def digits(card: Card) -> Dataset:
    """Read the handwritten digits: 8 by 8 pixels, grey values 0 to 16 stretched to 0 to 255."""
    from sklearn.datasets import load_digits

    raw: Any = load_digits()
    x = np.round(raw["images"] * (255 / 16)).astype(np.uint8)[..., None]
    y = raw["target"].astype(np.int64)
    splits = card_splits(card, _whole(card, x, y))
    return Dataset(
        card.name, Task.classify(tuple(card["classes"])), ModelInput("image", x.shape[1:]), *splits, card=card
    )


def _whole(card: Card, x: np.ndarray, y: np.ndarray) -> Split:
    return Split(x, y, np.array([f"{card.name}:{i + 1}" for i in range(len(x))]), identical(x))
