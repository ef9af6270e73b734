"""Codons to amino acids, with the genetic codes that NCBI numbers."""

from __future__ import annotations

from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import ArrayLike

from deepbio.errors import DataError
from deepbio.sequence.codes import as_codes


def translate(codes: ArrayLike, *, table: int = 1, frame: int = 0, to_stop: bool = False) -> str | list[str]:
    """Translate codes `(length,)` or `(n, length)` to protein letters, one string a sequence.

    `*` is a stop. A codon with N gives its amino acid where all its readings agree (GCN is A), else X. One or two bases
    left over at the end are not read.

    Args:
        codes: uint8 codes.
        table: NCBI's number of the genetic code; 1 is the standard one, 2 that of vertebrate mitochondria.
        frame: 0, 1 or 2 bases to skip first.
        to_stop: end before the first stop.

    Source: NCBI genetic codes as Biopython carries them (`Bio.Data.CodonTable`).

    Example:
        >>> from deepbio.sequence import encode
        >>> translate(encode("ATGGCNTAA"))
        'MA*'
    """
    codes = as_codes(codes)
    if codes.ndim not in (1, 2):
        raise DataError(f"Expected codes of shape (length,) or (n, length); received {codes.shape}.")
    if frame not in (0, 1, 2):
        raise DataError(f"frame is 0, 1 or 2; received {frame!r}.")
    amino_acids = _amino_acids(table)
    rows = np.atleast_2d(codes)[:, frame:]
    length = rows.shape[1] // 3
    codons = rows[:, : 3 * length].reshape(len(rows), length, 3)
    letters = amino_acids[codons @ np.array([25, 5, 1], dtype=np.uint8)]
    proteins = [row.tobytes().decode("ascii") for row in letters]
    if to_stop:
        proteins = [protein.split("*", 1)[0] for protein in proteins]
    return proteins[0] if codes.ndim == 1 else proteins


@lru_cache
def _amino_acids(table: int) -> np.ndarray:
    """The letter of each of the 125 codons over A C G T N, as ASCII bytes."""
    from Bio.Data import CodonTable

    if table not in CodonTable.unambiguous_dna_by_id:
        raise DataError(
            f"Unknown genetic code {table!r}. NCBI's numbers are {sorted(CodonTable.unambiguous_dna_by_id)}."
        )
    forward = CodonTable.unambiguous_dna_by_id[table].forward_table
    letters = bytearray()
    for codon in product("ACGTN", repeat=3):
        readings = product(*("ACGT" if base == "N" else base for base in codon))
        found = {forward.get("".join(reading), "*") for reading in readings}
        letters += found.pop().encode() if len(found) == 1 else b"X"
    return np.frombuffer(bytes(letters), dtype=np.uint8)
