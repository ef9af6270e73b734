"""`Constraints`: which substitutions an attack on DNA may make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepbio.errors import DataError
from deepbio.sequence import translate

_CODONS = np.array([[a, b, c] for a in range(4) for b in range(4) for c in range(4)], np.uint8)


@dataclass(frozen=True)
class Constraints:
    """Which substitutions are allowed; unknown bases never change.

    Args:
        protected: Ranges `(start, end)` of positions that stay as they are.
        gc_change: Largest change of the number of G and C from the original; None for any.
        frame: Position of the first base of a codon in a coding sequence; None if nothing is coding.
        synonymous: Whether every codon keeps its amino acid (needs `frame`).
        no_stop: Whether no codon becomes a stop (needs `frame`).

    Example:
        >>> allowed = Constraints(protected=[(0, 2)]).allowed(np.zeros(3, np.uint8), np.zeros(3, np.uint8))
        >>> allowed.astype(int).tolist()
        [[0, 0, 0, 0], [0, 0, 0, 0], [0, 1, 1, 1]]
    """

    protected: Sequence[tuple[int, int]] = ()
    gc_change: int | None = None
    frame: int | None = None
    synonymous: bool = False
    no_stop: bool = False

    def __post_init__(self) -> None:
        if (self.synonymous or self.no_stop) and self.frame is None:
            raise DataError("synonymous and no_stop need frame=, the position of the first base of a codon.")

    def allowed(self, original: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """Return which base may be set at each position, bool `(length, 4)`.

        Args:
            original: The sequence before any substitution, uint8 `(length,)`.
            codes: The sequence now. A position that was changed stays as it is.
        """
        out = (codes < 4)[:, None] & (codes[:, None] != np.arange(4)) & (codes == original)[:, None]
        for start, end in self.protected:
            if not 0 <= start < end <= len(codes):
                raise DataError(f"Protected positions are from 0 to {len(codes)}; received {start} to {end}.")
            out[start:end] = False
        if self.gc_change is not None:
            strong = np.isin(np.arange(4), (1, 2))
            now = np.isin(codes, (1, 2)).sum() - np.isin(original, (1, 2)).sum()
            change = now + strong[None] - np.isin(codes, (1, 2))[:, None].astype(int)
            out &= np.abs(change) <= self.gc_change
        if self.frame is not None:
            out &= self._keeps_protein(original, codes)
        return out

    def _keeps_protein(self, original: np.ndarray, codes: np.ndarray) -> np.ndarray:
        out = np.ones((len(codes), 4), bool)
        assert self.frame is not None
        for start in range(self.frame, len(codes) - 2, 3):
            codon = codes[start : start + 3]
            if (codon > 3).any():
                continue
            before = _AMINO_ACIDS[tuple(original[start : start + 3])]
            for k in range(3):
                for base in range(4):
                    changed = codon.copy()
                    changed[k] = base
                    after = _AMINO_ACIDS[tuple(changed)]
                    stopped = self.no_stop and after == "*" and before != "*"
                    out[start + k, base] = not stopped and (not self.synonymous or after == before)
        return out


_AMINO_ACIDS = {
    tuple(codon): amino for codon, amino in zip(_CODONS.tolist(), "".join(map(str, translate(_CODONS))), strict=True)
}
