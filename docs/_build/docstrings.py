"""Docstrings as the site wants them: examples as code, and a line for each of several arguments described together."""

from __future__ import annotations

import re

import griffe

# A paragraph that starts with a prompt, up to the next empty line.
_EXAMPLE = re.compile(r"^>>> .*\n?(?:^(?!$).*\n?)*", re.M)
# "    mean, deviation: of each column", with the lines below that belong to it.
_TOGETHER = re.compile(r"^( +)(\w+(?:, \w+)+): (.*(?:\n\1 +.*)*)", re.M)


class Docstrings(griffe.Extension):
    """Rewrite docstrings before they are parsed."""

    def on_instance(self, *, obj: griffe.Object, **kwargs) -> None:
        """Rewrite the docstring of every object that griffe reads."""
        if obj.docstring is not None:
            text = _EXAMPLE.sub(lambda m: f"```pycon\n{m[0].rstrip()}\n```\n", obj.docstring.value)
            obj.docstring.value = _TOGETHER.sub(_one_by_one, text)


def _one_by_one(match: re.Match[str]) -> str:
    indent, names, description = match.groups()
    return "\n".join(f"{indent}{name}: {description}" for name in names.split(", "))
