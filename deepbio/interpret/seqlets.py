"""Seqlets: the spans of high attribution, found by the recursive caller, as tables with genome coordinates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.errors import DataError
from deepbio.interpret.arguments import check_between, check_counts
from deepbio.interpret.browser_tracks import parse_region

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("example", "start", "end", "attribution", "p_value")


def recursive_seqlets(
    attributions: np.ndarray,
    *,
    threshold: float = 0.01,
    min_length: int = 4,
    max_length: int = 25,
    additional_flanks: int = 0,
    bins: int = 1000,
    negative: bool = True,
) -> pd.DataFrame:
    """Call seqlets: spans whose attribution, and that of every span inside them, is larger than chance allows.

    The null distribution of a span's sum is that of independent positions drawn from all attributions. A span is a seqlet if it
    and all spans inside it of at least `min_length` positions have p-values below `threshold`. The longest spans come first, and
    seqlets do not overlap.

    Source: tangermeme's recursive seqlet caller, Schreiber 2025, doi:10.1101/2025.08.08.669296.

    Args:
        attributions: Attributions `(n, length)`, or `(n, length, 4)` of the present bases, which are summed.
        threshold: p-value of every span inside a seqlet.
        min_length: Minimum number of positions.
        max_length: Maximum number of positions.
        additional_flanks: Positions added on both sides after calling.
        bins: Number of bins of the null distribution.
        negative: Whether to call spans of negative attributions too.

    Returns:
        Table sorted by p-value with the columns example, start, end (exclusive), attribution and p_value.

    Raises:
        DataError: Attributions of another shape, or lengths that do not fit.

    Example:
        >>> values = np.random.default_rng(0).normal(0, 0.01, (4, 100))
        >>> values[2, 40:50] += 1
        >>> recursive_seqlets(values, threshold=1e-5)[["example", "start", "end"]].values.tolist()
        [[2, 40, 50]]
    """
    import pandas as pd

    values = np.asarray(attributions, np.float64)
    values = values.sum(axis=-1) if values.ndim == 3 else values
    if values.ndim != 2 or not values.size or not np.isfinite(values).all():
        raise DataError(
            f"Expected finite attributions (n, length) or (n, length, 4); received {np.shape(attributions)}."
        )
    if not 1 <= min_length <= max_length or max_length > values.shape[1]:
        raise DataError(
            f"Expected 1 <= min_length <= max_length <= {values.shape[1]}; received {min_length} and {max_length}."
        )
    check_counts(bins=bins, minimum=2)
    check_counts(additional_flanks=additional_flanks, minimum=0)
    check_between(0, 1, threshold=threshold)
    rows: list[tuple[Any, ...]] = []
    for sign in (1, -1) if negative else (1,):
        signed = sign * values
        low, high = signed.min(), signed.max()
        if high > max(low, 0.0):
            survival = _survival(signed, low, high, bins, max_length)
            for example, one in enumerate(signed):
                p = _p_values(one, survival, low, high, bins, min_length, max_length)
                total = np.concatenate([[0.0], values[example].cumsum()])
                for start, end, p_value in _decode(p, threshold, min_length, max_length):
                    if sign * (total[end] - total[start]) > 0:
                        first, last = max(start - additional_flanks, 0), min(end + additional_flanks, len(one))
                        rows.append((example, first, last, total[last] - total[first], p_value))
    found = pd.DataFrame(rows, columns=list(COLUMNS))
    found = found.astype({"example": int, "start": int, "end": int, "attribution": float, "p_value": float})
    return found.sort_values(["p_value", "example", "start"]).reset_index(drop=True)


def _survival(values: np.ndarray, low: float, high: float, bins: int, longest: int) -> list[np.ndarray]:
    """Return, for each length, the probability that a sum of so many independent positions lies in a bin or above."""
    counts = np.bincount(_bin(values.ravel(), low, (high - low) / (bins - 1)), minlength=bins)[:bins]
    one = counts / counts.sum()
    density, found = one, [np.ones(1), one[::-1].cumsum()[::-1]]
    for _ in range(2, longest + 1):
        size = len(density) + bins - 1
        density = np.clip(np.fft.irfft(np.fft.rfft(density, size) * np.fft.rfft(one, size), size), 0, None)
        found.append(np.minimum(density[::-1].cumsum()[::-1], 1))
    return found


def _bin(values: np.ndarray, low: float, width: float) -> np.ndarray:
    return np.maximum(np.floor((values - low) / width), 0).astype(np.int64)


def _p_values(
    row: np.ndarray, survival: list[np.ndarray], low: float, high: float, bins: int, shortest: int, longest: int
) -> np.ndarray:
    """Return the p-value of each span by length and start, never below that of the next shorter span; 1 where none fits."""
    total, width = np.concatenate([[0.0], row.cumsum()]), (high - low) / (bins - 1)
    p = np.ones((longest + 1, len(row)))
    p[:shortest] = 0
    for length in range(shortest, longest + 1):
        sums = total[length:] - total[:-length]
        index = np.minimum(_bin(sums, low * length, width), len(survival[length]) - 1)
        fit = len(sums)
        p[length, :fit] = np.maximum(survival[length][index], p[length - 1, :fit])
    return p


def _decode(p: np.ndarray, threshold: float, shortest: int, longest: int) -> list[tuple[int, int, float]]:
    """Return the spans, longest first, of which all spans inside have p-values below the threshold."""
    passes, length = p < threshold, p.shape[1]
    taken, found = np.zeros(length, bool), []
    for size in range(longest, shortest - 1, -1):
        whole = passes[size].copy()
        for inner in range(1, size - shortest + 1):  # the span that ends with it and begins `inner` later
            shifted = np.zeros(length, bool)
            shifted[: length - inner] = passes[size - inner, inner:]
            whole &= shifted
        for start in sorted(np.flatnonzero(whole), key=lambda start: p[size, start]):
            if not taken[start : start + size].any():
                taken[start : start + size] = True
                found.append((int(start), int(start + size), float(p[size, start])))
    return found


def with_coordinates(seqlets: pd.DataFrame, regions: Sequence[str]) -> pd.DataFrame:
    """Return a BED-like table: chromosome, start and end on the genome, name, score and strand first.

    Args:
        seqlets: Table of `recursive_seqlets`, possibly annotated.
        regions: For each example its region as `chromosome:start-end`, 0-based and end exclusive as in BED, optionally followed by
            `(-)` for the reverse strand.

    Raises:
        DataError: A region of another form, or fewer regions than examples.

    Example:
        >>> values = np.random.default_rng(0).normal(0, 0.01, (4, 100))
        >>> values[0, 40:50] += 1
        >>> table = with_coordinates(recursive_seqlets(values, threshold=1e-6), ["chr1:1000-1100(-)"] * 4)
        >>> table[["chromosome", "chromosome_start", "chromosome_end"]].to_numpy().tolist()[0]
        ['chr1', 1050, 1060]
    """
    import pandas as pd

    known = [parse_region(region) for region in regions]
    if len(seqlets) and seqlets["example"].max() >= len(known):
        raise DataError(
            f"Expected a region for each of {seqlets['example'].max() + 1} examples; received {len(known)}."
        )
    rows = []
    for one in seqlets.itertuples():
        chromosome, start, end, strand = known[one.example]  # type: ignore[index]
        first = end - int(one.end) if strand == "-" else start + int(one.start)  # type: ignore[arg-type]
        name = getattr(one, "motif", f"seqlet_{one.Index}")
        rows.append((chromosome, first, first + int(one.end) - int(one.start), name, one.attribution, strand))  # type: ignore[operator]
    located = pd.DataFrame(
        rows, columns=["chromosome", "chromosome_start", "chromosome_end", "name", "score", "strand"]
    )
    return pd.concat([located, seqlets.reset_index(drop=True)], axis=1)
