"""Markup that browsers draw and screen readers read by themselves: formulas as MathML, signatures without lists of nothing."""

from __future__ import annotations

import re

from latex2mathml.converter import convert

_SIGNATURE = re.compile(r'<dt class="sig.*?</dt>', re.S)
# Sphinx writes each parameter on a line of its own as a description without a term.
_LINES = [(r"<dl>", '<span class="sig-lines">'), (r"<dd>", '<span class="sig-line">'), (r"</d[ld]>", "</span>")]


def _inline(writer, node) -> None:
    from docutils import nodes

    writer.body.append(convert(node.astext()))
    raise nodes.SkipNode


def _block(writer, node) -> None:
    from docutils import nodes

    writer.body.append(f'<div class="formula">{convert(node.astext(), display="block")}</div>')
    raise nodes.SkipNode


def _plain_signatures(app, page, template, context, doctree) -> None:
    def plain(match: re.Match[str]) -> str:
        text = match[0]
        for old, new in _LINES:
            text = re.sub(old, new, text)
        return text

    if "body" in context:
        context["body"] = _SIGNATURE.sub(plain, context["body"])


def setup(app) -> dict:
    """Register both (an extension of Sphinx)."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    app.config.html_math_renderer = "mathml"
    app.connect("html-page-context", _plain_signatures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
