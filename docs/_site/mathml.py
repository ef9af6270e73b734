"""Formulas as MathML, which browsers draw themselves: pages need no script from another host."""

from __future__ import annotations

from latex2mathml.converter import convert


def _inline(writer, node) -> None:
    from docutils import nodes

    writer.body.append(convert(node.astext()))
    raise nodes.SkipNode


def _block(writer, node) -> None:
    from docutils import nodes

    writer.body.append(f'<div class="formula">{convert(node.astext(), display="block")}</div>')
    raise nodes.SkipNode


def setup(app) -> dict:
    """Register the renderer (an extension of Sphinx)."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    app.config.html_math_renderer = "mathml"
    return {"parallel_read_safe": True, "parallel_write_safe": True}
