"""BCF: written by htslib with a complete header, and read back record by record before it gets its name."""

import itertools
import math
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deepbio.errors import DataError
from deepbio.files import write_atomically
from deepbio.genome import VcfFile
from deepbio.genome.vcf import header_keys
from deepbio.optional import require

_END = '##INFO=<ID=END,Number=1,Type=Integer,Description="Last position of the record">'
_SEPARATORS = re.compile(r"([\t;,:|/=])")


def write_bcf(path: Path, texts: Iterable[str]) -> None:
    """Write the texts of a VCF as BCF, completely or not at all.

    The header of a BCF must name every contig, filter and field. What the header of a VCF leaves out is known only after all of it
    was read, so it is read twice. The BCF is then read back and compared with the VCF.

    Args:
        path: Path of the BCF.
        texts: Texts of the VCF, one after the other.

    Raises:
        DataError: BCF cannot store a record, or would return it otherwise; with the record.

    Source: the VCF specification, version 4.3, sections 1.4 and 6.
    """
    with _htslib(path) as (pysam, folder), write_atomically(path) as temporary:
        _convert(pysam, folder, texts, temporary, path)


def check_bcf(file: VcfFile, path: Path) -> None:
    """Check, before anything is computed, that BCF can store the records of a VCF.

    Args:
        file: VCF that will be scored.
        path: Path of the BCF; a temporary file is written beside it and removed.

    Raises:
        DataError: what `write_bcf` raises.
    """
    header = (f"{line}\n" for line in file.header)
    records = (f"{record.line}\n" for record in file.records())
    with _htslib(path) as (pysam, folder):
        _convert(pysam, folder, itertools.chain(header, records), folder / "checked.bcf", path)


def _convert(pysam: Any, folder: Path, texts: Iterable[str], bcf: Path, path: Path) -> None:
    """Write the texts of a VCF as BCF and read it back; errors name `path`, the file that was asked for."""
    given, complete = folder / "given.vcf", folder / "complete.vcf"
    with given.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(texts)
    _complete_header(pysam, given, complete)
    pysam.bcftools.view("--no-version", "-Ob", "-o", str(bcf), str(complete), catch_stdout=False)
    _check_equal(pysam, path, given, bcf)


def _complete_header(pysam: Any, given: Path, complete: Path) -> None:
    """Copy a VCF with every contig, filter and field declared that occurs in it; END as the specification has it."""
    with pysam.VariantFile(str(given)) as first:
        for _ in first:
            pass
        header = str(first.header).rstrip("\n").split("\n")
    with given.open(encoding="utf-8") as lines:
        declared = {header_keys(line).get("ID") for line in lines if line.startswith("##INFO=")}
    if "END" not in declared:
        header = [line for line in header if not (line.startswith("##INFO=") and header_keys(line).get("ID") == "END")]
        header.insert(-1, _END)
    with (
        given.open(encoding="utf-8", newline="\n") as lines,
        complete.open("w", encoding="utf-8", newline="\n") as file,
    ):
        file.writelines(f"{line}\n" for line in header)
        file.writelines(line for line in lines if not line.startswith("#"))


def _check_equal(pysam: Any, path: Path, given: Path, written: Path) -> None:
    with given.open(encoding="utf-8", newline="\n") as lines, pysam.VariantFile(str(written)) as back:
        expected = (line.rstrip("\n") for line in lines if not line.startswith("#"))
        number = 0
        for number, record in enumerate(back, start=1):
            line, found = next(expected, ""), str(record).rstrip("\n")
            if line != found and not same_record(line, found):
                cells, others = line.split("\t"), found.split("\t")
                differing = ((a, b) for a, b in zip(cells, others, strict=False) if not same_record(a, b))
                cell, other = next(differing, (line, found))
                raise DataError(
                    f"Cannot write {path}: record {number} ({':'.join(cells[:2])}) would come back with {other[:60]!r} for "
                    f"{cell[:60]!r}. Is a field declared with another Type or Number than its values have? A .vcf or .vcf.gz takes "
                    "any line."
                )
        if next(expected, None) is not None:
            raise DataError(
                f"Cannot write {path}: it would have {number} records only. A .vcf or .vcf.gz takes any line."
            )


def same_record(line: str, other: str) -> bool:
    """Return whether two lines of a VCF contain the same record: numbers may be written otherwise, and missing ends left out.

    Example:
        >>> same_record("1\\t5\\t.\\tA\\tC\\t50.0\\t.\\tAF=0.10", "1\\t5\\t.\\tA\\tC\\t50\\t.\\tAF=0.1")
        True
    """
    cells, others = line.split("\t"), other.split("\t")
    if len(cells) != len(others):
        return False
    for i, (cell, its) in enumerate(zip(cells, others, strict=True)):
        if i > 8:
            cell, its = (re.sub(r"(:[.,/|]*)+$", "", text) for text in (cell, its))
        tokens, its_tokens = _SEPARATORS.split(cell), _SEPARATORS.split(its)
        if len(tokens) != len(its_tokens) or not all(map(_same_value, tokens, its_tokens)):
            return False
    return True


def _same_value(one: str, other: str) -> bool:
    if one == other:
        return True
    if one.isdigit() and other.isdigit():
        return False
    try:
        value, its = float(one), float(other)
    except ValueError:
        return False
    # BCF has 32 bits for a number
    return math.isclose(value, its, rel_tol=1e-5, abs_tol=1e-37) or (math.isnan(value) and math.isnan(its))


@contextmanager
def _htslib(path: Path) -> Iterator[tuple[Any, Path]]:
    """Yield pysam and a temporary folder beside `path`, and turn their errors into one that names `path`."""
    pysam = require("pysam", extra="variants", purpose="Writing BCF")
    require("pysam.bcftools", extra="variants", purpose="Writing BCF")
    verbosity = pysam.set_verbosity(0)  # htslib would print what the message says
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".writing-") as folder:
            yield pysam, Path(folder)
    except (ValueError, OSError, TypeError, KeyError, pysam.SamtoolsError) as error:
        if isinstance(error, DataError):
            raise
        reason = " ".join(str(error).split())[:300]
        raise DataError(
            f"Cannot write {path} ({reason}). BCF stores only what the VCF format allows; a .vcf or .vcf.gz takes any line."
        ) from error
    finally:
        pysam.set_verbosity(verbosity)
