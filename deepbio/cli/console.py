"""What the command line prints and reads: tables, JSON, notes, `key=value` options, and TensorFlow without its start-up messages."""

import json
import os
import re
import sys
import tempfile
from collections.abc import Sequence
from typing import Any

import typer
import yaml

from deepbio.errors import DeepbioError
from deepbio.escaping import terminal_text

_TENSORFLOW_INFO = re.compile(r"^(I\d{4} |WARNING: All log messages before absl|.*failed call to cuInit)")


def show_table(header: Sequence[str], rows: Sequence[Sequence[Any]], *, title: str = "") -> None:
    """Print rows: a drawn table on a terminal, tab-separated lines elsewhere."""
    if not sys.stdout.isatty():
        for row in (header, *rows):
            typer.echo("\t".join(terminal_text(value) for value in row))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title or None, title_justify="left", header_style="bold")
    for name in header:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(terminal_text(value) for value in row))
    Console().print(table)


def show_json(content: Any) -> None:
    """Print JSON."""
    typer.echo(json.dumps(content, indent=2, ensure_ascii=False, default=str))


def note(message: str) -> None:
    """Print a line for the user on standard error, so that a pipe receives results only."""
    typer.echo(terminal_text(message), err=True)


def key_values(pairs: Sequence[str], *, option: str) -> dict[str, Any]:
    """Read `key=value` options; values are YAML (`3`, `0.5`, `true`, `[64, 64]`), and `64,64` is a list too.

    Example:
        >>> key_values(["units=64,32", "dropout=0.5"], option="--set")
        {'units': [64, 32], 'dropout': 0.5}
        >>> key_values(["sep=|", "decimal=,", "missing=?", "date_format=%d.%m.%Y"], option="--data")
        {'sep': '|', 'decimal': ',', 'missing': '?', 'date_format': '%d.%m.%Y'}
    """
    found: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals or not key:
            raise DeepbioError(f"{option} takes key=value; received {pair!r}.")
        try:
            # a mark is itself, such as the separator | or the sign ? of a missing value, and no YAML value begins with % or #
            mark = re.fullmatch(r"[^\w\s\[\]{}'\"~]{1,3}|[%#].*", text)
            value = yaml.safe_load(text) if mark is None else text
            if mark is None and isinstance(value, str) and "," in value.strip(","):
                value = yaml.safe_load(f"[{value}]")
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise DeepbioError(f"{option} {pair!r}: the value is not valid YAML.") from error
        if isinstance(value, dict) and None in value.values():
            raise DeepbioError(f"{option} {pair!r}: write a space after each colon, as in {key}={{name: 3}}.")
        found[key.strip().replace("-", "_")] = value
    return found


def load_tensorflow() -> None:
    """Import TensorFlow and find its devices, without informational messages.

    TensorFlow writes them from C++ straight to standard error. All other messages are passed on.
    """
    if "tensorflow" in sys.modules:
        return
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as written:
        os.dup2(written.fileno(), 2)
        try:
            import tensorflow as tf

            tf.config.list_physical_devices()
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            written.seek(0)
            for line in written.read().decode(errors="replace").splitlines():
                if not _TENSORFLOW_INFO.match(line):
                    sys.stderr.write(f"{line}\n")
