"""Docstrings in Markdown's code spans and Google's sections, as Sphinx reads them."""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Mapping

_EXAMPLE = re.compile(r"^( *)Examples?:$")
_SPAN = re.compile(r"(`+)(.+?)\1", re.S)
_MEANT = re.compile(r"([*|\\])|(?<=\w)(_)(?=\W|$)")  # signs that reStructuredText would read as marks


def to_rst(lines: list[str]) -> list[str]:
    """Return a docstring with code spans of reStructuredText and other marks escaped; examples stay as they are.

    Example:
        >>> to_rst(["Return `x * 2`, or x*2.", "", "Example:", "    >>> 2 * 3"])
        ['Return ``x * 2``, or x\\\\*2.', '', 'Example:', '    >>> 2 * 3']
    """
    out: list[str] = []
    prose: list[str] = []
    example: int | None = None
    for line in [*lines, ""]:
        indent = len(line) - len(line.lstrip())
        if example is not None and line.strip() and indent <= example:
            example = None
        if example is None:
            prose.append(line)
            if match := _EXAMPLE.match(line):
                example = len(match[1])
        if example is not None and prose:
            out += _escaped("\n".join(prose)).split("\n")
            prose = []
        elif example is not None:
            out.append(line)
    return [*out, *(_escaped("\n".join(prose)).split("\n") if prose else [])][: len(lines)]


def _escaped(text: str) -> str:
    parts, at = [], 0
    for match in _SPAN.finditer(text):
        parts += [_MEANT.sub(r"\\\g<0>", text[at : match.start()]), f"``{match[2].strip()}``"]
        at = match.end()
        if text[at : at + 1].isalnum():  # `Split`s
            parts.append("\\ ")
    return "".join([*parts, _MEANT.sub(r"\\\g<0>", text[at:])])


def _process(app, kind, name, obj, options, lines: list[str]) -> None:
    if kind in ("data", "attribute") and "\n".join(lines).strip() == (inspect.getdoc(type(obj)) or "").strip():
        lines[:] = [f"Keys: {', '.join(f'``{key}``' for key in obj)}.", ""] if isinstance(obj, Mapping) else []
    lines[:] = to_rst(lines)


def _plain_types(app, obj, bound_method) -> None:
    """Show `int` for a type that carries checks of pydantic, as in `Annotated[int, Field(ge=1)]`."""
    if any("Annotated" in str(hint) for hint in getattr(obj, "__annotations__", {}).values()):
        obj.__annotations__ = typing.get_type_hints(obj)


def setup(app) -> dict:
    """Read docstrings before napoleon does (an extension of Sphinx)."""
    app.connect("autodoc-process-docstring", _process, priority=100)
    app.connect("autodoc-before-process-signature", _plain_types)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
