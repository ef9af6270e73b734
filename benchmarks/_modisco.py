"""TF-MoDISco (modisco-lite) for the scripts of this folder."""

import importlib
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from deepbio.interpret import gradient_correction, read_modisco
from deepbio.interpret.motifs import Pattern

_FOLDER = Path(__file__).resolve().parent


def import_numba() -> None:
    """Import numba, which looks for the package coverage; the script `coverage.py` of this folder must not be found in its place."""
    kept = sys.path[:]
    sys.path[:] = [one for one in kept if Path(one or ".").resolve() != _FOLDER]
    try:
        importlib.import_module("numba")
    finally:
        sys.path[:] = kept


import_numba()


def modisco_patterns(codes: np.ndarray, hypothetical: np.ndarray, **options: Any) -> list[Pattern]:
    """Return the patterns of TF-MoDISco, positive ones first, read again from the file that it writes.

    Args:
        codes: uint8 `(n, length)`.
        hypothetical: Hypothetical contributions `(n, length, 4)`.
        options: Arguments of `TFMoDISco`.
    """
    from modiscolite.io import save_hdf5
    from modiscolite.tfmodisco import TFMoDISco

    one_hot, values = np.eye(5, dtype=np.float32)[codes][..., :4], gradient_correction(hypothetical).astype(np.float32)
    found = TFMoDISco(one_hot=one_hot, hypothetical_contribs=values, max_seqlets_per_metacluster=2000, **options)
    if not any(found):
        return []
    with tempfile.TemporaryDirectory() as folder:
        save_hdf5(Path(folder) / "modisco.h5", *found, codes.shape[1])
        return read_modisco(Path(folder) / "modisco.h5")
