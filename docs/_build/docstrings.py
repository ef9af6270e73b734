"""Docstrings as griffe reads them: sections named Examples, and one line per argument when several are described together."""

from __future__ import annotations

import re

import griffe

_EXAMPLE = re.compile(r"^( *)Example:$", re.M)
# "    mean, std: of each column", with the lines below that belong to it.
_TOGETHER = re.compile(r"^( +)(\w+(?:, \w+)+): (.*(?:\n\1 +.*)*)", re.M)


class Docstrings(griffe.Extension):
    """Rewrite docstrings before they are parsed."""

    def on_instance(self, *, obj: griffe.Object, **kwargs) -> None:
        """Rewrite the docstring of every object that griffe reads."""
        if obj.docstring is not None:
            text = _EXAMPLE.sub(r"\1Examples:", obj.docstring.value)
            obj.docstring.value = _TOGETHER.sub(_one_by_one, text)


def _one_by_one(match: re.Match[str]) -> str:
    indent, names, description = match.groups()
    return "\n".join(f"{indent}{name}: {description}" for name in names.split(", "))
