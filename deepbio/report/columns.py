"""Facts about examples that their inputs tell: columns for the subgroup table where there are no others."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepbio.datasets import Split
from deepbio.specs import ModelInput

_BLOCK = 4096


def input_columns(input: ModelInput, split: Split) -> dict[str, np.ndarray]:
    """Return what can be counted from the inputs: GC content of DNA, words of a note, brightness and contrast of an image.

    Example:
        >>> from deepbio.datasets import load_dataset
        >>> data = load_dataset("uci_splice")
        >>> list(input_columns(data.input, data.test))
        ['GC content']
    """
    blocks = (split.x[np.arange(first, min(first + _BLOCK, len(split)))] for first in range(0, len(split), _BLOCK))
    found: list[dict[str, Any]] = [_of(input, block) for block in blocks]
    return {name: np.concatenate([part[name] for part in found]) for name in found[0]} if found else {}


def _of(input: ModelInput, x: np.ndarray) -> dict[str, np.ndarray]:
    if input.modality == "dna":
        known = np.maximum((x < 4).sum(axis=1), 1)
        return {"GC content": ((x == 1) | (x == 2)).sum(axis=1) / known}
    if input.modality == "text":
        return {"words": (x != 0).sum(axis=1)}
    if input.modality == "image":
        flat = x.reshape(len(x), -1).astype(np.float64)
        return {"brightness": flat.mean(axis=1), "contrast": flat.std(axis=1)}
    return {}
