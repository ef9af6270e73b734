"""Changes of sequences: insert, substitute, place several motifs, and shuffle a region."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from deepbio.errors import DataError
from deepbio.interpret.arguments import check_counts
from deepbio.interpret.dna import Sequences, as_sequences
from deepbio.sequence import dinucleotide_shuffle, encode
from deepbio.sequence import shuffle as shuffle_bases
from deepbio.sequence.codes import N, as_codes

Motif = str | np.ndarray
"""A motif as bases or as uint8 codes; N leaves the base of the sequence."""


def substitute(x: Sequences, motif: Motif, *, start: int | None = None) -> np.ndarray:
    """Replace bases by a motif; the length stays the same, and N in the motif leaves the base that is there.

    Args:
        x: Sequences: codes `(n, length)`, one-hot, or strings.
        motif: Bases or codes `(width,)`.
        start: Position of the motif's first base; None is the middle, as in tangermeme.

    Returns:
        uint8 codes `(n, length)`.

    Raises:
        DataError: The motif does not fit.

    Example:
        >>> from deepbio.sequence import decode
        >>> decode(substitute("AAAAAAA", "CNG", start=1))
        ['ACAGAAA']
    """
    codes, new = as_sequences(None, x).copy(), _motif(motif)
    first = _start(start, codes.shape[1], len(new))
    part = codes[:, first : first + len(new)]
    part[:, new != N] = new[new != N]
    return codes


def insert(x: Sequences, motif: Motif, *, start: int | None = None) -> np.ndarray:
    """Insert a motif between bases; the sequences become longer.

    Args:
        x: Sequences: codes `(n, length)`, one-hot, or strings.
        motif: Bases or codes `(width,)`.
        start: Position of the motif's first base; None is the middle.

    Returns:
        uint8 codes `(n, length + width)`.

    Example:
        >>> from deepbio.sequence import decode
        >>> decode(insert("AAAA", "CG", start=1))
        ['ACGAAA']
    """
    codes, new = as_sequences(None, x), _motif(motif)
    first = codes.shape[1] // 2 if start is None else start
    if not 0 <= first <= codes.shape[1]:
        raise DataError(f"Expected a start from 0 to {codes.shape[1]}; received {start}.")
    return np.concatenate([codes[:, :first], np.repeat(new[None], len(codes), axis=0), codes[:, first:]], axis=1)


def multisubstitute(
    x: Sequences, motifs: Sequence[Motif], *, spacing: Sequence[int] | int, start: int | None = None
) -> np.ndarray:
    """Replace bases by several motifs from left to right.

    Args:
        x: Sequences: codes `(n, length)`, one-hot, or strings.
        motifs: Motifs.
        spacing: Number of bases between the end of each motif and the start of the next, one for all or one per gap.
        start: Position of the first motif's first base; None puts all of them in the middle.

    Returns:
        uint8 codes `(n, length)`.

    Example:
        >>> from deepbio.sequence import decode
        >>> decode(multisubstitute("A" * 9, ["CC", "GG"], spacing=2, start=1))
        ['ACCAAGGAA']
    """
    new = [_motif(motif) for motif in motifs]
    gaps = [spacing] * (len(new) - 1) if isinstance(spacing, int | np.integer) else [int(gap) for gap in spacing]
    if len(gaps) != len(new) - 1:
        raise DataError(f"Expected {len(new) - 1} spacings for {len(new)} motifs; received {len(gaps)}.")
    check_counts(minimum=0, **{"spacing": min(gaps)} if gaps else {})
    codes = as_sequences(None, x)
    first = _start(start, codes.shape[1], sum(map(len, new)) + sum(gaps))
    for motif, gap in zip(new, [*gaps, 0], strict=True):
        codes = substitute(codes, motif, start=first)
        first += len(motif) + gap
    return codes


def shuffle(
    x: Sequences,
    *,
    start: int = 0,
    end: int | None = None,
    n: int = 1,
    method: Literal["shuffle", "dinucleotide"] = "shuffle",
    seed: int = 0,
) -> np.ndarray:
    """Shuffle a region of each sequence several times.

    Args:
        x: Sequences: codes `(n, length)`, one-hot, or strings.
        start: First position of the region.
        end: Position after the last; None is the length.
        n: Number of shuffles per sequence.
        method: `"shuffle"` of bases, or `"dinucleotide"`, which keeps the counts of dinucleotides.
        seed: Random seed.

    Returns:
        uint8 codes `(sequences, n, length)`.

    Raises:
        DataError: An unknown method, or a region outside of the sequences.

    Example:
        >>> shuffle("ACGTACGT", start=2, end=6, n=3).shape
        (1, 3, 8)
    """
    codes = as_sequences(None, x)
    last = codes.shape[1] if end is None else end
    check_counts(n=n)
    if not 0 <= start < last <= codes.shape[1]:
        raise DataError(f"Expected 0 <= start < end <= {codes.shape[1]}; received {start} and {end}.")
    functions: dict[str, Any] = {"shuffle": shuffle_bases, "dinucleotide": dinucleotide_shuffle}
    if method not in functions:
        raise DataError(f"method is 'shuffle' or 'dinucleotide'; received {method!r}.")
    out = np.repeat(codes[:, None], n, axis=1)
    out[:, :, start:last] = functions[method](out[:, :, start:last], seed=seed)
    return out


def _motif(motif: Motif) -> np.ndarray:
    new = encode(motif) if isinstance(motif, str) else as_codes(motif)
    if new.ndim != 1 or not len(new):
        raise DataError(f"Expected a motif of one or more bases; received shape {new.shape}.")
    return new


def _start(start: int | None, length: int, width: int) -> int:
    first = (length - width) // 2 if start is None else start
    if not 0 <= first <= length - width:
        raise DataError(f"A motif of {width} bases does not fit into {length} bases at start={first}.")
    return first
