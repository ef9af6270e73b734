"""A `Dataset` from FASTA or FASTQ files, one per class."""

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from deepbio.datasets.build.builder import Grouping, builder, groups_of
from deepbio.datasets.build.two_labels import log_two_labels
from deepbio.datasets.readers import FastaRecords, FastqReads, SameNames, read_fasta, read_fastq
from deepbio.datasets.splitting import FRACTIONS, Duplicates
from deepbio.errors import DataError
from deepbio.files import FilePath
from deepbio.sequence import resize


@builder("fasta")
def from_fasta(
    files: Mapping[str, FilePath],
    *,
    length: int | None = None,
    group: Grouping | None = None,
    positive: str | None = None,
    fractions: Mapping[str, float] = FRACTIONS,
    seed: int = 0,
    duplicates: Duplicates = "group",
    same_names: SameNames = "error",
    name: str = "fasta",
) -> dict[str, Any]:
    """Build a data set from one FASTA or FASTQ file per class.

    Args:
        files: Class to path. A name in `.fq` or `.fastq` (`.gz`) means FASTQ, whose qualities are not used. Of two classes the
            second is the positive one, unless `positive` names the first.
        length: Number of bases to which every sequence is cropped, or padded with N, around its middle; None requires
            sequences of one length.
        group: Group of a record by its name: a regular expression, such as `"^(chr\\w+):"` for the chromosome, or a function.
            A recipe can record a regular expression only.
        positive: Positive class of two.
        fractions, seed, duplicates: Options of the splits; see `deepbio.datasets.splitting.split_examples`.
        same_names: What to do if a record name occurs twice in a FASTA; see `deepbio.datasets.readers.read_fasta`.
        name: Name of the data set.

    Raises:
        DataError: what `read_fasta` and `read_fastq` raise, sequences of different lengths, or splits that cannot be made.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> folder = Path(tempfile.mkdtemp())
        >>> draw = np.random.default_rng(0)
        >>> for stem in ("other", "promoter"):
        ...     rows = "".join(f">{stem}{i}\\n{''.join(draw.choice(list('ACGT'), 8))}\\n" for i in range(20))
        ...     _ = (folder / f"{stem}.fa").write_text(rows)
        >>> from_fasta({"other": folder / "other.fa", "promoter": folder / "promoter.fa"}, name="toy")
        Dataset('toy', binary, dna (8,), train=28 valid=6 test=6)
    """
    if not isinstance(files, Mapping) or len(files) < 2:
        raise DataError(
            "Expected a FASTA file for each of at least two classes, as {'promoter': 'a.fa', 'other': 'b.fa'}."
        )
    records = {
        label: read_fastq(path) if is_fastq(path) else read_fasta(path, same_names=same_names)
        for label, path in files.items()
    }
    if length is None:
        _check_lengths(files, records)
    x = np.concatenate([found.codes if length is None else resize(found.codes, length) for found in records.values()])
    classes = np.repeat(list(files), [len(found) for found in records.values()])
    ids = np.array([f"{label}:{id}" for label, found in records.items() for id in found.ids])
    log_two_labels(x, ids, classes, what="sequence")
    return {
        "x": x,
        "y": np.repeat(np.arange(len(records)), [len(found) for found in records.values()]),
        "modality": "dna",
        "labels": list(files),
        "ids": ids,
        "groups": groups_of([id for found in records.values() for id in found.ids], group),
    }


def is_fastq(path: FilePath) -> bool:
    """Return whether a file is FASTQ by its name; any other is FASTA."""
    stem = os.fspath(path).lower().removesuffix(".gz").removesuffix(".bgz")
    return stem.endswith((".fq", ".fastq"))


def _check_lengths(files: Mapping[str, FilePath], records: Mapping[str, FastaRecords | FastqReads]) -> None:
    expected = int(next(iter(records.values())).lengths[0])
    for label, found in records.items():
        for wrong in np.flatnonzero(found.lengths != expected)[:1]:
            raise DataError(
                f"{files[label]}, record {found.ids[wrong]!r}: expected {expected} bases as in the first record; received "
                f"{found.lengths[wrong]}. Pass length to crop or pad all sequences."
            )
