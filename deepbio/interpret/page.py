"""The page of an explanation: one HTML file with its pictures, words and tables inside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepbio.files import write_atomically
from deepbio.report.html import templates

FOOTER = "Written by deepbio. This file asks nothing of the network. An explanation says what the model uses, not what is true."


@dataclass(frozen=True)
class Section:
    """One explained example of a page.

    Args:
        title: Name of the example.
        about: A few words after it.
        picture: Picture as a `data:` address.
        alt: The picture in words.
        caption: What the picture shows.
        header: Names of the table's columns.
        rows: Cells of the table.
        words: Words of a note, each with `"for"` or `"against"` and a strength from 0 to 100.
    """

    title: str
    about: str = ""
    picture: str = ""
    alt: str = ""
    caption: str = ""
    header: Sequence[str] = ()
    rows: Sequence[Sequence[Any]] = ()
    words: Sequence[tuple[str, str, int]] = ()


def write_page(
    path: Path,
    *,
    title: str,
    facts: Sequence[tuple[str, str]],
    notes: Sequence[str],
    sections: Sequence[Section],
    footer: str = FOOTER,
) -> None:
    """Write the page, whole or not at all.

    Args:
        path: Path of the HTML file.
        title: Title.
        facts: Names and values below the title.
        notes: Paragraphs below them.
        sections: Explained examples.
        footer: Last line.
    """
    template = templates().get_template("explanation.html")
    page = template.render(title=title, facts=facts, notes=notes, sections=sections, footer=footer)
    with write_atomically(path) as beside:
        beside.write_text(page, encoding="utf-8")
