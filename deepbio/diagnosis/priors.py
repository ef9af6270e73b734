"""Prior probabilities of the diseases by their prevalence, for `diagnose`."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from deepbio.errors import DataError, ModelError, nearest
from deepbio.files import read_text

if TYPE_CHECKING:
    from deepbio.zoo.record import ModelRecord

NONE = "None of these"
PRIOR_REMARK = "The prior of the diseases is the prevalence that was given."


def read_prior(path: str | os.PathLike[str]) -> dict[str, float]:
    r"""Read a table of diseases and their prevalence.

    Each line has a name, a tab and a number in any unit, such as cases per 100,000. Empty lines and lines that begin with `#` are
    skipped.

    Raises:
        DataError: The file is missing, a line does not have a name and a positive number, or a name comes twice.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "prior.tsv"
        >>> _ = path.write_text("# per 100,000\nTyphoid\t0.5\nQ fever\t2\n")
        >>> read_prior(path)
        {'Typhoid': 0.5, 'Q fever': 2.0}
    """
    prior: dict[str, float] = {}
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, value = (part.strip() for part in line.partition("\t"))
        try:
            prevalence = float(value)
        except ValueError:
            prevalence = math.nan
        if not name or not (math.isfinite(prevalence) and prevalence > 0):
            raise DataError(f"{path}, line {number}: expected a disease, a tab and a positive number.")
        if name in prior:
            raise DataError(f"{path}, line {number}: {name} comes a second time. Keep one line per disease.")
        prior[name] = prevalence
    return prior


def prior_factors(record: ModelRecord, prior: Mapping[str, float]) -> np.ndarray:
    """Return by what the probability of each label is multiplied (then divided by their sum) for another prior.

    By Bayes' rule that is the new prior over the one that the model was trained with. If "None of these" is a label and has no
    number, its prior stays, and the diseases share the rest in proportion to their numbers.

    Args:
        record: Record of a model of several classes with names.
        prior: Prevalence of every disease of the model, in any one unit.

    Returns:
        float64 `(labels,)`.

    Raises:
        DataError: A disease is unknown or has no number, or a number is not positive.
        ModelError: It is not known with which prior the model was trained, or its labels have no names.
    """
    assert record.task is not None
    labels = record.task.labels
    if labels is None:
        raise ModelError("A prior is given by disease, but the labels of this model have no names.")
    for name, value in prior.items():
        if name not in labels:
            raise DataError(f"The prior names {name!r}, which is no disease of the model. {nearest(name, labels)}")
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not (math.isfinite(value) and value > 0):
            raise DataError(f"The prior of {name} is a positive number; received {value!r}.")
    missing = [name for name in labels if name not in prior and name != NONE]
    if missing:
        shown = ", ".join(missing[:3]) + (", ..." if len(missing) > 3 else "")
        raise DataError(
            f"The prior has a number for each of the model's {len(labels) - (NONE in labels)} diseases; {len(missing)} have none: "
            f"{shown}. Add them, in the same unit."
        )
    before = trained_prior(record)
    after = np.array([float(prior.get(name, 0.0)) for name in labels])
    kept = 0.0 if NONE in prior or NONE not in labels else float(before[labels.index(NONE)])
    after *= (1 - kept) / after.sum()
    if kept:
        after[labels.index(NONE)] = kept
    return after / before


def trained_prior(record: ModelRecord) -> np.ndarray:
    """Return the frequency of each label that the probabilities of a model assume.

    It is the model's own `prior`, or equal for notes of the data set `vignettes`, or that of the validation split.

    Raises:
        ModelError: It is not known, or a label is missing in the split.
    """
    assert record.task is not None
    labels = record.task.labels or ()
    stated = record.config.get("prior")
    drawn = record.dataset is not None and record.dataset.get("name") == "vignettes" and NONE not in labels
    fitted = () if record.postprocessing is None else record.postprocessing.prevalence
    if stated is not None:
        found = np.asarray(stated, np.float64)
    elif drawn:  # each disease is drawn equally often
        found = np.ones(len(labels))
    elif fitted and min(fitted) > 0:
        found = np.asarray(fitted, np.float64)
    else:
        raise ModelError(
            "The prior that the probabilities assume is not known. Calibrate the model first, on a split with every label: "
            "`deepbio calibrate RUN`."
        )
    return found / found.sum()
