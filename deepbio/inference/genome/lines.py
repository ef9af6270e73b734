"""Lines of predictions over a genome: TSV, BED and bedGraph, with the header lines that genome browsers read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from deepbio.errors import DataError, nearest
from deepbio.escaping import spreadsheet_text
from deepbio.genome.bigwig import runs
from deepbio.inference.prediction_table import prediction_rows
from deepbio.specs import Task

FORMATS = ("tsv", "bed", "bedgraph", "bigwig")
_ENDINGS = {
    ".tsv": "tsv",
    ".txt": "tsv",
    ".bed": "bed",
    ".bedgraph": "bedgraph",
    ".bdg": "bedgraph",
    ".bg": "bedgraph",
    ".bw": "bigwig",
    ".bigwig": "bigwig",
}


class Predicted(NamedTuple):
    """Predictions of some windows.

    Args:
        ids: Names of the windows.
        chromosomes: Names of the chromosomes, as in the FASTA.
        starts, ends: The bases that the values are of, 0-based and half open.
        strands: Strand of each window.
        p: What `predict` returns for the windows.
        values: Values of each window, `(1, outputs)` or one row for each of its bases.
    """

    ids: Sequence[str]
    chromosomes: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    strands: Sequence[str]
    p: np.ndarray
    values: Sequence[np.ndarray]


def format_of(path: Path | None, format: str | None) -> str:
    """Return the format of an output: the one that is named, or that of the ending of its path.

    Raises:
        DataError: the format or the ending is unknown.

    Example:
        >>> format_of(Path("a.bw"), None), format_of(None, None)
        ('bigwig', 'tsv')
    """
    if format is not None:
        if format not in FORMATS:
            raise DataError(f"Unknown format {format!r}. {nearest(format, FORMATS)}")
        return format
    if path is None:
        return "tsv"
    found = _ENDINGS.get(path.suffix.lower())
    if found is None:
        raise DataError(f"Expected an output that ends in {', '.join(_ENDINGS)}, or a format; received {path.name}.")
    return found


def path_of_output(path: Path, name: str, *, of_several: bool) -> Path:
    """Return the path of one output: with its name before the ending if there are several.

    Example:
        >>> str(path_of_output(Path("a.bw"), "donor", of_several=True))
        'a.donor.bw'
    """
    return path.with_name(f"{path.stem}.{re.sub(r'[^A-Za-z0-9_-]+', '_', name)}{path.suffix}") if of_several else path


def comment_lines(facts: Mapping[str, str]) -> Iterator[str]:
    """Return the facts about a run as lines that readers skip."""
    return (f"# {_one_line(name)}: {_one_line(fact)}" for name, fact in facts.items())


def track_line(kind: str, name: str, description: str) -> str:
    """Return the line with which UCSC's and IGV's browsers begin a track.

    Source: UCSC Genome Browser, custom annotation tracks.

    Example:
        >>> track_line("bedGraph", "open", 'a "model"')
        'track type=bedGraph name="open" description="a model" visibility=full'
    """
    display = {"bedGraph": "visibility=full", "bed": "useScore=1 visibility=pack"}[kind]
    start = f"track type={kind}" if kind != "bed" else "track"
    return f'{start} name="{_quotable(name)}" description="{_quotable(description)}" {display}'


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _quotable(text: str) -> str:
    return _one_line(text).replace('"', "")


def tsv_header(task: Task, names: Sequence[str], *, per_base: bool, thresholds: Sequence[float]) -> str:
    """Return the header line of a TSV: as `deepbio predict` writes it, or chromosome, start, end and a column per output."""
    if per_base:
        return "\t".join(["chromosome", "start", "end", *map(spreadsheet_text, names)])
    one = np.zeros(1 if task.kind == "binary" else (1, task.outputs))
    return "\t".join(map(spreadsheet_text, prediction_rows(task, [""], one, thresholds=thresholds)[0]))


def tsv_lines(found: Predicted, task: Task, *, per_base: bool, thresholds: Sequence[float], raw: bool) -> Iterator[str]:
    """Return a line for each window or, of values per base, for each base."""
    cell = str if raw else spreadsheet_text
    if not per_base:
        _, rows = prediction_rows(task, found.ids, found.p, thresholds=thresholds)
        yield from ("\t".join(map(cell, row)) for row in rows)
        return
    spans = zip(found.chromosomes.tolist(), found.starts.tolist(), found.values, strict=True)
    for name, start, values in spans:
        first = cell(name)
        for i, row in enumerate(values.tolist(), start=start):
            yield f"{first}\t{i}\t{i + 1}\t" + "\t".join(f"{value:.6g}" for value in row)


def bed_lines(found: Predicted, task: Task, *, thresholds: Sequence[float]) -> Iterator[str]:
    """Return BED6 lines: the predicted label as name, and 1,000 times its probability as score."""
    _, rows = prediction_rows(task, found.ids, found.p, thresholds=thresholds)
    p = np.stack([1 - found.p, found.p], axis=-1) if task.kind == "binary" else found.p
    labels = list(task.labels) or [str(i) for i in range(p.shape[1])]
    spans = zip(found.chromosomes.tolist(), found.starts.tolist(), found.ends.tolist(), found.strands, strict=True)
    for (name, start, end, strand), (_, label, *_), row in zip(spans, rows, p, strict=True):
        score = round(1000 * float(row[labels.index(label)]))
        yield f"{name}\t{start}\t{end}\t{_one_line(label)}\t{score}\t{strand}"


def bedgraph_lines(found: Predicted, output: int) -> Iterator[str]:
    """Return a line for each run of bases of one window with equal values of an output."""
    spans = zip(found.chromosomes.tolist(), found.starts.tolist(), found.ends.tolist(), found.values, strict=True)
    for name, start, end, values in spans:
        for first, last, value in runs(start, end, values[:, output]):
            yield f"{name}\t{first}\t{last}\t{value:.6g}"
