"""Names of chromosomes: one alias table for FASTA, VCF, BED, GTF and bigWig."""

import functools
import re
from collections.abc import Iterable
from typing import NamedTuple

# Versions of the RefSeq accessions NC_000001 to NC_000024 in GRCh37; each is one higher in GRCh38.
_GRCH37 = (10, 11, 11, 11, 9, 11, 13, 10, 11, 10, 9, 11, 10, 8, 9, 9, 10, 9, 9, 10, 8, 10, 10, 9)
_MITOCHONDRION = ("M", "MT", "Mt", "Mito", "MtDNA", "mitochondrion_genome")
# UCSC's names of scaffolds contain their GenBank accession: chrUn_KI270302v1, chr1_KI270706v1_random, chr1_gl000191_random.
_SCAFFOLD = re.compile(r"chr\w+?_([A-Z]{2}\d+)v(\d+)(?:_(?:random|alt|fix|hap))?|chr\w+?_gl(\d{6})(?:_random)?")


class Alias(NamedTuple):
    """What a name means: the chromosome, and the assembly if the name is an accession of one assembly alone."""

    chromosome: str
    assembly: str = ""


def alias_of(name: str) -> Alias:
    """Return what the name of a chromosome means.

    The table has the prefix `chr`, the names of the mitochondrion, the RefSeq and GenBank accessions of the chromosomes of human
    (GRCh37, GRCh38, T2T-CHM13v2.0) and mouse (GRCm38, GRCm39), and UCSC's names of scaffolds. Any other name means itself.

    Source: NCBI's assembly reports of GCF_000001405.25, GCF_000001405.40, GCF_009914755.1, GCF_000001635.26 and GCF_000001635.27.

    Example:
        >>> alias_of("chr22"), alias_of("NC_000022.11"), alias_of("chrMT").chromosome
        (Alias(chromosome='22', assembly=''), Alias(chromosome='22', assembly='GRCh38'), 'M')
    """
    known = _accessions().get(name)
    if known is not None:
        return known
    scaffold = _SCAFFOLD.fullmatch(name)
    if scaffold is not None:
        accession, version, old = scaffold.groups()
        return Alias(f"{accession}.{version}" if accession else f"GL{old}.1")
    plain = re.sub(r"^chr(?!om)(?=.)", "", name, flags=re.IGNORECASE)
    return Alias("M" if plain in _MITOCHONDRION else plain)


class ChromosomeNames:
    """The names of chromosomes in one file, found under the names of any other.

    Args:
        names: Names in the file.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._aliases: dict[str, list[tuple[str, str]]] = {}
        for name in names:
            chromosome, assembly = alias_of(name)
            self._aliases.setdefault(chromosome, []).append((name, assembly))

    def find(self, name: str) -> list[str]:
        """Return all names of the file of the same chromosome. Accessions of two assemblies never do.

        Example:
            >>> names = ChromosomeNames(["chr1", "NC_000002.11", "MT"])
            >>> names.find("1"), names.find("NC_000002.12"), names.find("chrM")
            (['chr1'], [], ['MT'])
        """
        chromosome, assembly = alias_of(name)
        return [other for other, its in self._aliases.get(chromosome, []) if not (assembly and its) or assembly == its]


@functools.cache
def _accessions() -> dict[str, Alias]:
    human = [*map(str, range(1, 23)), "X", "Y"]
    mouse = [*map(str, range(1, 20)), "X", "Y"]
    table: dict[str, Alias] = {
        name: Alias("M") for name in ("NC_012920.1", "J01415.2", "NC_005089.1", "AY172335.1", "CP068254.1")
    }
    for later, build in enumerate(("GRCh37", "GRCh38")):
        for i, (name, version) in enumerate(zip(human, _GRCH37, strict=True), start=1):
            table[f"NC_{i:06d}.{version + later}"] = table[f"CM{662 + i:06d}.{later + 1}"] = Alias(name, build)
    for i, name in enumerate(human, start=1):
        genbank = "CP086569.2" if name == "Y" else f"CP0{68278 - i}.2"
        table[f"NC_{60924 + i:06d}.1"] = table[genbank] = Alias(name, "T2T-CHM13v2.0")
    for later, build in enumerate(("GRCm38", "GRCm39")):
        for i, name in enumerate(mouse):
            version = (7 if name in ("2", "X", "Y") else 6) + later
            table[f"NC_{67 + i:06d}.{version}"] = table[f"CM{994 + i:06d}.{later + 2}"] = Alias(name, build)
    return table
