"""Load a data set by name from the catalog, or rebuild one from the options of its files."""

import importlib
from collections.abc import Callable, Mapping
from typing import Any

from deepbio.datasets.cards import dataset_card
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.options import FUNCTION, check_options
from deepbio.errors import DataError, nearest

# Readers by module; the name on a card is that of a function (card, **options) -> Dataset.
_MODULES = {
    "public.dna": (
        "uci_splice",
        "ecoli_promoters",
        "fasta_classes",
        "genomic_benchmarks",
        "deepstarr",
        "splice_windows",
    ),
    "public.medmnist": ("medmnist", "mnist"),
    "public.notes": ("pubmed_sections", "pubmed_mesh", "user_notes"),
    "public.packages": ("breast_cancer", "diabetes", "iris", "wine", "digits", "pbmc68k_reduced"),
    "public.tables": ("pima", "cleveland"),
    "teaching": ("xor", "two_moons"),
    "vignettes.load": ("vignettes",),
}
READERS = {name: f"deepbio.datasets.{module}" for module, names in _MODULES.items() for name in names}
# Options that name the user's file; the builder of most is from_<option>, with a genome that of the option beside it.
SOURCES = ("fasta", "csv", "folder", "npz", "manifest", "h5ad", "genbank", "genome")
_BUILDERS = {"h5ad": "from_anndata", "genome": "from_bed"}
_WITH_GENOME = {"h5ad": "from_peaks", "vcf": "from_vcf", "bigwig": "from_bigwig"}


def load_dataset(name: str, **options: Any) -> Dataset:
    """Load a data set of the catalog with fixed, group-disjoint splits.

    Args:
        name: Name of the data set; `list_datasets()` lists them.
        options: Options of the data set's reader, such as `diseases=500` for `vignettes`.

    Raises:
        DataError: an unknown name or option, or a file that is missing or changed.

    Example:
        >>> load_dataset("xor")
        Dataset('xor', binary, table (2,), train=400 valid=200 test=200)
    """
    card = dataset_card(name)
    reader = card["reader"]
    if reader not in READERS:
        raise DataError(f"{card.folder / 'card.md'}: unknown reader {reader!r}. {nearest(str(reader), READERS)}")
    read = getattr(importlib.import_module(READERS[reader]), reader)
    check_options(read, options, owner=f"The data set {name!r}")
    return read(card, **options)


def names_files(options: Mapping[str, Any]) -> bool:
    """Return whether the options of a data set name the user's own files.

    Example:
        >>> names_files({"csv": "visits.csv", "label": "diagnosis"}), names_files({"seed": 1})
        (True, False)
    """
    return any(source in options for source in SOURCES)


def builder_of(options: Mapping[str, Any]) -> tuple[str, Callable[..., Dataset]]:
    """Return the option that names the user's file, and the builder of a data set from it.

    Raises:
        DataError: no or several kinds of files.

    Example:
        >>> source, build = builder_of({"genome": "g.fa", "vcf": "a.vcf", "label": "CLNSIG", "length": 100})
        >>> source, build.__name__
        ('genome', 'from_vcf')
    """
    # the option "folder" of a manifest is the folder of its images
    sources = [one for one in SOURCES if one in options and not (one == "folder" and "manifest" in options)]
    if len(sources) != 1 and sources != ["h5ad", "genome"]:
        raise DataError(f"Expected one of {', '.join(SOURCES)}; received {', '.join(sources) or 'none'}.")
    name = _BUILDERS.get(sources[0], f"from_{sources[0]}")
    if "genome" in options:
        name = next((other for beside, other in _WITH_GENOME.items() if beside in options), name)
    return sources[0], getattr(importlib.import_module("deepbio.datasets.build"), name)


def rebuild(name: str, options: Mapping[str, Any]) -> Dataset:
    """Rebuild a data set from its `Dataset.options`. The same files and options have the same splits.

    Args:
        name: Name of the data set.
        options: One of `fasta`, `csv`, `folder`, `npz`, `manifest`, `h5ad`, `genbank` and `genome`, and others of its builder.

    Raises:
        DataError: no or several kinds of files, an unknown or missing option, a function that no recipe can record, or what the
            builder raises.

    Example:
        >>> from pathlib import Path
        >>> rows = (f"{i},{'ill' if i % 3 else 'well'}\\n" for i in range(60))
        >>> _ = Path("visits.csv").write_text("age,diagnosis\\n" + "".join(rows))
        >>> data = Dataset.from_csv("visits.csv", label="diagnosis")
        >>> rebuild(data.name, data.options).fingerprint() == data.fingerprint()
        True
    """
    source, build = builder_of(options)
    rest = {key: value for key, value in options.items() if key != source and value is not None}
    if source == "npz":
        rest.pop("seed", None)  # every data set records it, but published splits need none
    for option, value in rest.items():
        if value == FUNCTION:
            raise DataError(
                f"{name} was built with a function of your own as {option}, which no file can contain. "
                f"Build it again in Python, or pass a regular expression: {option}=REGEX."
            )
    check_options(build, rest, owner=f"A data set from {source}")
    return build(options[source], **rest, name=name)
