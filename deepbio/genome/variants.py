"""Variants, and windows of a genome centred on them with either allele."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from deepbio.errors import DataError
from deepbio.genome.encoded import Genome
from deepbio.sequence import decode, encode

Allele = Literal["reference", "alternate"]


@dataclass(frozen=True, eq=False)
class Variants:
    """Variants in the order of their file; one with several alternate alleles stands once for each.

    Args:
        chromosomes: `(n,)` strings.
        positions: int64 `(n,)`, 0-based: place of the first reference base.
        references, alternates: `(n,)` strings of A C G T N.
        ids: `(n,)` strings, `"."` where the file has none.
        qualities: float64 `(n,)`, NaN where the file has none.
        passed: bool `(n,)`: FILTER is PASS or empty.
        places: `(n,)` strings, line (or record, of a BCF) of the file, for messages.
        info: INFO field to one value a variant, for the fields asked for.
        skipped: records or alleles left out because they have no letters (`<DEL>`, `*`, breakends, no alternate).
        path: the file.
    """

    chromosomes: np.ndarray
    positions: np.ndarray
    references: np.ndarray
    alternates: np.ndarray
    ids: np.ndarray
    qualities: np.ndarray
    passed: np.ndarray
    places: np.ndarray
    info: dict[str, np.ndarray] = field(repr=False)
    skipped: int
    path: Path

    def __len__(self) -> int:
        return len(self.positions)

    def names(self) -> list[str]:
        """Return a name for each variant, such as `chr1:12345:A>G`, with the position counted from 1 as in the file."""
        columns = (self.chromosomes, (self.positions + 1).tolist(), self.references, self.alternates)
        return [f"{name}:{place}:{one}>{other}" for name, place, one, other in zip(*columns, strict=True)]


class VariantWindows:
    """Windows centred on variants; `source[indices]` cuts them as uint8 codes with one of the two alleles.

    The first base of the variant is at place `length // 2`. With the alternate allele, what follows it moves up or makes
    room, so that all windows have one length. What lies beyond the ends of a chromosome is N.

    Args:
        genome: from `open_genome`.
        variants: from `read_vcf`.
        length: bases of a window.
        allele: `"reference"` or `"alternate"`.

    Raises:
        DataError: a variant on an unknown chromosome, past its end, or whose reference allele is not what the genome has
            there; with file and line.
    """

    def __init__(self, genome: Genome, variants: Variants, *, length: int, allele: Allele = "alternate") -> None:
        if length < 1:
            raise DataError(f"A window has at least one base; received length {length}.")
        if allele not in ("reference", "alternate"):
            raise DataError(f"allele is 'reference' or 'alternate'; received {allele!r}.")
        _check_reference(genome, variants)
        self.genome, self.length, self.allele, self.dtype = genome, length, allele, np.dtype(np.uint8)
        self.chromosomes, self.positions = variants.chromosomes, variants.positions
        self.references, self.alternates = variants.references, variants.alternates

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of all windows, `(n, length)`."""
        return (len(self.positions), self.length)

    def __len__(self) -> int:
        return len(self.positions)

    def __getitem__(self, indices: Any) -> np.ndarray:
        chosen = np.atleast_1d(np.asarray(indices, dtype=np.int64))
        out = np.full((len(chosen), self.length), 4, np.uint8)
        left = self.length // 2
        for row, i in zip(out, chosen.tolist(), strict=True):
            codes, position = self.genome[str(self.chromosomes[i])], int(self.positions[i])
            first = max(0, position - left)
            row[left - (position - first) : left] = codes[first:position]
            middle = codes[position:position] if self.allele == "reference" else encode(str(self.alternates[i]))
            after = position if self.allele == "reference" else position + len(self.references[i])
            right = np.concatenate([middle[: self.length - left], codes[after : after + self.length - left]])
            right = right[: self.length - left]
            row[left : left + len(right)] = right
        return out[0] if np.ndim(indices) == 0 else out

    def take(self, indices: Iterable[int]) -> VariantWindows:
        """Return the source of some of the windows, without cutting them."""
        chosen = np.asarray(list(indices), dtype=np.int64)
        part = object.__new__(VariantWindows)
        part.__dict__.update(self.__dict__)
        for name in ("chromosomes", "positions", "references", "alternates"):
            setattr(part, name, getattr(self, name)[chosen])
        return part

    def fingerprint(self) -> str:
        """Return one SHA-256 of the genome, of all variants and of the allele."""
        digest = hashlib.sha256(f"{self.genome.sha256} {self.shape} {self.allele}".encode())
        for values in (self.chromosomes, self.positions, self.references, self.alternates):
            digest.update(" ".join(map(str, values.tolist())).encode())
        return digest.hexdigest()


def _check_reference(genome: Genome, variants: Variants) -> None:
    rows = zip(variants.chromosomes, variants.positions.tolist(), variants.references, variants.places, strict=True)
    for name, position, reference, line in rows:
        where = f"{variants.path}, {line}"
        try:
            codes = genome[str(name)]
        except DataError as error:
            raise DataError(f"{where}: {error}") from error
        if position + len(reference) > len(codes):
            raise DataError(
                f"{where}: {name}:{position + 1} lies beyond the chromosome's {len(codes)} bases in {genome.path}. Is it of "
                "another assembly?"
            )
        found = np.asarray(codes[position : position + len(reference)])
        expected = encode(str(reference))
        if ((found != expected) & (found < 4) & (expected < 4)).any():
            raise DataError(
                f"{where}: the reference allele of {name}:{position + 1} is {reference}; {genome.path} has {decode(found)} "
                "there. Is it of another assembly?"
            )
