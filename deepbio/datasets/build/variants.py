"""A `Dataset` of windows centred on variants: one VCF per class, or one VCF with an INFO field that contains the class."""

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np

from deepbio.datasets.build.builder import builder
from deepbio.datasets.build.intervals import chromosome_split
from deepbio.datasets.build.two_labels import log_two_labels
from deepbio.datasets.labels import list_marks
from deepbio.datasets.options import Names
from deepbio.datasets.splitting import FRACTIONS, Duplicates
from deepbio.errors import DataError
from deepbio.files import FilePath
from deepbio.genome import VariantWindows, open_genome, read_vcf
from deepbio.genome.variants import Allele

log = logging.getLogger("deepbio")


@builder("genome")
def from_vcf(
    genome: FilePath,
    vcf: Mapping[str, FilePath] | FilePath,
    *,
    length: int,
    label: str | None = None,
    allele: Allele = "alternate",
    positive: str | None = None,
    valid: Names = (),
    test: Names = (),
    fractions: Mapping[str, float] = FRACTIONS,
    seed: int = 0,
    duplicates: Duplicates = "group",
    name: str = "vcf",
) -> dict[str, Any]:
    """Build a data set of windows centred on the variants of VCF or BCF files. Splits are by chromosome.

    Args:
        genome: Path of the FASTA; encoded once, see `deepbio.genome.open_genome`.
        vcf: Class to path; or one path whose INFO field `label` contains the classes (variants without it are left out).
        length: Number of bases of a window. The variant begins at position `length // 2`.
        label: INFO field of one file, such as `"CLNSIG"`.
        allele: Allele in the windows, `"alternate"` or `"reference"`.
        positive: Positive class of two; None takes the second.
        valid, test: Chromosomes of these splits; the others are for training. Without them, `fractions` and `seed` decide.
        fractions, seed, duplicates: Options of the splits; see `deepbio.datasets.splitting.split_examples`.
        name: Name of the data set.

    Raises:
        DataError: what `open_genome`, `read_vcf` and `VariantWindows` raise, or splits that cannot be made.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> folder, draw = Path(tempfile.mkdtemp()), np.random.default_rng(0)
        >>> bases = ["".join(draw.choice(list("ACGT"), 300)) for _ in range(3)]
        >>> _ = (folder / "g.fa").write_text("".join(f">chr{i}\\n{s}\\n" for i, s in enumerate(bases, start=1)))
        >>> head = "##fileformat=VCFv4.3\\n" + "\\t".join("#CHROM POS ID REF ALT QUAL FILTER INFO".split()) + "\\n"
        >>> for stem, first in (("benign", 20), ("pathogenic", 25)):
        ...     rows = [(c, p, bases[c - 1][p - 1]) for c in (1, 2, 3) for p in range(first, 280, 20)]
        ...     body = "".join(f"chr{c}\\t{p}\\t.\\t{r}\\t{'C' if r == 'A' else 'A'}\\t.\\t.\\t.\\n" for c, p, r in rows)
        ...     _ = (folder / f"{stem}.vcf").write_text(head + body)
        >>> files = {stem: folder / f"{stem}.vcf" for stem in ("benign", "pathogenic")}
        >>> from_vcf(folder / "g.fa", files, length=50, valid=["chr2"], test=["chr3"])
        Dataset('vcf', binary, dna (50,), train=26 valid=26 test=26)
    """
    if isinstance(vcf, Mapping) == (label is not None):
        raise DataError(
            "Expected a VCF per class, as {'benign': 'a.vcf', 'pathogenic': 'b.vcf'}, or one file and label='INFO field'."
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
    names = np.concatenate([source.chromosomes for source in sources])
    chromosomes = np.array([opened.name_of(name) for name in names.tolist()])
    log_two_labels(x, ids, np.array(list(files))[y] if label is None else y, what="window")
    if label is not None and (mark := list_marks(np.unique(y))):
        log.warning("%s, INFO %s: some classes contain %r and are taken as they are.", files[""], label, mark)
    return {
        "x": x,
        "y": y,
        "modality": "dna",
        "labels": list(files) if label is None else None,
        "ids": ids,
        "groups": chromosomes,
        "split": chromosome_split(opened, chromosomes, valid, test),
    }
