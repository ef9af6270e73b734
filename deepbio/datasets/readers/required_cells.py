"""Cells of a table that must be there: labels, notes and groups."""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from deepbio.datasets.labels import listed
from deepbio.errors import DataError

log = logging.getLogger("deepbio")


def present(file: Path, column: pd.Series, spellings: Sequence[str], *, refuse: bool) -> np.ndarray:
    """Return which cells of a column of words are there. Missing ones are named together if they are refused."""
    words = column.astype(str).str.strip()
    empty = (column.isna() | (words == "")).to_numpy(dtype=bool)
    missing = empty | words.isin(spellings).to_numpy(dtype=bool)
    if missing.any() and refuse:
        rows = np.flatnonzero(missing) + 1
        written = sorted(set(words[missing & ~empty]))
        what = (
            "the cell is empty" if not written else f"the cell says {' or '.join(map(repr, written))}, a missing value"
        )
        keep = "; keep_na=True keeps the word" if written else ""
        raise DataError(
            f"{file}, {listed(rows)}, column {column.name!r}: {what}. Fill it in or remove the row; drop_na=True (on the command "
            f"line --data drop_na=true) leaves such rows out{keep}."
        )
    return ~missing


def own_groups(file: Path, groups: np.ndarray, column: pd.Series, spellings: Sequence[str]) -> np.ndarray:
    """Return the groups with one of its own for each row without a value."""
    there = present(file, column, spellings, refuse=False)
    if not there.all():
        log.warning("%s: %d rows without a value of %r are a group each.", file, (~there).sum(), column.name)
    own = np.array([f"missing {i + 1}" for i in range(len(groups))])
    return np.where(there, groups, own)
