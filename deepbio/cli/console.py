"""How the command line prints: tables on a terminal, tab-separated lines in a pipe, JSON on request."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import typer
import yaml

from deepbio.errors import DeepbioError


def show_table(header: Sequence[str], rows: Sequence[Sequence[Any]], *, title: str = "") -> None:
    """Print rows: a drawn table on a terminal, tab-separated lines elsewhere."""
    if not sys.stdout.isatty():
        for row in (header, *rows):
            typer.echo("\t".join(str(cell) for cell in row))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title or None, title_justify="left", header_style="bold")
    for name in header:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    Console().print(table)


def show_json(content: Any) -> None:
    """Print JSON."""
    typer.echo(json.dumps(content, indent=2, ensure_ascii=False, default=str))


def note(message: str) -> None:
    """Print a line for the user on standard error, so that a pipe holds results only."""
    typer.echo(message, err=True)


def key_values(pairs: Sequence[str], *, option: str) -> dict[str, Any]:
    """Read `key=value` options; values are YAML (`3`, `0.5`, `true`, `[64, 64]`), and `64,64` is a list too.

    Example:
        >>> key_values(["hidden=64,32", "dropout=0.5"], option="--set")
        {'hidden': [64, 32], 'dropout': 0.5}
    """
    found: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals or not key:
            raise DeepbioError(f"{option} takes key=value; received {pair!r}.")
        try:
            value = yaml.safe_load(text)
            if isinstance(value, str) and "," in value:
                value = yaml.safe_load(f"[{value}]")
        except yaml.YAMLError as error:
            raise DeepbioError(f"{option} {pair!r}: the value is not valid YAML.") from error
        found[key.strip().replace("-", "_")] = value
    return found
