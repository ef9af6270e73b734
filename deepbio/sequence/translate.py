"""Codons to amino acids, with the genetic codes that NCBI numbers."""

from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import ArrayLike

from deepbio.errors import DataError
from deepbio.sequence.codes import as_codes


def translate(codes: ArrayLike, *, table: int = 1, frame: int = 0, to_stop: bool = False) -> str | list[str]:
    """Translate nucleotides to amino acids.

    `*` is a stop. A codon with N is translated if all its readings are the same amino acid (GCN is A), otherwise it is X. One
    or two bases left over at the end are not read.

    Args:
        codes: Codes, uint8 `(length,)` or `(n, length)`.
        table: NCBI's number of the genetic code; 1 is the standard one, 2 that of vertebrate mitochondria.
        frame: Number of bases to skip first: 0, 1 or 2.
        to_stop: Whether to end before the first stop.

    Returns:
        A protein in one-letter code, or a list of them.

    Source: NCBI genetic codes as Biopython carries them (`Bio.Data.CodonTable`).

    Example:
        >>> from deepbio.sequence import encode
        >>> translate(encode("ATGGCNTAA"))
        'MA*'
    """
    codes = as_codes(codes, shape="rows")
    if frame not in (0, 1, 2):
        raise DataError(f"frame is 0, 1 or 2; received {frame!r}.")
    amino_acids = _amino_acids(table)
    rows = np.atleast_2d(codes)[:, frame:]
    length = rows.shape[1] // 3
    codons = rows[:, : 3 * length].reshape(len(rows), length, 3)
    translated = amino_acids[codons @ np.array([25, 5, 1], dtype=np.uint8)]
    proteins = [row.tobytes().decode("ascii") for row in translated]
    if to_stop:
        proteins = [protein.split("*", 1)[0] for protein in proteins]
    return proteins[0] if codes.ndim == 1 else proteins


@lru_cache
def _amino_acids(table: int) -> np.ndarray:
    """Return the amino acid of each of the 125 codons over A C G T N, in one-letter code as ASCII bytes."""
    from Bio.Data import CodonTable

    if table not in CodonTable.unambiguous_dna_by_id:
        raise DataError(
            f"Unknown genetic code {table!r}. NCBI's numbers are {sorted(CodonTable.unambiguous_dna_by_id)}."
        )
    forward = CodonTable.unambiguous_dna_by_id[table].forward_table
    amino_acids = bytearray()
    for codon in product("ACGTN", repeat=3):
        readings = product(*("ACGT" if base == "N" else base for base in codon))
        found = {forward.get("".join(reading), "*") for reading in readings}
        amino_acids += found.pop().encode() if len(found) == 1 else b"X"
    return np.frombuffer(bytes(amino_acids), dtype=np.uint8)
