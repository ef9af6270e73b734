"""Tracks of one variant as SVG: probabilities with either allele, and exons, at the positions of the genome."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from deepbio.variants.rules import ACCEPTOR, DONOR

if TYPE_CHECKING:
    from deepbio.variants.report import Explained

_LEFT, _WIDTH, _HEIGHT = 132, 600, 72  # of the plots
_GAP, _TOP, _GENE = 22, 20, 34
_NAME = 15  # characters of a gene's name
_LOWEST = 0.01  # probability that is drawn
_LABELLED = 0.05  # change that has a label


def draw_tracks(one: Explained, *, alt: str) -> Markup:
    """Return the tracks as an `<svg>` element; its colours are those of the page.

    Args:
        one: Entry with the outputs around it.
        alt: The picture in words.
    """
    rows = (("REF", one.reference, -1), ("ALT", one.alternate, 1))
    body = Markup()
    bottom = _TOP
    for name, outputs, sign in rows:
        bottom += _HEIGHT
        body += _axes(name, bottom)
        body += Markup().join(_bars(outputs, bottom))
        body += Markup().join(_labels(one, bottom, sign))
        bottom += _GAP
    body += Markup().join(_gene(one, bottom))
    body += Markup().join(_ticks(one, bottom + _GENE))
    height = bottom + _GENE + 26
    box = f"0 0 {_LEFT + _WIDTH + 20} {height}"
    return Markup('<svg viewBox="{}" role="img" aria-label="{}">{}{}</svg>').format(
        box, alt, _variant(one, bottom + _GENE), body
    )


def _x(index: float, n: int) -> float:
    """Return the middle of a base, by its index in the outputs."""
    return _LEFT + (index + 0.5) * _WIDTH / n


def _axes(name: str, bottom: int) -> Markup:
    parts = Markup('<text x="{}" y="{}">{}</text>').format(4, bottom - _HEIGHT // 2 + 4, name)
    for value in (0, 0.5, 1):
        y = bottom - value * _HEIGHT
        kind = "axis" if value == 0 else "grid"
        parts += Markup('<path class="{}" d="M{} {}H{}"/>').format(kind, _LEFT, y, _LEFT + _WIDTH)
        parts += Markup('<text class="faint" x="{}" y="{}" text-anchor="end">{}</text>').format(_LEFT - 6, y + 4, value)
    return parts


def _bars(outputs: np.ndarray, bottom: int) -> Iterator[Markup]:
    n = len(outputs)
    width = max(2.0, 0.6 * _WIDTH / n)
    for channel, name in ((ACCEPTOR, "acceptor"), (DONOR, "donor")):
        for i in np.flatnonzero(outputs[:, channel] >= _LOWEST).tolist():
            top = bottom - float(outputs[i, channel]) * _HEIGHT
            path = f"M{_x(i, n):.1f} {bottom}V{top:.1f}"
            yield Markup('<path class="{}" d="{}" stroke-width="{:.1f}"/>').format(name, path, width)


def _labels(one: Explained, bottom: int, sign: int) -> Iterator[Markup]:
    """Yield the changes: losses above the reference, gains above the alternate."""
    n = len(one.reference)
    outputs = one.alternate if sign > 0 else one.reference
    scores, positions = one.effect.scores, one.effect.positions
    for i, channel in enumerate((ACCEPTOR, ACCEPTOR, DONOR, DONOR)):
        if (i % 2 == 0) != (sign > 0) or scores[i] < _LABELLED:
            continue
        index = positions[i] + n // 2
        top = bottom - float(outputs[index, channel]) * _HEIGHT
        text = f"{'+' if sign > 0 else '−'}{scores[i]:.2f}"
        yield Markup('<text class="change" x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>').format(
            _x(index, n), top - 4, text
        )


def _variant(one: Explained, bottom: int) -> Markup:
    n, size = len(one.reference), len(one.entry.record.reference)
    left = _x(n // 2, n) - _WIDTH / n / 2
    width = min(size * _WIDTH / n, _LEFT + _WIDTH - left)
    return Markup(
        '<rect class="changed" x="{:.1f}" y="{}" width="{:.1f}" height="{}"/><path class="variant" d="M{:.1f} {}V{}"/>'
    ).format(left, _TOP - 12, width, bottom - _TOP + 12, _x(n // 2, n), _TOP - 12, bottom)


def _gene(one: Explained, top: int) -> Iterator[Markup]:
    """Yield the gene: a line, its exons, or lines at the exon boundaries if the annotation has no exons."""
    gene, n = one.gene, len(one.reference)
    first = one.entry.record.position - n // 2
    middle = top + 10
    arrow = "→" if gene.strand == "+" else "←"
    name = gene.name if len(gene.name) <= _NAME else f"{gene.name[: _NAME - 1]}…"
    yield Markup('<text x="4" y="{}">{}<title>{}</title></text>').format(middle + 4, f"{name} {arrow}", gene.name)
    low, high = max(gene.start - first, 0), min(gene.end - first, n - 1)
    half = _WIDTH / n / 2
    yield Markup('<path class="axis" d="M{:.1f} {}H{:.1f}"/>').format(_x(low, n) - half, middle, _x(high, n) + half)
    for start, end in gene.exons:
        a, b = max(start - first, 0), min(end - first, n - 1)
        if a <= b:
            left, width = _x(a, n) - half, (b - a + 1) * 2 * half
            yield Markup(
                '<rect class="exon" x="{:.1f}" y="{}" width="{:.1f}" height="14"><title>{}</title></rect>'
            ).format(left, middle - 7, width, f"exon {start:,} to {end:,}")
    for boundary in () if gene.exons else gene.boundaries:
        if 0 <= boundary - first < n:
            path = f"M{_x(boundary - first, n):.1f} {middle - 7}V{middle + 7}"
            yield Markup('<path class="boundary" d="{}"><title>{}</title></path>').format(
                path, f"exon boundary {boundary:,}"
            )


def _ticks(one: Explained, top: int) -> Iterator[Markup]:
    n = len(one.reference)
    yield Markup('<path class="axis" d="M{} {}H{}"/>').format(_LEFT, top, _LEFT + _WIDTH)
    for k in range(5):
        index = round(k * (n - 1) / 4)
        position = one.entry.record.position - n // 2 + index
        x = _x(index, n)
        anchor = {0: "start", 4: "end"}.get(k, "middle")
        yield Markup('<path class="axis" d="M{:.1f} {}v4"/>').format(x, top)
        yield Markup('<text class="faint" x="{:.1f}" y="{}" text-anchor="{}">{}</text>').format(
            x, top + 17, anchor, f"{position:,}"
        )
