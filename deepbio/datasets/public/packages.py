"""Data sets inside other Python packages: scikit-learn (tables and digits) and scanpy (blood cells)."""

import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from deepbio.datasets.build import from_anndata
from deepbio.datasets.cards import Card
from deepbio.datasets.columns import table_input
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.fetch import card_file
from deepbio.datasets.public.from_card import card_splits
from deepbio.datasets.split import Split
from deepbio.datasets.splitting import identical
from deepbio.files import sha256_of
from deepbio.specs import ModelInput, Task


def breast_cancer(card: Card) -> Dataset:
    """Load the Wisconsin diagnostic breast cancer table: 30 measurements; malignant is positive."""
    from sklearn.datasets import load_breast_cancer

    raw: Any = load_breast_cancer()
    return _table(card, raw, 1 - raw["target"])  # scikit-learn has malignant as 0


def iris(card: Card) -> Dataset:
    """Load Fisher's irises: four measurements of a flower, three species."""
    from sklearn.datasets import load_iris

    raw: Any = load_iris()
    return _table(card, raw, raw["target"])


def wine(card: Card) -> Dataset:
    """Load the wines: thirteen measurements, three cultivars."""
    from sklearn.datasets import load_wine

    raw: Any = load_wine()
    return _table(card, raw, raw["target"])


def diabetes(card: Card) -> Dataset:
    """Load the diabetes table in its own units: ten measurements, and the progression after a year as a number."""
    from sklearn.datasets import load_diabetes

    raw: Any = load_diabetes(scaled=False)
    return _table(card, raw, raw["target"].astype(np.float32)[:, None], Task("regression", 1, tuple(card["labels"])))


def digits(card: Card) -> Dataset:
    """Load the handwritten digits: 8 by 8 pixels, grey values 0 to 16 stretched to 0 to 255."""
    from sklearn.datasets import load_digits

    raw: Any = load_digits()
    x = np.round(raw["images"] * (255 / 16)).astype(np.uint8)[..., None]
    splits = card_splits(card, _whole(card, x, raw["target"].astype(np.int64)))
    task = Task.classify(tuple(card["classes"]))
    return Dataset(card.name, task, ModelInput("image", x.shape[1:]), *splits, card=card)


def pbmc68k_reduced(card: Card, *, seed: int = 0) -> Dataset:
    """Load scanpy's blood cells without importing scanpy: the type of a cell from the expression of its genes.

    Args:
        card: Card of the data set.
        seed: Random seed of the splits.
    """
    file = _in_scanpy(card) or card_file(card, card["files"][0]["name"])
    data = from_anndata(file, label=card["label"], fractions=card["split"]["fractions"], seed=seed, name=card.name)
    return replace(data, card=card, options={"seed": seed})


def _table(card: Card, raw: Any, y: np.ndarray, task: Task | None = None) -> Dataset:
    if task is None:
        y, task = y.astype(np.int64), Task.classify(tuple(card["classes"]))
    whole = _whole(card, raw["data"].astype(np.float32), y)
    train, valid, test = card_splits(card, whole, stratified=task.is_classification)
    spec = table_input(np.asarray(train.x), features=tuple(str(name) for name in raw["feature_names"]))
    return Dataset(card.name, task, spec, train, valid, test, card=card)


def _whole(card: Card, x: np.ndarray, y: np.ndarray) -> Split:
    return Split(x, y, np.array([f"{card.name}:{i + 1}" for i in range(len(x))]), identical(x))


def _in_scanpy(card: Card) -> Path | None:
    """Return the file of the card inside an installed scanpy, or None if scanpy does not have it."""
    spec = importlib.util.find_spec("scanpy")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        file = Path(folder) / "datasets" / card["files"][0]["name"]
        if file.is_file() and sha256_of(file) == card["files"][0]["sha256"]:
            return file
    return None
