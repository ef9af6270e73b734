"""A `Dataset` of windows of a genome: one BED or GTF file per class, or values of a BED's score or of bigWig tracks."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from deepbio.datasets.build.builder import builder
from deepbio.datasets.build.two_labels import log_two_labels
from deepbio.datasets.options import Names, names_of
from deepbio.datasets.splitting import FRACTIONS, Duplicates
from deepbio.errors import DataError, nearest
from deepbio.files import FilePath
from deepbio.genome import Genome, GenomeWindows, Intervals, open_genome, read_bed, read_genbank, read_gtf
from deepbio.genome.tracks import read_tracks


@builder("genome")
def from_bed(
    genome: FilePath,
    bed: Mapping[str, FilePath] | FilePath,
    *,
    length: int,
    label: Literal["name", "score", "feature"] | None = None,
    features: Names = ("gene",),
    positive: str | None = None,
    stranded: bool = True,
    summit: bool | None = None,
    valid: Names = (),
    test: Names = (),
    fractions: Mapping[str, float] = FRACTIONS,
    seed: int = 0,
    duplicates: Duplicates = "group",
    name: str = "bed",
) -> dict[str, Any]:
    """Build a data set of windows around the intervals of BED or narrowPeak files, or the features of GTF or GFF files.

    Splits are by chromosome: whole chromosomes go to one split.

    Args:
        genome: Path of the FASTA; encoded once, see `deepbio.genome.open_genome`.
        bed: Class to path; or one path of which `label` is predicted: `"name"` (classes), `"score"` (values), or
            `"feature"` of GTF and GFF (classes).
        length: Number of bases of a window around the center, or around the summit of a narrowPeak.
        label: What to predict of one file.
        features: Kinds of feature used of GTF and GFF, such as `["exon", "CDS"]`.
        positive: Positive class of two; None takes the second.
        stranded: Whether windows on the minus strand are reverse complements.
        summit: Whether column 10 of a BED is the summit of a peak; None decides by name and content, see `read_bed`.
        valid, test: Chromosomes of these splits; the others are for training. Without them, `fractions` and `seed` decide.
        fractions, seed, duplicates: Options of the splits; see `deepbio.datasets.splitting.split_examples`.
        name: Name of the data set.

    Raises:
        DataError: what `open_genome`, `read_bed`, `read_gtf` and `GenomeWindows` raise, or splits that cannot be made.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> folder = Path(tempfile.mkdtemp())
        >>> draw = np.random.default_rng(0)
        >>> records = (f">chr{i}\\n{''.join(draw.choice(list('ACGT'), 300))}\\n" for i in range(1, 4))
        >>> _ = (folder / "g.fa").write_text("".join(records))
        >>> for stem, shift in (("open", 0), ("closed", 50)):
        ...     rows = (f"chr{i}\\t{s + shift}\\t{s + shift + 9}\\n" for i in range(1, 4) for s in range(20, 230, 20))
        ...     _ = (folder / f"{stem}.bed").write_text("".join(rows))
        >>> beds = {"closed": folder / "closed.bed", "open": folder / "open.bed"}
        >>> from_bed(folder / "g.fa", beds, length=40, valid=["chr2"], test=["chr3"], duplicates="keep")
        Dataset('bed', binary, dna (40,), train=22 valid=22 test=22)
    """
    files = dict(bed) if isinstance(bed, Mapping) else {"": bed}
    if isinstance(bed, Mapping) == (label is not None):
        raise DataError(
            "Expected a BED file per class, as {'open': 'a.bed', 'closed': 'b.bed'}, or one file and label='name'."
        )
    if label not in (None, "name", "score", "feature"):
        raise DataError(f"Unknown label {label!r} of a BED. {nearest(str(label), ('name', 'score', 'feature'))}")
    kinds = names_of(features)
    read = {name: read_intervals(path, kinds, summit) for name, path in files.items()}
    if label == "feature":
        (path,) = files.values()
        if not is_gtf(path):
            raise DataError(f"{path}: label='feature' is for GTF and GFF; a BED has label='name' or label='score'.")
        read = {kind: read_intervals(path, [kind]) for kind in kinds}
    intervals = merge_intervals(list(read.values()))
    opened = open_genome(genome)
    for found in read.values():
        GenomeWindows(opened, found, length=length)  # names the file in which an interval is wrong
    windows = GenomeWindows(opened, intervals, length=length, stranded=stranded)
    if label == "score":
        for i in np.flatnonzero(~np.isfinite(intervals.scores))[:1]:
            raise DataError(
                f"{intervals.path}, line {intervals.lines[i]}: expected a number as score; found none or '.'."
            )
    if label == "name" and (unnamed := np.isin(intervals.names, ("", "."))).any():
        raise DataError(
            f"{intervals.path}, line {intervals.lines[unnamed.argmax()]}: expected a name as class; found none or '.'. "
            "Remove such lines."
        )
    if label in (None, "feature"):
        y: Any = np.repeat(np.arange(len(read)), [len(found) for found in read.values()])
    else:
        y = intervals.names if label == "name" else intervals.scores
    split = chromosome_split(windows.genome, windows.chromosomes, valid, test)
    classes = np.repeat(list(read), [len(found) for found in read.values()])
    prefix = np.repeat([f"{name}:" if name else "" for name in read], [len(found) for found in read.values()])
    ids = [f"{start}{place}" for start, place in zip(prefix, place_names(intervals), strict=True)]
    if label != "score":
        log_two_labels(windows, ids, intervals.names if label == "name" else classes, what="window")
    return {
        "x": windows,
        "y": y,
        "labels": list(read) if label in (None, "feature") else None,
        "ids": ids,
        "groups": windows.chromosomes if split is None or duplicates != "keep" else None,
        "split": split,
    }


@builder("genome")
def from_bigwig(
    genome: FilePath,
    bed: FilePath,
    bigwig: Sequence[FilePath] | Mapping[str, FilePath] | FilePath,
    *,
    length: int,
    kind: Literal["counts", "profile"] = "counts",
    feature: str = "gene",
    output_length: int | None = None,
    stranded: bool = True,
    summit: bool | None = None,
    valid: Names = (),
    test: Names = (),
    fractions: Mapping[str, float] = FRACTIONS,
    seed: int = 0,
    name: str = "bigwig",
) -> dict[str, Any]:
    """Build a data set of windows around a BED's intervals and the values of bigWig tracks there.

    Splits are by chromosome. Needs the extra `genomics`.

    Args:
        genome, bed, length, stranded, summit, valid, test, fractions, seed: See `from_bed`.
        bigwig: Tracks, or name of an output to track; one output each.
        kind: `"counts"` predicts each track's total in the window, `"profile"` its value at each base.
        output_length: Number of bases around the center of the window whose values are read; None reads all. A model that predicts
            fewer positions than a profile has is trained on those around the center (see `deepbio.inference.positions`).
        feature: Kind of feature used of GTF and GFF.
        name: Name of the data set.

    Raises:
        DataError: what `from_bed` and `deepbio.genome.tracks.read_tracks` raise, or values below 0.
    """
    if kind not in ("counts", "profile"):
        raise DataError(f"kind is 'counts' or 'profile'; received {kind!r}.")
    paths = [bigwig] if isinstance(bigwig, (str, os.PathLike)) else bigwig
    tracks = dict(paths) if isinstance(paths, Mapping) else {Path(path).name: path for path in paths}
    if len(tracks) < len(paths):
        raise DataError(
            "Two tracks have one file name: name the outputs, as {'rep1': 'a/x.bw', 'rep2': 'b/x.bw'} (on the command line --bigwig "
            "rep1=a/x.bw --bigwig rep2=b/x.bw)."
        )
    intervals = read_intervals(bed, [feature], summit)
    windows = GenomeWindows(open_genome(genome), intervals, length=length, stranded=stranded)
    values = read_tracks(list(tracks.values()), windows, length=output_length)
    for i, at, k in np.argwhere(~((values >= 0) & np.isfinite(values)))[:1]:
        raise DataError(
            f"{list(tracks.values())[k]}: expected counts, from 0 up; found {values[i, at, k]:g} in the window of "
            f"{place_names(intervals)[i]} ({bed}, line {intervals.lines[i]}). Signal that was subtracted or log-transformed is not."
        )
    return {
        "x": windows,
        "y": values.sum(axis=1) if kind == "counts" else values,
        "labels": list(tracks),
        "ids": place_names(intervals),
        "groups": windows.chromosomes,
        "split": chromosome_split(windows.genome, windows.chromosomes, valid, test),
        "options": {"bigwig": tracks},
    }


@builder("genbank")
def from_genbank(
    path: FilePath,
    *,
    features: Names,
    length: int,
    parts: bool = False,
    positive: str | None = None,
    stranded: bool = True,
    fractions: Mapping[str, float] = FRACTIONS,
    seed: int = 0,
    duplicates: Duplicates = "group",
    name: str | None = None,
) -> dict[str, Any]:
    """Build a data set of windows around the features of a GenBank file. Windows that overlap are in one split.

    Args:
        path: Path of the file, with its sequence.
        features: Kinds of feature, at least two, such as `["CDS", "tRNA"]`; each is a class.
        length: Number of bases of a window around the middle of a feature.
        parts: Whether each part of a joined feature is an interval of its own; see `deepbio.genome.read_genbank`.
        positive: Positive class of two; None takes the second.
        stranded: Whether windows on the minus strand are reverse complements.
        fractions, seed, duplicates: Options of the splits; see `deepbio.datasets.splitting.split_examples`.
        name: Name of the data set; None uses the file's.

    Raises:
        DataError: what `read_genbank` raises, fewer than two kinds of feature, or splits that cannot be made.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> draw = np.random.default_rng(0)
        >>> bases = "".join(draw.choice(list("acgt"), 3000))
        >>> rows = "".join(f"     {('CDS', 'tRNA')[i % 2]:<16}{20 + 90 * i}..{49 + 90 * i}\\n" for i in range(32))
        >>> head = "LOCUS       R1                      3000 bp    DNA     linear   UNK 01-JAN-1980\\nACCESSION   R1\\n"
        >>> path = Path(tempfile.mkdtemp()) / "r.gb"
        >>> _ = path.write_text(f"{head}FEATURES             Location/Qualifiers\\n{rows}ORIGIN\\n        1 {bases}\\n//\\n")
        >>> from_genbank(path, features=["CDS", "tRNA"], length=40)
        Dataset('r', binary, dna (40,), train=22 valid=6 test=4)
    """
    kinds = names_of(features)
    if len(kinds) < 2:
        raise DataError(
            f"Each kind of feature is a class: expected at least two, as ['CDS', 'tRNA']; received {kinds}."
        )
    read = [read_genbank(path, feature=kind, parts=parts) for kind in kinds]
    found = merge_intervals([intervals for _, intervals in read])
    windows = GenomeWindows(read[0][0], found, length=length, stranded=stranded)
    places = zip(found.chromosomes, found.starts, found.ends, found.strands, strict=True)
    return {
        "x": windows,
        "y": np.repeat(np.arange(len(kinds)), [len(intervals) for _, intervals in read]),
        "labels": kinds,
        "ids": [f"{record}:{start}-{end}({strand})" for record, start, end, strand in places],
        "groups": _overlapping(windows),
    }


def _overlapping(windows: GenomeWindows) -> np.ndarray:
    """Return for each window the first of the run of windows that overlap it, directly or through others."""
    records, starts = windows.chromosomes, windows.starts
    order = np.lexsort((starts, records))
    apart = (records[order][1:] != records[order][:-1]) | (np.diff(starts[order]) >= windows.length)
    first = order[np.flatnonzero(np.concatenate([[True], apart]))]
    names = np.array([f"{records[i]}:{starts[i]}" for i in first])
    run = np.empty(len(order), dtype=np.int64)
    run[order] = np.cumsum(np.concatenate([[0], apart]))
    return names[run]


def is_gtf(path: FilePath) -> bool:
    """Return whether a file is GTF or GFF by its name; any other is BED."""
    stem = os.fspath(path).lower().removesuffix(".gz").removesuffix(".bgz")
    return stem.endswith((".gtf", ".gff", ".gff2", ".gff3"))


def read_intervals(path: FilePath, features: Sequence[str], summit: bool | None = None) -> Intervals:
    """Read BED and narrowPeak (see `read_bed` for `summit`), or the features of the given kinds of GTF and GFF."""
    if is_gtf(path):
        return merge_intervals([read_gtf(path, feature=kind) for kind in features])
    return read_bed(path, summit=summit)


def merge_intervals(parts: list[Intervals]) -> Intervals:
    """Concatenate the intervals of several files or kinds of feature."""
    names = [field.name for field in fields(Intervals) if field.name not in ("path", "summits")]
    summits = [np.zeros(len(part), dtype=bool) if part.summits is None else part.summits for part in parts]
    return replace(
        parts[0],
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in names},
        summits=np.concatenate(summits),
    )


def place_names(intervals: Intervals) -> list[str]:
    """Return the name of each interval, such as `"chr1:5-9"`."""
    places = zip(intervals.chromosomes, intervals.starts, intervals.ends, strict=True)
    return [f"{chromosome}:{start}-{end}" for chromosome, start, end in places]


def chromosome_split(genome: Genome, chromosomes: np.ndarray, valid: Names, test: Names) -> np.ndarray | None:
    """Return the split of each window by its chromosome, named as in the genome, or None if no chromosomes are named."""
    valid, test = names_of(valid), names_of(test)
    if bool(valid) != bool(test):
        raise DataError("Name the chromosomes of both valid and test, or of neither.")
    if not valid:
        return None
    valid, test = ([genome.name_of(name) for name in names] for names in (valid, test))
    if both := sorted(set(valid) & set(test)):
        raise DataError(f"The chromosomes {', '.join(both)} are named for valid and for test.")
    return np.select([np.isin(chromosomes, valid), np.isin(chromosomes, test)], ["valid", "test"], "train")
