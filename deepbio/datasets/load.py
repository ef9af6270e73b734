"""Load a data set by name from the catalog, or rebuild one from the options of its files."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

from deepbio.datasets.cards import dataset_card
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.options import FUNCTION, check_options
from deepbio.errors import DataError, nearest

# Readers by the name on a card: functions (card, **options) -> Dataset.
READERS = {
    "uci_splice": "deepbio.datasets.public.dna:uci_splice",
    "ecoli_promoters": "deepbio.datasets.public.dna:ecoli_promoters",
    "breast_cancer": "deepbio.datasets.public.packages:breast_cancer",
    "diabetes": "deepbio.datasets.public.packages:diabetes",
    "iris": "deepbio.datasets.public.packages:iris",
    "wine": "deepbio.datasets.public.packages:wine",
    "digits": "deepbio.datasets.public.packages:digits",
    "pbmc68k_reduced": "deepbio.datasets.public.packages:pbmc68k_reduced",
    "xor": "deepbio.datasets.teaching:xor",
    "two_moons": "deepbio.datasets.teaching:two_moons",
    "medmnist": "deepbio.datasets.public.medmnist:medmnist",
    "mnist": "deepbio.datasets.public.medmnist:mnist",
    "fasta_classes": "deepbio.datasets.public.dna:fasta_classes",
    "genomic_benchmarks": "deepbio.datasets.public.dna:genomic_benchmarks",
    "deepstarr": "deepbio.datasets.public.dna:deepstarr",
    "splice_windows": "deepbio.datasets.public.splice_windows:splice_windows",
    "pubmed_sections": "deepbio.datasets.public.notes:pubmed_sections",
    "pubmed_mesh": "deepbio.datasets.public.notes:pubmed_mesh",
    "user_notes": "deepbio.datasets.public.notes:user_notes",
    "vignettes": "deepbio.datasets.vignettes.load:vignettes",
}
# Builders by the option that names the user's file; with a genome, by the options beside it.
BUILDERS = {
    "fasta": "deepbio.datasets.build.fasta:from_fasta",
    "csv": "deepbio.datasets.build.table:from_csv",
    "folder": "deepbio.datasets.build.images:from_folder",
    "npz": "deepbio.datasets.build.images:from_npz",
    "manifest": "deepbio.datasets.build.images:from_manifest",
    "h5ad": "deepbio.datasets.build.anndata:from_anndata",
    "genbank": "deepbio.datasets.build.genbank:from_genbank",
    "genome": "deepbio.datasets.build.intervals:from_bed",
}
_WITH_GENOME = {
    "h5ad": "deepbio.datasets.build.anndata:from_peaks",
    "vcf": "deepbio.datasets.build.variants:from_vcf",
    "bigwig": "deepbio.datasets.build.intervals:from_bigwig",
}


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
    read = _function(READERS[reader])
    check_options(read, options, owner=f"The data set {name!r}")
    return read(card, **options)


def names_files(options: Mapping[str, Any]) -> bool:
    """Return whether the options of a data set name the user's own files.

    Example:
        >>> names_files({"csv": "visits.csv", "label": "diagnosis"}), names_files({"seed": 1})
        (True, False)
    """
    return any(source in options for source in BUILDERS)


def rebuild(name: str, options: Mapping[str, Any]) -> Dataset:
    """Rebuild a data set from its `Dataset.options`. The same files and options have the same splits.

    Args:
        name: Name of the data set.
        options: `fasta`, `csv`, `folder`, `npz`, `manifest`, `h5ad`, `genbank` or `genome` with the files, and the other options
            of the builder.

    Raises:
        DataError: no or several kinds of files, an unknown or missing option, a function that no recipe can record, or what the
            builder raises.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> path = Path(tempfile.mkdtemp()) / "visits.csv"
        >>> _ = path.write_text("age,diagnosis\\n" + "".join(f"{i},{'ill' if i % 3 else 'well'}\\n" for i in range(60)))
        >>> data = Dataset.from_csv(path, label="diagnosis")
        >>> rebuild(data.name, data.options).fingerprint() == data.fingerprint()
        True
    """
    # the option "folder" of a manifest is the folder of its images
    sources = [one for one in BUILDERS if one in options and not (one == "folder" and "manifest" in options)]
    if len(sources) != 1 and sources != ["h5ad", "genome"]:
        raise DataError(f"Expected one of {', '.join(BUILDERS)}; received {', '.join(sources) or 'none'}.")
    source = sources[0]
    address = BUILDERS[source]
    if "genome" in options:
        address = next((other for beside, other in _WITH_GENOME.items() if beside in options), address)
    build = _function(address)
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


def _function(address: str) -> Callable[..., Dataset]:
    module, name = address.split(":")
    return getattr(importlib.import_module(module), name)
