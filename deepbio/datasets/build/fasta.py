"""A `Dataset` from FASTA or FASTQ files, one a class."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Literal

import numpy as np

from deepbio.datasets.build.arrays import from_arrays
from deepbio.datasets.build.groups import Grouping, groups_of
from deepbio.datasets.build.noting import noted
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.placing import Duplicates
from deepbio.datasets.readers import FastaRecords, FastqReads, read_fasta, read_fastq
from deepbio.datasets.splitting import FRACTIONS
from deepbio.errors import DataError
from deepbio.sequence import resize


def from_fasta(
    files: Mapping[str, str | os.PathLike[str]],
    *,
    length: int | None = None,
    group: Grouping | None = None,
    positive: str | None = None,
    fractions: Mapping[str, float] = FRACTIONS,
    seed: int = 0,
    duplicates: Duplicates = "group",
    same_names: Literal["error", "number"] = "error",
    name: str = "fasta",
) -> Dataset:
    """Build a data set from one FASTA or FASTQ file a class.

    Args:
        files: class to path; a name in `.fq` or `.fastq` (`.gz`) means FASTQ, whose qualities are not used. Of two classes
            the second is the positive one, unless `positive` says the first.
        length: crop, or pad with N, every sequence to it around its middle; None takes sequences of one length.
        group: gives the group of a record from its name: a pattern, such as `"^(chr\\w+):"` for the chromosome, or a
            function. A recipe can note a pattern only.
        fractions, seed, duplicates: of the splits; see `deepbio.datasets.placing.place_examples`.
        same_names: what to do about a record name that occurs twice in a FASTA; see `read_fasta`.
        name: of the data set.

    Raises:
        DataError: what `read_fasta` and `read_fastq` raise, files of different lengths, or splits that cannot be made.

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
    if isinstance(files, (str, os.PathLike)) or len(files) < 2:
        raise DataError(
            "Expected a FASTA file for each of at least two classes, as {'promoter': 'a.fa', 'other': 'b.fa'}."
        )
    records = {
        label: read_fastq(path) if _is_fastq(path) else read_fasta(path, same_names=same_names)
        for label, path in files.items()
    }
    if length is None:
        _check_lengths(files, records)
    codes = [found.codes if length is None else resize(found.codes, length) for found in records.values()]
    groups = groups_of([id for found in records.values() for id in found.ids], group)
    used = {"fasta": files, "length": length, "group": group, "positive": positive, "fractions": fractions}
    used |= {"duplicates": duplicates, "same_names": same_names}
    return from_arrays(
        np.concatenate(codes),
        np.repeat(np.arange(len(records)), [len(found) for found in records.values()]),
        modality="dna",
        labels=list(files),
        positive=positive,
        ids=np.array([f"{label}:{id}" for label, found in records.items() for id in found.ids]),
        groups=groups,
        fractions=fractions,
        seed=seed,
        duplicates=duplicates,
        name=name,
        options=noted(used),
    )


def _is_fastq(path: str | os.PathLike[str]) -> bool:
    stem = os.fspath(path).lower().removesuffix(".gz").removesuffix(".bgz")
    return stem.endswith((".fq", ".fastq"))


def _check_lengths(
    files: Mapping[str, str | os.PathLike[str]], records: Mapping[str, FastaRecords | FastqReads]
) -> None:
    expected = int(next(iter(records.values())).lengths[0])
    for label, found in records.items():
        for wrong in np.flatnonzero(found.lengths != expected)[:1]:
            raise DataError(
                f"{files[label]}, record {found.ids[wrong]!r}: expected {expected} bases as in the first record; received "
                f"{found.lengths[wrong]}. Pass length to crop or pad all sequences."
            )
