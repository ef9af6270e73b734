"""Files that a run writes: VCF with a field added, a table of raw values as TSV or Parquet, and the skipped records."""

import io
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from deepbio.errors import DataError, DeepbioError, nearest
from deepbio.files import write_atomically
from deepbio.genome import Record
from deepbio.optional import require
from deepbio.variants.rules import POSITIONS, SCORES, Effect

FIELD = "SpliceAI"
HEADER = (
    '##INFO=<ID=SpliceAI,Number=.,Type=String,Description="SpliceAIv1.3.1 variant annotation. These include delta scores (DS) and '
    "delta positions (DP) for acceptor gain (AG), acceptor loss (AL), donor gain (DG), and donor loss (DL). Format: "
    'ALLELE|SYMBOL|DS_AG|DS_AL|DS_DG|DS_DL|DP_AG|DP_AL|DP_DG|DP_DL">'
)
COLUMNS = ("chromosome", "position", "id", "reference", "alternate", "gene", "strand", *SCORES, *POSITIONS)
SKIP_COLUMNS = ("chromosome", "position", "id", "reference", "alternate", "reason")
FORMATS = ("vcf", "tsv", "parquet")


def check_output(
    out: str | os.PathLike[str], format: str, *, inputs: Sequence[str | os.PathLike[str]], index: bool = False
) -> Path:
    """Check, before anything is computed, that an output can be written.

    Raises:
        DeepbioError: the format is unknown, the output is an input, its folder does not exist, it cannot have an index, or a
            package is not installed.
    """
    if format not in FORMATS:
        raise DeepbioError(f"Unknown format {format!r}. {nearest(format, FORMATS)}")
    path = Path(out)
    for other in inputs:
        if path.exists() and Path(other).exists() and path.samefile(other):
            raise DeepbioError(f"The output {path} is an input; inputs are never changed. Choose another name.")
    if path.is_dir() or not path.absolute().parent.is_dir():
        what = "it is a folder" if path.is_dir() else "its folder does not exist; make it first"
        raise DeepbioError(f"Cannot write {path}: {what}.")
    packed = path.suffix in (".gz", ".bgz") or (format == "vcf" and path.suffix == ".bcf")
    if index and not (packed and format == "vcf"):
        raise DataError(
            f"An index needs a bgzip VCF or a BCF; received {path.name}. Name the output {path.stem}.vcf.gz."
        )
    if format == "parquet":
        require("pyarrow", extra="data", purpose="Writing Parquet")
    elif packed:
        require("pysam", extra="variants", purpose="Writing bgzip or BCF")
    return path


def vcf_line(record: Record, effects: Sequence[Effect]) -> str:
    """Return the line of a record with its scores, or unchanged if it has none."""
    return record.with_info(FIELD, [effect.text() for effect in effects]) if effects else record.line


def table_lines(record: Record, effects: Sequence[Effect]) -> Iterator[str]:
    """Return a line for each alternate and gene, with raw values, or empty cells if SpliceAI's rules compute none."""
    for effect in effects:
        values = [f"{v:.9g}" for v in effect.scores] + [str(p) for p in effect.positions]
        yield "\t".join([*record_cells(record, effect.alternate), effect.gene, effect.strand, *(values or [""] * 8)])


def skip_lines(record: Record, reasons: Sequence[str]) -> Iterator[str]:
    """Return a line for each reason why something of a record was skipped."""
    return ("\t".join([*record_cells(record, ",".join(record.alternates) or "."), reason]) for reason in reasons)


def record_cells(record: Record, alternate: str) -> list[str]:
    """Return the first five cells of a table: chromosome, position, ID, reference and alternate."""
    return [record.chromosome, str(record.position), record.name, record.reference, alternate]


def as_text(lines: Iterable[str]) -> str:
    """Return lines as one text."""
    return "".join(f"{line}\n" for line in lines)


def write_text(path: Path, texts: Iterable[str]) -> None:
    """Write texts one after the other, completely or not at all; as bgzip if the name ends in `.gz`."""
    with write_atomically(path) as temporary:
        if path.suffix in (".gz", ".bgz"):
            pysam = require("pysam", extra="variants", purpose="Writing bgzip")
            with pysam.BGZFile(str(temporary), "wb") as file:
                for text in texts:
                    file.write(text.encode())
            return
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(texts)


def write_skips(out: Path, texts: Iterable[str]) -> None:
    """Write the lines of skipped records beside an output, under its name with `.skips.tsv` added."""
    write_text(out.with_name(f"{out.name}.skips.tsv"), [as_text(["\t".join(SKIP_COLUMNS)]), *texts])


def write_parquet(path: Path, texts: Iterable[str]) -> None:
    """Write the lines of tables as Parquet, with one row group for each text."""
    pa = require("pyarrow", extra="data", purpose="Writing Parquet")
    csv = require("pyarrow.csv", extra="data", purpose="Writing Parquet")
    parquet = require("pyarrow.parquet", extra="data", purpose="Writing Parquet")
    kinds = {"position": pa.int64(), **dict.fromkeys(POSITIONS, pa.int64()), **dict.fromkeys(SCORES, pa.float64())}
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in COLUMNS])
    options = {
        "read_options": csv.ReadOptions(column_names=COLUMNS, block_size=1 << 24),
        "parse_options": csv.ParseOptions(delimiter="\t", quote_char=False),
        "convert_options": csv.ConvertOptions(column_types=schema, null_values=[""], strings_can_be_null=True),
    }
    with write_atomically(path) as temporary, parquet.ParquetWriter(temporary, schema) as file:
        for text in texts:
            file.write_table(csv.read_csv(io.BytesIO(text.encode()), **options) if text else schema.empty_table())


def make_index(path: Path) -> None:
    """Index a bgzip VCF (`.tbi`) or a BCF (`.csi`).

    Raises:
        DataError: the records are not sorted.
    """
    pysam = require("pysam", extra="variants", purpose="Indexing a VCF")
    try:
        pysam.tabix_index(str(path), preset="bcf" if path.suffix == ".bcf" else "vcf", force=True)
    except (OSError, ValueError) as error:
        raise DataError(f"{path} is complete but could not be indexed; are its records sorted? ({error})") from error
