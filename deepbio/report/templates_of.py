"""The page templates, with the filter that lets long names break."""

from __future__ import annotations

import re
from typing import Any

from markupsafe import Markup


def templates() -> Any:
    """Return the Jinja environment of the pages: everything is escaped, an unknown name is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("deepbio.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["breakable"] = _breakable
    return environment


def _breakable(name: str) -> Markup:
    """Let a long name break after its underscores, hyphens and dots."""
    return Markup("<wbr>").join(re.findall(r"[^_.\-]*[_.\-]*", name))
