"""Examples of the same content with two labels, which no model can be right about."""

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np

from deepbio.datasets.splitting import digests

log = logging.getLogger("deepbio")


def log_two_labels(x: Any, ids: Sequence[str] | np.ndarray, y: Any, *, what: str = "picture") -> None:
    """Log the first of the examples whose content has two labels.

    Args:
        x: Examples, as `deepbio.datasets.splitting.digests` takes them.
        ids: Names of the examples.
        y: Label of each example.
        what: What an example is called.
    """
    first: dict[str, int] = {}
    same = [first.setdefault(digest, i) for i, digest in enumerate(digests(x).tolist())]
    twice = np.flatnonzero(np.asarray(y)[same] != np.asarray(y))
    if len(twice):
        one, other = same[twice[0]], twice[0]
        log.warning(
            "One %s has two labels: %s is %s and %s is %s%s. Correct or remove one.",
            what, ids[one], y[one], ids[other], y[other], f" ({len(twice)} such {what}s)" if len(twice) > 1 else "",
        )  # fmt: skip
