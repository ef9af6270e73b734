"""Tables of patients with missing values and categories: Pima and Cleveland, from files that the user supplies."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from deepbio.datasets.build import from_csv
from deepbio.datasets.cards import Card
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.fetch import card_file

CODES = ("cp", "restecg", "slope", "thal")
"""Columns of Cleveland whose numbers are codes."""
_COLUMNS = [
    "age",
    "sex",
    "cp",
    "trestbps",
    "chol",
    "fbs",
    "restecg",
    "thalach",
    "exang",
    "oldpeak",
    "slope",
    "ca",
    "thal",
    "num",
]


def pima(card: Card, *, seed: int = 0) -> Dataset:
    """Load women of Pima heritage: seven measurements, some of them missing; diabetes is positive.

    Args:
        card: Card of the data set.
        seed: Random seed of the splits.
    """
    return _loaded(card, pima_frame(card), "Yes", (), seed)


def cleveland(card: Card, *, seed: int = 0) -> Dataset:
    """Load patients of the Cleveland Clinic: thirteen measurements, four of them categories; heart disease is positive.

    Args:
        card: Card of the data set.
        seed: Random seed of the splits.
    """
    return _loaded(card, cleveland_frame(card), "disease", CODES, seed)


def pima_frame(card: Card) -> pd.DataFrame:
    """Return the rows of Pima with NaN for missing cells; the column `y` has the classes."""
    return pd.read_csv(card_file(card, "pima.csv")).rename(columns={"type": "y"})


def cleveland_frame(card: Card) -> pd.DataFrame:
    """Return the rows of Cleveland with NaN for missing cells; the column `y` has the classes."""
    frame = pd.read_csv(card_file(card, "processed.cleveland.data"), names=_COLUMNS, na_values="?")
    return frame.assign(y=np.where(frame.pop("num") > 0, "disease", "none"))


def _loaded(card: Card, frame: pd.DataFrame, positive: str, categories: Sequence[str], seed: int) -> Dataset:
    fractions = card["split"]["fractions"]
    data = from_csv(
        frame,
        label="y",
        positive=positive,
        categories=list(categories),
        fractions=fractions,
        seed=seed,
        name=card.name,
    )
    return replace(data, card=card, options={"seed": seed})
