"""`load_dataset`: a data set by name, from the card on the shelf and the reader that the card names."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

from deepbio.datasets.cards import dataset_card
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.option_kinds import check_kinds
from deepbio.errors import DataError, nearest

# A card names its reader by the left word; a reader is a function (card, **options) -> Dataset.
READERS = {
    "uci_splice": "deepbio.datasets.public.uci_dna:uci_splice",
    "ecoli_promoters": "deepbio.datasets.public.uci_dna:ecoli_promoters",
    "breast_cancer": "deepbio.datasets.public.scikit_learn:breast_cancer",
    "diabetes": "deepbio.datasets.public.scikit_learn:diabetes",
    "iris": "deepbio.datasets.public.scikit_learn:iris",
    "wine": "deepbio.datasets.public.scikit_learn:wine",
    "digits": "deepbio.datasets.public.scikit_learn:digits",
    "xor": "deepbio.datasets.teaching:xor",
    "two_moons": "deepbio.datasets.teaching:two_moons",
    "medmnist": "deepbio.datasets.public.medmnist:medmnist",
    "fasta_classes": "deepbio.datasets.public.fasta_classes:fasta_classes",
    "pubmed_sections": "deepbio.datasets.public.pubmed:pubmed_sections",
    "pubmed_mesh": "deepbio.datasets.public.pubmed:pubmed_mesh",
    "splice_windows": "deepbio.datasets.public.splice_windows:splice_windows",
    "genomic_benchmarks": "deepbio.datasets.public.genomic_benchmarks:genomic_benchmarks",
    "deepstarr": "deepbio.datasets.public.deepstarr:deepstarr",
    "own_notes": "deepbio.datasets.public.user_supplied_notes:own_notes",
    "pbmc68k_reduced": "deepbio.datasets.public.scanpy:pbmc68k_reduced",
    "vignettes": "deepbio.datasets.vignettes.load:vignettes",
}


def load_dataset(name: str, **options: Any) -> Dataset:
    """Load a data set by name, with fixed, group-disjoint splits.

    Args:
        name: a folder of the shelf `datasets/`; `list_datasets()` returns them.
        options: what the data set's reader takes, such as `diseases=500` for `vignettes`.

    Raises:
        DataError: unknown name or option, or a file that is missing or changed.

    Example:
        >>> load_dataset("xor")
        Dataset('xor', binary, table (2,), train=400 valid=200 test=200)
    """
    card = dataset_card(name)
    reader = card["reader"]
    if reader not in READERS:
        raise DataError(f"{card.folder / 'card.md'}: unknown reader {reader!r}. {nearest(str(reader), READERS)}")
    module, function = READERS[reader].split(":")
    read = getattr(importlib.import_module(module), function)
    valid = list(inspect.signature(read).parameters)[1:]
    for option in options:
        if option not in valid:
            raise DataError(f"The data set {name!r} has no option {option!r}. {nearest(option, valid)}")
    check_kinds(read, options)
    return read(card, **options)
