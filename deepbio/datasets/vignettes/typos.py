"""Misspelling words as a hurried writer does."""

from __future__ import annotations

import re

import numpy as np

_WORD = re.compile(r"[A-Za-z]{4,}")


def misspell(text: str, share: float, random: np.random.Generator) -> str:
    """Misspell some words of four letters or more: two letters swapped, one left out, or one written twice.

    The first letter stays. Numbers and short words, `no` and `not` among them, are left alone.

    Args:
        text: of one note.
        share: probability that a word is misspelt.
        random: to draw from.

    Example:
        >>> misspell("A fever for six days.", 1.0, np.random.default_rng(0))
        'A feer for six dyas.'
    """

    def change(match: re.Match[str]) -> str:
        word = match[0]
        draw, kind = random.random(), int(random.integers(3))
        place = int(random.integers(1, len(word) - (kind == 0)))
        if draw >= share:
            return word
        if kind == 0:
            return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
        return word[:place] + word[place + 1 :] if kind == 1 else word[:place] + word[place] + word[place:]

    return _WORD.sub(change, text)
