"""A genome as uint8 codes on disk: encoded once, memory-mapped afterwards."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO

import numpy as np

from deepbio.download import cache_folder
from deepbio.errors import DataError, nearest
from deepbio.files import check_exists, clear_unfinished, open_content, sha256_of, writable_folder, write_atomically
from deepbio.sequence import encode

_BLOCK = 1 << 24  # bytes of the FASTA that are read at a time


def plain_name(chromosome: str) -> str:
    """Return the name of a chromosome without the prefix `chr`.

    Example:
        >>> plain_name("chr22"), plain_name("X")
        ('22', 'X')
    """
    return chromosome.removeprefix("chr")


@dataclass(frozen=True, eq=False)
class Genome:
    """A genome: the uint8 codes of all its records, one after the other, memory-mapped from a file.

    Args:
        path: Path of the FASTA.
        lengths: Number of bases of each record by name, in the order of the file.
        starts: Index of each record's first base in `codes`, by name.
        codes: Codes of all bases, uint8 `(bases,)`: A C G T = 0 1 2 3, all else 4.
        sha256: SHA-256 of the FASTA.
    """

    path: Path
    lengths: dict[str, int]
    starts: dict[str, int]
    codes: np.ndarray
    sha256: str

    def __getitem__(self, name: str) -> np.ndarray:
        """Return the codes of one record; they are read from disk when they are used."""
        self.check_name(name)
        return self.codes[self.starts[name] : self.starts[name] + self.lengths[name]]

    def check_name(self, name: str) -> None:
        """Check that a record exists.

        Raises:
            DataError: there is no such record; the message suggests the nearest name, such as chr1 for 1.
        """
        if name not in self.lengths:
            other = name.removeprefix("chr") if name.startswith("chr") else f"chr{name}"
            advice = f"Did you mean {other}?" if other in self.lengths else nearest(name, self.lengths)
            raise DataError(f"{self.path} has no record {name!r}. {advice}")

    def find(self, chromosome: str) -> np.ndarray | None:
        """Return the codes of a chromosome, with or without the prefix `chr`, or None if the genome does not have it.

        Example:
            >>> genome = Genome(Path("g.fa"), {"chr1": 2}, {"chr1": 0}, np.array([0, 3], np.uint8), "0")
            >>> genome.find("1"), genome.find("2")
            (array([0, 3], dtype=uint8), None)
        """
        name = chromosome if chromosome in self.lengths else self._plain_names.get(plain_name(chromosome))
        return None if name is None else self[name]

    @cached_property
    def _plain_names(self) -> dict[str, str]:
        return {plain_name(name): name for name in reversed(self.lengths)}


def record_starts(lengths: dict[str, int]) -> dict[str, int]:
    """Return the index of each record's first base if the records follow each other."""
    return dict(zip(lengths, np.cumsum([0, *lengths.values()]).tolist(), strict=False))


def open_genome(path: str | os.PathLike[str]) -> Genome:
    """Open a genome. The first time, encode it into the cache, under the hash of the FASTA.

    Encoding reads 16 MiB at a time and takes one byte per base on disk. If several processes ask at the same time, one encodes.

    Args:
        path: Path of a FASTA file, plain, gzip or bgzip.

    Raises:
        DataError: the file is not a FASTA, a record has no name or no sequence, a name occurs twice, or a character is no
            nucleotide.
        DeepbioError: the cache cannot be written; set `DEEPBIO_CACHE`.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "tiny.fa"
        >>> _ = path.write_text(">chr1\\nACGT\\nNN\\n>chr2\\nTT\\n")
        >>> genome = open_genome(path)
        >>> genome.lengths, genome["chr1"].tolist()
        ({'chr1': 6, 'chr2': 2}, [0, 1, 2, 3, 4, 4])
    """
    from filelock import FileLock

    fasta = check_exists(path)
    digest = sha256_of(fasta)
    folder = writable_folder(cache_folder() / "genomes" / digest)
    codes, index = folder / "codes.u8", folder / "index.json"
    with FileLock(folder / ".lock"):
        if not _is_complete(codes, index):
            lengths: dict[str, int] = {}
            clear_unfinished(codes)
            clear_unfinished(index)
            with write_atomically(codes) as temporary, temporary.open("wb") as out:
                _encode(fasta, out, lengths)
            with write_atomically(index) as temporary:  # last: an index means that the codes are complete
                temporary.write_text(json.dumps(list(lengths.items())), encoding="utf-8")
    lengths = dict(json.loads(index.read_text(encoding="utf-8")))
    return Genome(fasta, lengths, record_starts(lengths), np.memmap(codes, dtype=np.uint8, mode="r"), digest)


def _is_complete(codes: Path, index: Path) -> bool:
    if not (codes.is_file() and index.is_file()):
        return False
    return codes.stat().st_size == sum(length for _, length in json.loads(index.read_text(encoding="utf-8")))


def _encode(fasta: Path, out: IO[bytes], lengths: dict[str, int]) -> None:
    name = None
    number = 0
    for lines in _blocks(fasta):
        first = 0
        for i, line in enumerate([*lines, b">"]):
            if not line.startswith(b">"):
                continue
            bases = b"".join(lines[first:i]).translate(None, b"\r\n \t")
            if bases:
                if name is None:
                    raise DataError(f"{fasta}, line {number + 1}: expected a FASTA header that begins with '>'.")
                try:
                    out.write(encode(bases).data)
                except DataError as error:
                    raise DataError(f"{fasta}, record {name!r}, near base {lengths[name] + 1}: {error}") from error
                lengths[name] += len(bases)
            if i == len(lines):
                break
            first = i + 1
            _check_sequence(fasta, name, lengths)
            words = line[1:].decode("utf-8", "backslashreplace").split(maxsplit=1)
            if not words or words[0] in lengths:
                why = f"the record name {words[0]!r} occurs twice" if words else "expected a name after '>'; found none"
                raise DataError(f"{fasta}, line {number + i + 1}: {why}. Each record needs a name of its own.")
            name = words[0]
            lengths[name] = 0
        number += len(lines)
    if name is None:
        raise DataError(f"{fasta}: the file is empty.")
    _check_sequence(fasta, name, lengths)


def _check_sequence(fasta: Path, name: str | None, lengths: dict[str, int]) -> None:
    if name is not None and lengths[name] == 0:
        raise DataError(f"{fasta}: the record {name!r} has no sequence. Remove it, or copy the file again.")


def _blocks(fasta: Path) -> Iterator[list[bytes]]:
    with open_content(fasta) as stream:
        while lines := stream.readlines(_BLOCK):
            yield lines
