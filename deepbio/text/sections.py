"""Dividing a long note at its headings, or into overlapping windows of tokens."""

import re
from typing import NamedTuple

import numpy as np

from deepbio.errors import DataError

# "HISTORY OF PRESENT ILLNESS", or "Medications:" at the start of a line
_HEADING = re.compile(
    r"^[ \t]*(?:([A-Z][A-Z0-9 /&,()-]{2,60}):?[ \t]*$|([A-Z][A-Za-z0-9 /&()-]{1,60}):(?=[ \t]|$))", re.MULTILINE
)


class Section(NamedTuple):
    """A part of a note: its heading, `""` before the first one, and its text."""

    title: str
    text: str


def sections_of(text: str) -> list[Section]:
    """Divide a note at its headings; a note without any is one section. Sections without text are left out.

    A heading begins a line: it is alone on it in capitals, or ends in a colon.

    Example:
        >>> [section.title for section in sections_of("Seen today.\\nHistory: fever for 3 days.\\nPLAN\\nRest.")]
        ['', 'History', 'PLAN']
    """
    found = list(_HEADING.finditer(text))
    bounds = [0, *(match.start() for match in found), len(text)]
    starts = [0, *(match.end() for match in found)]
    titles = ["", *((match[1] or match[2]).strip() for match in found)]
    parts = [Section(t, text[a:b].strip()) for t, a, b in zip(titles, starts, bounds[1:], strict=True)]
    return [part for part in parts if part.text]


def windows_of(tokens: int, length: int, stride: int | None = None) -> np.ndarray:
    """Return the starts of windows that cover every token; the last window ends with the note.

    Args:
        tokens: Number of tokens of the note.
        length: Length of a window.
        stride: Number of tokens from one window's start to the next; half a window by default.

    Returns:
        Starts as int64, at least one.

    Example:
        >>> windows_of(10, 4, 3).tolist(), windows_of(3, 4).tolist()
        ([0, 3, 6], [0])
    """
    step = max(1, length // 2) if stride is None else stride
    if length < 1 or not 1 <= step <= length:
        raise DataError(f"Expected a length of at least 1 and a stride from 1 to it; received {length} and {step}.")
    last = max(0, tokens - length)
    starts = np.arange(0, last + 1, step)
    return starts if starts[-1] == last else np.append(starts, last)
