"""`DNA_CORRUPTIONS`: what happens to sequences: sequencing errors, runs of N, shifts, and the other strand."""

from __future__ import annotations

import numpy as np

from deepbio.robustness.corruptions.corruption import Corruption, named
from deepbio.sequence import reverse_complement

_UNKNOWN = 4


def substitutions(codes: np.ndarray, rate: float, random: np.random.Generator) -> np.ndarray:
    """Replace known bases at a rate by one of the three others."""
    hit = (random.random(codes.shape) < rate) & (codes < _UNKNOWN)
    return np.where(hit, (codes + random.integers(1, 4, codes.shape)) % 4, codes).astype(codes.dtype)


def indels(codes: np.ndarray, rate: float, random: np.random.Generator) -> np.ndarray:
    """Delete bases, and insert random ones, each at half of a rate. The sequence keeps its length and is filled with N."""
    chance = random.random(codes.shape)
    times = np.where(chance < rate / 2, 0, np.where(chance < rate, 2, 1))
    out = np.repeat(codes, times)
    inserted = np.cumsum(times)[times == 2] - 1
    out[inserted] = random.integers(0, 4, len(inserted))
    return np.concatenate([out, np.full(len(codes), _UNKNOWN, codes.dtype)])[: len(codes)]


def unknown_run(codes: np.ndarray, fraction: float, random: np.random.Generator) -> np.ndarray:
    """Replace one run of a fraction of the sequence by N."""
    size = max(1, round(fraction * len(codes)))
    start, out = random.integers(0, len(codes) - size + 1), codes.copy()
    out[start : start + size] = _UNKNOWN
    return out


def shift(codes: np.ndarray, bases: int, random: np.random.Generator) -> np.ndarray:
    """Move the window by up to so many bases left or right; what is not known is N."""
    by = int(random.integers(1, bases + 1)) * int(random.choice([-1, 1]))
    by = int(np.clip(by, -len(codes), len(codes)))
    fill = np.full(abs(by), _UNKNOWN, codes.dtype)
    return np.concatenate([codes[by:], fill]) if by > 0 else np.concatenate([fill, codes[: len(codes) + by]])


def other_strand(codes: np.ndarray, probability: float, random: np.random.Generator) -> np.ndarray:
    """Return the reverse complement with a probability."""
    return np.asarray(reverse_complement(codes)) if random.random() < probability else codes.copy()


DNA_CORRUPTIONS = named(
    Corruption("substitutions", "sequencing", substitutions, (0.001, 0.003, 0.01, 0.03, 0.1)),
    Corruption("indels", "sequencing", indels, (0.001, 0.003, 0.01, 0.03, 0.1)),
    Corruption("unknown_run", "sequencing", unknown_run, (0.01, 0.03, 0.1, 0.2, 0.4)),
    Corruption("shift", "window", shift, (1, 2, 5, 10, 20)),
    Corruption("other_strand", "window", other_strand, (0.1, 0.25, 0.5, 0.75, 1.0)),
)
"""Rates from those of short reads (0.1%) to those of early long reads (10%)."""
