"""Files that a run writes: VCF or BCF with a field added, a table of raw values as TSV or Parquet, and the skipped records."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from deepbio.errors import DataError, DeepbioError, nearest
from deepbio.files import write_atomically
from deepbio.genome.vcf import Record
from deepbio.optional import require
from deepbio.variants.rules import POSITIONS, SCORES
from deepbio.variants.splicing import Scored

FIELD = "SpliceAI"
HEADER = (
    '##INFO=<ID=SpliceAI,Number=.,Type=String,Description="SpliceAIv1.3.1 variant annotation. These include delta scores (DS) and '
    "delta positions (DP) for acceptor gain (AG), acceptor loss (AL), donor gain (DG), and donor loss (DL). Format: "
    'ALLELE|SYMBOL|DS_AG|DS_AL|DS_DG|DS_DL|DP_AG|DP_AL|DP_DG|DP_DL">'
)
COLUMNS = ("chromosome", "position", "id", "reference", "alternate", "gene", "strand", *SCORES, *POSITIONS)
SKIP_COLUMNS = ("chromosome", "position", "id", "reference", "alternate", "reason")
FORMATS = ("vcf", "tsv", "parquet")


def check_output(out: str | os.PathLike[str], format: str, *, inputs: Sequence[str | os.PathLike[str]]) -> Path:
    """Check at once, before any computing, that the output can be what is asked for.

    Raises:
        DeepbioError: an unknown format, an output that is an input, a missing folder, or a package that is not there.
    """
    if format not in FORMATS:
        raise DeepbioError(f"Unknown format {format!r}. {nearest(format, FORMATS)}")
    path = Path(out)
    for other in inputs:
        if path.exists() and Path(other).exists() and path.samefile(other):
            raise DeepbioError(f"The output {path} is an input; inputs are never changed. Give another name.")
    if path.is_dir() or not path.absolute().parent.is_dir():
        what = "it is a folder" if path.is_dir() else "its folder does not exist; make it first"
        raise DeepbioError(f"Cannot write {path}: {what}.")
    if format == "parquet":
        require("pyarrow", extra="data", purpose="Writing Parquet")
    elif path.suffix in (".gz", ".bgz") or (format == "vcf" and path.suffix == ".bcf"):
        require("pysam", extra="variants", purpose="Writing bgzip or BCF")
    return path


def vcf_line(record: Record, scored: Scored) -> str:
    """Return the record's line with its scores, or as it is where there are none."""
    if not scored.effects:
        return record.line
    return record.with_info(FIELD, [effect.text() for effect in scored.effects])


def table_lines(record: Record, scored: Scored) -> Iterator[str]:
    """Return a line for each alternate and gene, with raw values; empty cells where the rules give none."""
    for effect in scored.effects:
        values = [f"{v:.9g}" for v in effect.scores] + [str(p) for p in effect.positions]
        cells = [record.chromosome, str(record.position), record.name, record.reference, effect.alternate]
        yield "\t".join([*cells, effect.gene, effect.strand, *(values or [""] * 8)])


def skip_lines(record: Record, scored: Scored) -> Iterator[str]:
    """Return a line for each reason that something of a record was skipped."""
    alternates = ",".join(record.alternates) or "."
    for reason in scored.skipped:
        yield "\t".join([record.chromosome, str(record.position), record.name, record.reference, alternates, reason])


def write_text(path: Path, texts: Iterable[str]) -> None:
    """Write texts one after the other, whole or not at all; bgzip where the name ends in `.gz`."""
    with write_atomically(path) as beside:
        if path.suffix in (".gz", ".bgz"):
            pysam = require("pysam", extra="variants", purpose="Writing bgzip")
            with pysam.BGZFile(str(beside), "wb") as file:
                for text in texts:
                    file.write(text.encode())
            return
        with beside.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(texts)


def write_parquet(path: Path, texts: Iterable[str]) -> None:
    """Write the lines of tables as Parquet, a row group for each text."""
    pa = require("pyarrow", extra="data", purpose="Writing Parquet")
    parquet = require("pyarrow.parquet", extra="data", purpose="Writing Parquet")

    wholes = {"position", *POSITIONS}
    kinds = [pa.int64() if c in wholes else pa.float64() if c in SCORES else pa.string() for c in COLUMNS]
    schema = pa.schema(list(zip(COLUMNS, kinds, strict=True)))
    with write_atomically(path) as beside, parquet.ParquetWriter(beside, schema) as file:
        for text in texts:
            rows = [line.split("\t") for line in text.splitlines()]
            columns = []
            for i, kind in enumerate(kinds):
                turn = int if kind == pa.int64() else float if kind == pa.float64() else str
                columns.append(pa.array([None if row[i] == "" else turn(row[i]) for row in rows], kind))
            file.write_table(pa.table(columns, schema=schema))


def write_bcf(path: Path, texts: Iterable[str]) -> None:
    """Write the texts of a VCF as BCF, whole or not at all.

    A BCF's header must name every contig, filter and field. What a VCF's header leaves out is known only once all of it was read, so
    it is read twice.

    Raises:
        DataError: a field that BCF cannot hold.
    """
    pysam = require("pysam", extra="variants", purpose="Writing BCF")
    loudness = pysam.set_verbosity(0)
    try:
        with (
            tempfile.TemporaryDirectory(dir=path.parent, prefix=".writing-") as folder,
            write_atomically(path) as beside,
        ):
            given, complete = Path(folder) / "given.vcf", Path(folder) / "complete.vcf"
            with given.open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(texts)
            with pysam.VariantFile(str(given)) as first:
                for _ in first:
                    pass
                header = str(first.header)
            with given.open(encoding="utf-8") as lines, complete.open("w", encoding="utf-8", newline="\n") as file:
                file.write(header)
                file.writelines(line for line in lines if not line.startswith("#"))
            with pysam.VariantFile(str(complete)) as second, _bcf(pysam, beside, second.header) as made:
                for record in second:
                    made.write(record)
    except (ValueError, OSError) as error:
        raise DataError(
            f"Cannot write {path} ({error}). BCF holds only what the VCF format allows; a .vcf or .vcf.gz takes any line."
        ) from error
    finally:
        pysam.set_verbosity(loudness)


def _bcf(pysam: ModuleType, path: Path, header: Any) -> Any:
    return pysam.VariantFile(str(path), "wb", header=header)


def check_index(path: Path, format: str) -> None:
    """Check that an output can have an index.

    Raises:
        DataError: it is neither bgzip nor BCF.
    """
    if format != "vcf" or path.suffix not in (".gz", ".bgz", ".bcf"):
        raise DataError(
            f"An index needs a bgzip VCF or a BCF; received {path.name}. Name the output {path.stem}.vcf.gz."
        )


def make_index(path: Path) -> Path:
    """Index a bgzip VCF or a BCF; give the index's path.

    Raises:
        DataError: it is not sorted.
    """
    pysam = require("pysam", extra="variants", purpose="Indexing a VCF")
    kind, ending = ("bcf", "csi") if path.suffix == ".bcf" else ("vcf", "tbi")
    try:
        pysam.tabix_index(str(path), preset=kind, force=True)
    except (OSError, ValueError) as error:
        raise DataError(f"{path} is whole but could not be indexed; are its records sorted? ({error})") from error
    return path.with_name(f"{path.name}.{ending}")
