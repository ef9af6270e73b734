"""The page templates and their filters: names that may break, and the Markdown of cards."""

import base64
import functools
import hashlib
import itertools
import re
from importlib.resources import files
from typing import Any

from markupsafe import Markup


@functools.cache
def templates() -> Any:
    """Return the Jinja environment of the pages: everything is escaped, and an unknown name is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("deepbio.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"breakable": _breakable, "markdown": markdown}
    return environment


@functools.cache
def prevalence_script() -> dict[str, Markup | str]:
    """Return the script of the prevalence slider: its `text`, and the `digest` by which the page's policy allows it alone."""
    text = files("deepbio.report").joinpath("templates/prevalence.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return {"text": Markup(text), "digest": digest}


def _breakable(name: str) -> Markup:
    """Let a long name break after its underscores, hyphens and dots."""
    return Markup("<wbr>").join(re.findall(r"[^_.\-]*[_.\-]*", name))


def markdown(text: str) -> Markup:
    """Render a card's Markdown as HTML. Tags in the text are escaped, comments and images are left out.

    Example:
        >>> print(markdown("Windows of **60** nucleotides & <more>."))
        <p>Windows of <strong>60</strong> nucleotides &amp; &lt;more&gt;.</p>
    """
    parser = _parser()
    tokens = parser.parse(re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL))
    for previous, token in itertools.pairwise(tokens):
        if token.type == "th_open":
            token.attrSet("scope", "col")
        elif previous.type == "tr_open" and token.type == "td_open":
            token.tag, tokens[tokens.index(token) + 2].tag = "th", "th"
            token.attrSet("scope", "row")
    return Markup(parser.renderer.render(tokens, parser.options, {}).strip())


@functools.cache
def _parser() -> Any:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False, "linkify": True}).enable(["table", "linkify"]).disable("image")
    parser.linkify.set({"fuzzy_link": False, "fuzzy_email": False})  # type: ignore[union-attr]
    parser.validateLink = lambda url: url.startswith(
        ("https://", "http://")
    )  # files beside the card are not in the page
    # the page has its own headings
    parser.add_render_rule("heading_open", lambda *_: "<p><strong>")
    parser.add_render_rule("heading_close", lambda *_: "</strong></p>\n")
    opening = '<div class="scroll" tabindex="0" role="region" aria-label="Table of the card"><table>\n'
    parser.add_render_rule("table_open", lambda *_: opening)
    parser.add_render_rule("table_close", lambda *_: "</table></div>\n")
    return parser
