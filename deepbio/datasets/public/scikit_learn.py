"""Data sets that scikit-learn carries: breast cancer (a table) and digits (images)."""

from __future__ import annotations

import numpy as np

from deepbio.datasets.cards import Card
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.split import Split
from deepbio.datasets.splitting import assign_splits, identical
from deepbio.datasets.standardise import table_input
from deepbio.specs import InputSpec, Task


def breast_cancer(card: Card) -> Dataset:
    """Read the Wisconsin diagnostic breast cancer table: 30 measurements, malignant is positive."""
    from sklearn.datasets import load_breast_cancer

    raw = load_breast_cancer()
    x = raw["data"].astype(np.float32)
    y = (1 - raw["target"]).astype(np.int64)  # scikit-learn has malignant as 0
    splits = _cut(card, x, y)
    spec = table_input(splits["train"].x, features=tuple(str(name) for name in raw["feature_names"]))
    return Dataset(card.name, Task.classify(tuple(card["classes"])), spec, **splits, card=card)


def digits(card: Card) -> Dataset:
    """Read the handwritten digits: 8 by 8 pixels, grey values 0 to 16 stretched to 0 to 255."""
    from sklearn.datasets import load_digits

    raw = load_digits()
    x = np.round(raw["images"] * (255 / 16)).astype(np.uint8)[..., None]
    y = raw["target"].astype(np.int64)
    spec = InputSpec("image", x.shape[1:])
    return Dataset(card.name, Task.classify(tuple(card["classes"])), spec, **_cut(card, x, y), card=card)


def _cut(card: Card, x: np.ndarray, y: np.ndarray) -> dict[str, Split]:
    whole = Split(x, y, np.array([f"{card.name}:{i + 1}" for i in range(len(x))]), identical(x))
    part = assign_splits(whole.groups, y, salt=card["split"]["salt"], fractions=card["split"]["fractions"])
    return {name: whole.take(part == name) for name in ("train", "valid", "test")}
