"""Text that others wrote, made harmless for where it is shown: a spreadsheet, a terminal, Markdown."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence

# Marks that turn the direction of text round, so that it reads as something else (Boucher and Anderson 2021).
_DIRECTION = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_FORMULA = re.compile(r"^(?:[=@\t\r]|[+-](?!\.?\d[\d.,eE+-]*$|inf$|$))")


def spreadsheet_text(text: object) -> str:
    """Return the text of a cell with an apostrophe before it if a spreadsheet would run it as a formula.

    Numbers, and the strands + and -, stay as they are. Source: CWE-1236.

    Example:
        >>> [spreadsheet_text(cell) for cell in ("=1+1", "@SUM(A1)", "-1.5e-3", "-", "-cmd")]
        ["'=1+1", "'@SUM(A1)", '-1.5e-3', '-', "'-cmd"]
    """
    cell = str(text)
    return f"'{cell}" if _FORMULA.match(cell) else cell


def spreadsheet_tsv(rows: Iterable[Sequence[object]], *, raw: bool = False) -> str:
    r"""Return rows as tab-separated text, with `spreadsheet_text` of each cell, or its text as it is if `raw`.

    Example:
        >>> spreadsheet_tsv([("id", "p"), ("=1+1", 0.5)])
        "id\tp\n'=1+1\t0.5\n"
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerows(map(str if raw else spreadsheet_text, row) for row in rows)
    return text.getvalue()


def terminal_text(text: object) -> str:
    r"""Return text without control characters and marks of direction, which could change what a terminal shows.

    Example:
        >>> terminal_text("a\x1b[31mb\x07")
        'a[31mb'
    """
    return "".join(c for c in str(text) if c in "\n\t" or (unicodedata.category(c) != "Cc" and c not in _DIRECTION))


def markdown_text(text: object) -> str:
    """Return a name for a line or a table of Markdown, without what would begin a column, a tag, a picture or an address.

    Example:
        >>> markdown_text("a|b <img> [x](y)")
        'a\\\\|b &lt;img> \\\\[x](y)'
    """
    flat = " ".join(str(text).split())
    return flat.replace("\\", "\\\\").replace("<", "&lt;").replace("|", "\\|").replace("[", "\\[").replace("`", "\\`")
