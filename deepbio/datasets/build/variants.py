"""A `Dataset` of windows centred on variants: one VCF a class, or one VCF with an INFO field that says the class."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import numpy as np

from deepbio.datasets.build.arrays import from_arrays
from deepbio.datasets.build.intervals import chromosome_split
from deepbio.datasets.build.noting import noted
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.placing import Duplicates
from deepbio.datasets.splitting import FRACTIONS
from deepbio.errors import DataError
from deepbio.genome import VariantWindows, open_genome, read_vcf
from deepbio.genome.variants import Allele

_Path = str | os.PathLike[str]


def from_vcf(
    genome: _Path,
    vcf: Mapping[str, _Path] | _Path,
    *,
    length: int,
    label: str | None = None,
    allele: Allele = "alternate",
    positive: str | None = None,
    valid: Sequence[str] = (),
    test: Sequence[str] = (),
    fractions: Mapping[str, float] = FRACTIONS,
    seed: int = 0,
    duplicates: Duplicates = "group",
    name: str = "vcf",
) -> Dataset:
    """Build a data set of windows centred on the variants of VCF or BCF files. Splits are by chromosome.

    Args:
        genome: the FASTA; encoded once, see `deepbio.genome.open_genome`.
        vcf: class to file; or one file whose INFO field `label` has the classes (variants without it are left out).
        length: bases of a window; the variant begins at place `length // 2`.
        label: for one file, such as `"CLNSIG"`.
        allele: which allele the windows carry, `"alternate"` or `"reference"`.
        positive: of two classes, the positive one; None takes the second.
        valid, test: chromosomes of these splits, the others being for training; none cuts by `fractions` and `seed`.
        fractions, seed, duplicates: see `deepbio.datasets.placing.place_examples`.
        name: of the data set.

    Raises:
        DataError: what `open_genome`, `read_vcf` and `VariantWindows` raise, or splits that cannot be made.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> folder, draw = Path(tempfile.mkdtemp()), np.random.default_rng(0)
        >>> letters = ["".join(draw.choice(list("ACGT"), 300)) for _ in range(3)]
        >>> _ = (folder / "g.fa").write_text("".join(f">chr{i}\\n{s}\\n" for i, s in enumerate(letters, start=1)))
        >>> head = "##fileformat=VCFv4.3\\n" + "\\t".join("#CHROM POS ID REF ALT QUAL FILTER INFO".split()) + "\\n"
        >>> for stem, first in (("benign", 20), ("pathogenic", 25)):
        ...     rows = [(c, p, letters[c - 1][p - 1]) for c in (1, 2, 3) for p in range(first, 280, 20)]
        ...     body = "".join(f"chr{c}\\t{p}\\t.\\t{r}\\t{'C' if r == 'A' else 'A'}\\t.\\t.\\t.\\n" for c, p, r in rows)
        ...     _ = (folder / f"{stem}.vcf").write_text(head + body)
        >>> files = {stem: folder / f"{stem}.vcf" for stem in ("benign", "pathogenic")}
        >>> from_vcf(folder / "g.fa", files, length=50, valid=["chr2"], test=["chr3"])
        Dataset('vcf', binary, dna (50,), train=26 valid=26 test=26)
    """
    if isinstance(vcf, Mapping) == (label is not None):
        raise DataError(
            "Give either a VCF a class, as {'benign': 'a.vcf', 'pathogenic': 'b.vcf'}, or one file and label='INFO field'."
        )
    files = dict(vcf) if isinstance(vcf, Mapping) else {"": vcf}
    opened = open_genome(genome)
    sources, y, ids = [], [], []
    for number, (stem, path) in enumerate(files.items()):
        variants = read_vcf(path, info=[label] if label else [])
        windows, named = VariantWindows(opened, variants, length=length, allele=allele), variants.names()
        kept = np.arange(len(variants)) if label is None else np.flatnonzero(variants.info[label] != "")
        if not len(kept):
            raise DataError(f"{path}: no variant has the INFO field {label!r}.")
        sources.append(windows.take(kept))
        y += [number] * len(kept) if label is None else variants.info[label][kept].tolist()
        ids += [f"{stem}:{named[i]}" if stem else named[i] for i in kept.tolist()]
    x = np.concatenate([source[np.arange(len(source))] for source in sources])
    chromosomes = np.concatenate([source.chromosomes for source in sources])
    used = {"genome": genome, "vcf": vcf, "length": length, "label": label, "positive": positive, "valid": valid}
    used |= {"allele": None if allele == "alternate" else allele, "test": test, "fractions": fractions}
    return from_arrays(
        x,
        y,
        modality="dna",
        labels=list(files) if label is None else None,
        positive=positive,
        ids=ids,
        groups=chromosomes,
        split=chromosome_split(opened, chromosomes, valid, test),
        fractions=fractions,
        seed=seed,
        duplicates=duplicates,
        name=name,
        options=noted({**used, "duplicates": duplicates}),
    )
