"""A genome as uint8 codes on disk: encoded once, memory-mapped afterwards."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO

import numpy as np

from deepbio.download import cache_folder
from deepbio.errors import DataError, nearest
from deepbio.files import check_exists, clear_unfinished, open_content, sha256_of, writable_folder, write_atomically
from deepbio.genome.names import ChromosomeNames
from deepbio.sequence import encode

_BLOCK = 1 << 24  # bytes of the FASTA that are read at a time
_USUAL = b"ACGTUNXacgtunx"
_AMBIGUOUS = re.compile(b"[^" + _USUAL + b"]")


@dataclass(frozen=True, eq=False)
class Genome:
    """A genome: the uint8 codes of all its records, one after the other, memory-mapped from a file.

    Args:
        path: Path of the FASTA.
        lengths: Number of bases of each record by name, in the order of the file.
        starts: Index of each record's first base in `codes`, by name.
        codes: Codes of all bases, uint8 `(bases,)`: A C G T = 0 1 2 3, all else 4.
        sha256: SHA-256 of the FASTA.
        ambiguous: Ambiguous bases other than N (R, Y, ...), by index in `codes`.
    """

    path: Path
    lengths: dict[str, int]
    starts: dict[str, int]
    codes: np.ndarray
    sha256: str
    ambiguous: Mapping[int, str] = field(default_factory=dict, repr=False)

    def __getitem__(self, name: str) -> np.ndarray:
        """Return the codes of one chromosome, under any of its names; they are read from disk when they are used."""
        name = self.name_of(name)
        return self.codes[self.starts[name] : self.starts[name] + self.lengths[name]]

    def name_of(self, chromosome: str) -> str:
        """Return the name of a chromosome in the FASTA, under any of its names (see `deepbio.genome.names.alias_of`).

        Raises:
            DataError: there is no such record, or two different records may be meant.

        Example:
            >>> Genome(Path("g.fa"), {"chr1": 2}, {"chr1": 0}, np.array([0, 3], np.uint8), "0").name_of("1")
            'chr1'
        """
        found = self.find_name(chromosome)
        if found is None:
            raise DataError(f"{self.path} has no record {chromosome!r}. {nearest(chromosome, self.lengths)}")
        return found

    def find_name(self, chromosome: str) -> str | None:
        """Return the name of a chromosome in the FASTA, or None if the genome does not have it.

        Raises:
            DataError: no record has this very name, and two different records may be meant.
        """
        if chromosome in self.lengths:
            return chromosome
        found = self._names.find(chromosome)
        if len(found) > 1 and not all(np.array_equal(self[found[0]], self[other]) for other in found[1:]):
            both = " and ".join(found)
            raise DataError(
                f"{chromosome!r} may be {both} of {self.path}, which differ. Remove one of them, or use the FASTA's name."
            )
        return found[0] if found else None

    def find(self, chromosome: str) -> np.ndarray | None:
        """Return the codes of a chromosome, under any of its names, or None if the genome does not have it.

        Raises:
            DataError: what `find_name` raises.

        Example:
            >>> genome = Genome(Path("g.fa"), {"chr1": 2}, {"chr1": 0}, np.array([0, 3], np.uint8), "0")
            >>> genome.find("1"), genome.find("2")
            (array([0, 3], dtype=uint8), None)
        """
        name = self.find_name(chromosome)
        return None if name is None else self[name]

    def differs(self, chromosome: str, start: int, bases: str) -> bool:
        """Return whether other bases than `bases` are known at a 0-based position. Nothing is known of an N on either side.

        An ambiguous base, such as M, is the first of its bases in the alphabet, here A.

        Source: the VCF specification, version 4.3, section 1.6.1, REF.

        Example:
            >>> genome = Genome(Path("g.fa"), {"chr1": 2}, {"chr1": 0}, np.array([0, 4], np.uint8), "0", {1: "M"})
            >>> genome.differs("1", 0, "AA"), genome.differs("1", 0, "AC"), genome.differs("1", 0, "N")
            (False, True, False)
        """
        found, expected = self.bases(chromosome, start, start + len(bases)), encode(reduced(bases))
        return len(found) < len(bases) or bool(((found != expected) & (found < 4) & (expected < 4)).any())

    def bases(self, chromosome: str, start: int, end: int) -> np.ndarray:
        """Return the codes of some bases of a chromosome, with the first possible base for each ambiguous one but N."""
        name = self.name_of(chromosome)
        codes = np.array(self[name][max(start, 0) : max(end, 0)])
        first = self.starts[name] + max(start, 0)
        for i in np.flatnonzero(codes == 4) if self.ambiguous else ():
            codes[i] = encode(reduced(self.ambiguous.get(first + int(i), "N")))[0]
        return codes

    @cached_property
    def _names(self) -> ChromosomeNames:
        return ChromosomeNames(self.lengths)


# The first base in the alphabet of each ambiguous one (Cornish-Bowden 1985, doi:10.1093/nar/13.9.3021).
_FIRST = str.maketrans("RYSWKMBDHVryswkmbdhv", "ACCAGACAAAaccagacaaa")


def reduced(bases: str) -> str:
    """Return bases with the first base in the alphabet for each ambiguous one but N.

    Source: the VCF specification, version 4.3, section 1.6.1, REF.

    Example:
        >>> reduced("ARYN")
        'AACN'
    """
    return bases.translate(_FIRST)


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
    codes, index, ambiguous = folder / "codes.u8", folder / "index.json", folder / "ambiguous.json"
    with FileLock(folder / ".lock"):
        if not (_is_complete(codes, index) and ambiguous.is_file()):
            lengths: dict[str, int] = {}
            ambiguous_bases: dict[int, str] = {}
            for file in (codes, index, ambiguous):
                clear_unfinished(file)
            with write_atomically(codes) as temporary, temporary.open("wb") as out:
                _encode(fasta, out, lengths, ambiguous_bases)
            # the index last: it means that all is complete
            for file, content in ((ambiguous, list(ambiguous_bases.items())), (index, list(lengths.items()))):
                with write_atomically(file) as temporary:
                    temporary.write_text(json.dumps(content), encoding="utf-8")
    lengths = dict(json.loads(index.read_text(encoding="utf-8")))
    ambiguous_bases = dict(json.loads(ambiguous.read_text(encoding="utf-8")))
    mapped = np.memmap(codes, dtype=np.uint8, mode="r")
    return Genome(fasta, lengths, record_starts(lengths), mapped, digest, ambiguous_bases)


def _is_complete(codes: Path, index: Path) -> bool:
    if not (codes.is_file() and index.is_file()):
        return False
    return codes.stat().st_size == sum(length for _, length in json.loads(index.read_text(encoding="utf-8")))


def _encode(fasta: Path, out: IO[bytes], lengths: dict[str, int], ambiguous: dict[int, str]) -> None:
    name = None
    number = written = 0
    for lines in _blocks(fasta):
        first = 0
        for i, line in enumerate([*lines, b">"]):
            if not line.startswith(b">"):
                continue
            bases = b"".join(lines[first:i]).translate(None, b" \t")
            if bases:
                if name is None:
                    raise DataError(f"{fasta}, line {number + 1}: expected a FASTA header that begins with '>'.")
                try:
                    out.write(encode(bases).data)
                except DataError as error:
                    raise DataError(f"{fasta}, record {name!r}, near base {lengths[name] + 1}: {error}") from error
                if bases.translate(None, _USUAL):  # few genomes have any, and a search is slow
                    ambiguous.update((written + m.start(), m[0].decode()) for m in _AMBIGUOUS.finditer(bases))
                lengths[name] += len(bases)
                written += len(bases)
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
    """Return the lines of the file without their ends, some at a time. LF, CR LF and CR end a line."""
    with open_content(fasta) as stream:
        rest = b""
        while block := stream.read(_BLOCK):
            block = rest + block
            pending = b"\r" if block.endswith(b"\r") else b""  # CR LF may be cut between the two
            if b"\r" in block:
                block = block.removesuffix(pending).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            *lines, rest = block.split(b"\n")
            rest += pending
            yield lines
        yield rest.replace(b"\r", b"\n").split(b"\n")
