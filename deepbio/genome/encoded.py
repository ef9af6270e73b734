"""A genome as codes on disk: encoded once, mapped into memory ever after."""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from deepbio.download import cache_folder
from deepbio.errors import DataError, nearest
from deepbio.files import check_exists, clear_unfinished, sha256_of, writable_folder, write_atomically
from deepbio.sequence import encode

_BLOCK = 1 << 24


@dataclass(frozen=True, eq=False)
class Genome:
    """A genome: uint8 codes of all records, one after the other, mapped from a file.

    Args:
        path: the FASTA that it is from.
        lengths: record to number of bases, in the order of the file.
        starts: record to its first place in `codes`.
        codes: uint8 `(all bases,)`, A C G T = 0 1 2 3, all else 4.
        sha256: of the FASTA.
    """

    path: Path
    lengths: dict[str, int]
    starts: dict[str, int]
    codes: np.ndarray
    sha256: str

    def __getitem__(self, name: str) -> np.ndarray:
        """Return the codes of one record, without reading them yet."""
        self.check_name(name)
        return self.codes[self.starts[name] : self.starts[name] + self.lengths[name]]

    def check_name(self, name: str) -> None:
        """Check that there is a record of that name; the message has the nearest, such as chr1 for 1."""
        if name not in self.lengths:
            other = name.removeprefix("chr") if name.startswith("chr") else f"chr{name}"
            advice = f"Did you mean {other}?" if other in self.lengths else nearest(name, self.lengths)
            raise DataError(f"{self.path} has no record {name!r}. {advice}")


def open_genome(path: str | os.PathLike[str]) -> Genome:
    """Open a genome; the first time, encode it into the cache under the hash of the FASTA.

    Encoding reads 16 MiB at a time and takes one byte a base on disk. Processes that ask at the same time encode once.

    Args:
        path: a FASTA file, plain, gzip or bgzip.

    Raises:
        DataError: no FASTA, a record without name or sequence, a name that occurs twice, or a letter that is no nucleotide.
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

    place = check_exists(path)
    digest = sha256_of(place)
    folder = writable_folder(cache_folder() / "genomes" / digest)
    codes, index = folder / "codes.u8", folder / "index.json"
    with FileLock(folder / ".lock"):
        if not _whole(codes, index):
            lengths: dict[str, int] = {}
            clear_unfinished(codes)
            clear_unfinished(index)
            with write_atomically(codes) as beside, beside.open("wb") as out:
                _encode(place, out, lengths)
            with write_atomically(index) as beside:  # last: where it stands, the codes are whole
                beside.write_text(json.dumps(list(lengths.items())), encoding="utf-8")
    lengths = dict(json.loads(index.read_text(encoding="utf-8")))
    starts = dict(zip(lengths, np.cumsum([0, *lengths.values()]).tolist(), strict=False))
    return Genome(place, lengths, starts, np.memmap(codes, dtype=np.uint8, mode="r"), digest)


def _whole(codes: Path, index: Path) -> bool:
    if not (codes.is_file() and index.is_file()):
        return False
    return codes.stat().st_size == sum(length for _, length in json.loads(index.read_text(encoding="utf-8")))


def _encode(place: Path, out: IO[bytes], lengths: dict[str, int]) -> None:
    name = None
    number = 0
    for lines in _blocks(place):
        first = 0
        for i, line in enumerate([*lines, b">"]):
            if not line.startswith(b">"):
                continue
            letters = b"".join(lines[first:i]).translate(None, b"\r\n \t")
            if letters:
                if name is None:
                    raise DataError(f"{place}, line {number + 1}: expected a FASTA header that begins with '>'.")
                try:
                    out.write(encode(letters).data)
                except DataError as error:
                    raise DataError(f"{place}, record {name!r}, near base {lengths[name] + 1}: {error}") from error
                lengths[name] += len(letters)
            if i == len(lines):
                break
            first = i + 1
            _check_filled(place, name, lengths)
            words = line[1:].decode("utf-8", "backslashreplace").split(maxsplit=1)
            if not words or words[0] in lengths:
                why = f"the record name {words[0]!r} occurs twice" if words else "expected a name after '>'; found none"
                raise DataError(f"{place}, line {number + i + 1}: {why}. Each record needs a name of its own.")
            name = words[0]
            lengths[name] = 0
        number += len(lines)
    if name is None:
        raise DataError(f"{place}: the file is empty.")
    _check_filled(place, name, lengths)


def _check_filled(place: Path, name: str | None, lengths: dict[str, int]) -> None:
    if name is not None and lengths[name] == 0:
        raise DataError(f"{place}: the record {name!r} has no sequence. Remove it, or copy the file again.")


def _blocks(place: Path) -> Iterator[list[bytes]]:
    with place.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(place, "rb") if packed else place.open("rb") as file:
            first = True
            while lines := file.readlines(_BLOCK):
                if first:
                    lines[0] = lines[0].removeprefix(b"\xef\xbb\xbf")
                    first = False
                yield lines
    except EOFError as error:
        raise DataError(f"{place}: the gzip file ends too early. Copy or download it again.") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{place}: the gzip file is damaged ({error}). Copy or download it again.") from error
