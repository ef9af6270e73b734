"""The page of a report: its table, and for each variant the scores, percentiles and tracks."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from deepbio.report.html import templates
from deepbio.variants.background import COLUMNS, KINDS, Background, kind_of, percentile_text
from deepbio.variants.report_tracks import draw_tracks
from deepbio.variants.rules import SCORES

if TYPE_CHECKING:
    from deepbio.variants.report import Explained, Report

_WORDS = {"DS_AG": "acceptor gain", "DS_AL": "acceptor loss", "DS_DG": "donor gain", "DS_DL": "donor loss"}
_MAX_ALLELE = 12  # bases of an allele that are shown


def page(found: Report) -> str:
    """Return the page as HTML. Text of the VCF is escaped, and no script runs but the page's own, by its checksum."""
    environment = templates()
    script = environment.loader.get_source(environment, "variants.js")[0].strip()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    percentiles = ["percentile", "percentile, masked"] if found.background else ["", ""]
    numbers = [
        "bases to exon boundary",
        "largest",
        percentiles[0],
        "masked",
        percentiles[1],
        *(_WORDS[name] for name in SCORES),
    ]
    columns = [*((name, "text") for name in ("variant", "ID", "gene")), *((name, "") for name in numbers if name)]
    return environment.get_template("variants.html").render(
        title=f"Splice effects: {found.facts['file']}",
        facts=found.facts,
        about_background=about_background(found.background, found.why_no_background),
        columns=columns,
        rows=[page_row(one, found.background) for one in found.explained],
        score_columns=score_columns(found.background),
        script=Markup(script),
        script_hash=f"sha256-{digest}",
    )


def about_background(background: Background | None, why: str) -> str:
    """Return what the percentiles of a page are, in words; without a background, the reason why there are none."""
    if background is None:
        return f"There are no percentiles: {why}."
    facts = background.facts
    sizes = ", ".join(f"{background.size(kind):,} at {kind} bases" for kind in KINDS)
    smallest = min(map(background.size, KINDS))
    return (
        "A percentile is the percentage of background SNVs with a lower score, rounded down, among random substitutions at the same "
        f"distance from an exon boundary ({sizes}) in {facts['genes']} genes of {facts['genome']}. A score above all {smallest:,} has "
        f"{percentile_text(smallest, smallest)}, and may be rarer. Insertions and deletions are compared with SNVs too."
    )


def score_columns(background: Background | None) -> list[str]:
    """Return the names of the columns of a variant's scores."""
    percentile = [] if background is None else ["percentile"]
    return ["score", "value", "position", *percentile, "masked", *(f"{name}, masked" for name in percentile)]


def page_row(one: Explained, background: Background | None) -> dict[str, Any]:
    """Return what the template shows of a variant: its name, cells, scores, tracks and caption."""
    record, gene = one.entry.record, one.gene
    alternate = record.alternates[0]
    alleles = [_allele(allele) for allele in (record.reference, alternate)]
    name = f"{record.chromosome}:{record.position:,} {'>'.join(alleles)}"
    largest, hidden = max(one.effect.scores), max(one.masked)
    bases = "base" if abs(one.boundary) == 1 else "bases"
    side = "at an exon boundary" if one.boundary == 0 else f"{abs(one.boundary):,} {bases} from an exon boundary"
    cells = [
        (_short(record.name, 24), None, "text"),
        (_short(gene.name, 24), None, "text"),
        (f"{abs(one.boundary):,}", abs(one.boundary), ""),
        (f"{largest:.2f}", f"{largest:.6f}", ""),
        *_percentile(one, background, "DS", largest, masked=False),
        (f"{hidden:.2f}", f"{hidden:.6f}", ""),
        *_percentile(one, background, "DS", hidden, masked=True),
        *((f"{score:.2f}", f"{score:.6f}", "") for score in one.effect.scores),
    ]
    return {
        "name": name,
        "sort": f"{record.chromosome}:{record.position}",
        "score": f"{largest:.6f}",
        "columns": cells,
        "about": f"{'' if record.name == '.' else record.name + ', '}{gene.name} ({gene.strand}), {side}",
        "scores": [_score_row(one, background, i) for i in range(4)],
        "picture": draw_tracks(
            one, alt=f"Probabilities around {name} with the reference and the alternate allele. {_in_words(one)}."
        ),
        "caption": _caption(one),
    }


def _score_row(one: Explained, background: Background | None, i: int) -> list[str]:
    """Return the cells of one of the four scores."""
    name, at = COLUMNS[i], one.effect.positions[i]
    score, hidden = one.effect.scores[i], one.masked[i]
    raw = _in_background(one, background, name, score, masked=False)
    after = _in_background(one, background, name, hidden, masked=True)
    position = f"{one.entry.record.position + at:,} ({at:+d})"
    return [_WORDS[name], f"{score:.2f}", position, *raw, f"{hidden:.2f}", *after]


def _percentile(
    one: Explained, background: Background | None, column: str, score: float, *, masked: bool
) -> list[tuple[str, str, str]]:
    """Return a percentile as text, as a number to sort by, and its class; nothing without a background."""
    if background is None:
        return []
    lower, size = background.rank(kind_of(one.boundary), column, score, masked=masked)
    return [(percentile_text(lower, size), f"{100 * lower / size:.4f}", "")]


def _in_background(
    one: Explained, background: Background | None, column: str, score: float, *, masked: bool
) -> list[str]:
    """Return a percentile with the number of background SNVs; nothing without a background."""
    if background is None:
        return []
    lower, size = background.rank(kind_of(one.boundary), column, score, masked=masked)
    return [f"above all {size:,}" if lower == size else f"above {percentile_text(lower, size)}% of {size:,}"]


def _in_words(one: Explained) -> str:
    pairs = zip(SCORES, one.effect.scores, one.effect.positions, strict=True)
    return "; ".join(f"{_WORDS[name]} {score:.2f} at {at:+d}" for name, score, at in pairs)


def _caption(one: Explained) -> str:
    what = (
        ""
        if one.gene.exons
        else " The annotation has the exon boundaries of all isoforms, drawn as lines, and no exons."
    )
    strand = {"+": "left to right", "-": "right to left"}[one.gene.strand]
    return (
        f"Probability of an acceptor and of a donor at each base with the reference (REF) and the alternate allele (ALT); "
        f"{one.gene.name} is read from {strand}.{what}"
    )


def _allele(allele: str) -> str:
    return _short(allele, _MAX_ALLELE) + (f" ({len(allele)} bases)" if len(allele) > _MAX_ALLELE else "")


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}…"
