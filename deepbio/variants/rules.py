"""SpliceAI's rules as pure functions: from the outputs around a variant to scores, positions and the text of an entry.

Source: Jaganathan et al. 2019, doi:10.1016/j.cell.2018.12.015, and the behaviour of the program spliceai 1.3.1.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

ACCEPTOR, DONOR = 1, 2
SCORES = ("DS_AG", "DS_AL", "DS_DG", "DS_DL")
POSITIONS = ("DP_AG", "DP_AL", "DP_DG", "DP_DL")
_NO_SCORE = "|".join(["."] * 8)


@dataclass(frozen=True)
class Effect:
    """Effect of one alternate on one gene.

    Args:
        alternate: Alternate allele as the VCF writes it.
        gene: Name of the gene in the annotation.
        strand: Strand of the gene.
        scores: Acceptor gain and loss, donor gain and loss; empty if none were computed (both alleles are longer than 1).
        positions: Position of each score, relative to POS.
    """

    alternate: str
    gene: str
    strand: str
    scores: tuple[float, ...] = ()
    positions: tuple[int, ...] = ()

    def text(self) -> str:
        """Return the entry of the INFO field.

        Example:
            >>> Effect("T", "ZDHHC8", "+", (0.914, 0.0, 0.0, 0.001), (2, -26, 5, 11)).text()
            'T|ZDHHC8|0.91|0.00|0.00|0.00|2|-26|5|11'
            >>> Effect("TT", "ZDHHC8", "+").text()
            'TT|ZDHHC8|.|.|.|.|.|.|.|.'
        """
        if not self.scores:
            return f"{self.alternate}|{self.gene}|{_NO_SCORE}"
        numbers = [*(f"{score:.2f}" for score in self.scores), *(str(position) for position in self.positions)]
        return "|".join([self.alternate, self.gene, *numbers])


def align(alternate_outputs: np.ndarray, *, ref: int, alt: int, distance: int) -> np.ndarray:
    """Bring the outputs of an alternate window to the positions of the reference.

    The first positions of both alleles correspond. A deletion's missing positions get zeros; an insertion's positions, with the base
    before it, become their maximum. If one allele has one base, or both have equally many, this is SpliceAI's rule.

    Args:
        alternate_outputs: Outputs, `(2 * distance + 1 + alt - ref, channels)`.
        ref: Length of the reference allele.
        alt: Length of the alternate allele.
        distance: Number of positions on either side.

    Returns:
        Outputs, `(2 * distance + 1, channels)`; those of a deletion are in double precision, as in SpliceAI.

    Example:
        >>> align(np.array([[1.0], [2], [3], [4]]), ref=1, alt=2, distance=1).ravel().tolist()
        [1.0, 3.0, 4.0]
        >>> align(np.array([[1.0], [2]]), ref=2, alt=1, distance=1).ravel().tolist()
        [1.0, 2.0, 0.0]
        >>> align(np.array([[1.0], [2], [3], [4], [5], [6]]), ref=2, alt=3, distance=2).ravel().tolist()
        [1.0, 2.0, 3.0, 5.0, 6.0]
    """
    y, end = alternate_outputs, distance + alt
    if ref > alt:
        return np.concatenate([y[:end], np.zeros((ref - alt, y.shape[1])), y[end:]])
    if ref < alt:
        last = distance + ref - 1
        return np.concatenate([y[:last], y[last:end].max(axis=0, keepdims=True), y[end:]])
    return y


def score(
    reference: np.ndarray, alternate: np.ndarray, *, boundary: int | None = None
) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Return the largest gains and losses of acceptor and donor, and their positions.

    Args:
        reference: Probabilities of none, acceptor and donor with the reference allele, `(2 * distance + 1, 3)`.
        alternate: The same with the alternate allele.
        boundary: Signed distance from POS to the nearest exon boundary of the gene, if scores are masked: a gain there and a loss
            elsewhere count 0.

    Returns:
        Scores and positions in the order acceptor gain, acceptor loss, donor gain, donor loss; the first position on ties.
    """
    distance = len(reference) // 2
    scores, positions = [], []
    for channel in (ACCEPTOR, DONOR):
        for gain in (True, False):
            more, less = (alternate, reference) if gain else (reference, alternate)
            change = more[:, channel] - less[:, channel]
            index = int(change.argmax())
            scores.append(float(change[index]))
            positions.append(index - distance)
    shown = scores if boundary is None else masked(scores, positions, boundary)
    return tuple(shown), tuple(positions)


def masked(scores: Sequence[float], positions: Sequence[int], boundary: int) -> tuple[float, ...]:
    """Return scores as SpliceAI masks them: gains of an annotated site, and losses elsewhere, are 0.

    Args:
        scores: Acceptor gain and loss, donor gain and loss.
        positions: Position of each score, relative to POS.
        boundary: Signed distance from POS to the nearest exon boundary of the gene.

    Example:
        >>> masked((0.9, 0.8, 0.7, 0.6), (3, 3, 5, 5), boundary=3)
        (0.0, 0.8, 0.7, 0.0)
    """
    hidden = [(at == boundary) == gain for at, gain in zip(positions, (True, False) * 2, strict=True)]
    return tuple(0.0 if hide else value for value, hide in zip(scores, hidden, strict=True))


def left_out(alternate: str) -> str | None:
    """Return why an alternate is left out, or None.

    Example:
        >>> left_out("<*>"), left_out("*"), left_out("A")
        ('symbolic', 'overlapping deletion (*)', None)
    """
    if alternate == "*":
        return "overlapping deletion (*)"
    if any(mark in alternate for mark in "<>[]") or (len(alternate) > 1 and "." in alternate):
        return "symbolic"
    if alternate in ("", ".", "-"):
        return "no alternate allele"
    return "ambiguous base in ALT" if set(alternate.upper()) - set("ACGTN") else None
