"""Building a data set of your own again from the options that it notes: what recipes and `evaluate` need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from typing import Any

from deepbio.datasets.build.anndata import from_anndata, from_peaks
from deepbio.datasets.build.fasta import from_fasta
from deepbio.datasets.build.genbank import from_genbank
from deepbio.datasets.build.images import from_folder, from_npz
from deepbio.datasets.build.intervals import from_bed, from_bigwig
from deepbio.datasets.build.manifest import from_manifest
from deepbio.datasets.build.noting import FUNCTION
from deepbio.datasets.build.table import from_csv
from deepbio.datasets.build.variants import from_vcf
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.option_kinds import check_kinds
from deepbio.errors import DataError, nearest

_BUILDERS: dict[str, Callable[..., Dataset]] = {
    "fasta": from_fasta,
    "csv": from_csv,
    "folder": from_folder,
    "npz": from_npz,
    "manifest": from_manifest,
    "h5ad": from_anndata,
    "genbank": from_genbank,
    "genome": from_bed,
}
_FLAGS = {"length": "--length 200", "image": "--image COLUMN", "features": "--data features=[CDS,tRNA]"}
FILES = tuple(_BUILDERS)
# What stands beside a genome says which of its builders is meant.
_OF_GENOMES: dict[str, Callable[..., Dataset]] = {"bigwig": from_bigwig, "vcf": from_vcf}


def names_files(options: Mapping[str, Any]) -> bool:
    """Return whether the options of a data set name files of your own.

    Example:
        >>> names_files({"csv": "visits.csv", "label": "diagnosis"}), names_files({"seed": 1})
        (True, False)
    """
    return any(source in options for source in _BUILDERS)


def build_again(name: str, options: Mapping[str, Any]) -> Dataset:
    """Build the data set whose `Dataset.options` are given: the same files and options give the same splits.

    Args:
        name: of the data set.
        options: `fasta`, `csv`, `folder`, `npz`, `manifest`, `h5ad`, `genbank` or `genome` with what was read, and the
            builder's other options.

    Raises:
        DataError: no or several sources, an unknown option, a function of your own that no file can hold, or what the
            builder raises.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> path = Path(tempfile.mkdtemp()) / "visits.csv"
        >>> _ = path.write_text("age,diagnosis\\n" + "".join(f"{i},{'ill' if i % 3 else 'well'}\\n" for i in range(60)))
        >>> data = from_csv(path, label="diagnosis")
        >>> build_again(data.name, data.options).fingerprint() == data.fingerprint()
        True
    """
    # a manifest's own option "folder" says where its images are
    sources = [
        source for source in _BUILDERS if source in options and not (source == "folder" and "manifest" in options)
    ]
    if sources == ["h5ad", "genome"]:
        return _call(from_peaks, "h5ad", name, options)
    if len(sources) != 1:
        raise DataError(f"Expected one of {', '.join(_BUILDERS)}; received {', '.join(sources) or 'none'}.")
    build = _BUILDERS[sources[0]]
    for beside, other in _OF_GENOMES.items():
        if sources == ["genome"] and beside in options:
            build = other
    return _call(build, sources[0], name, options)


def _call(build: Callable[..., Dataset], source: str, name: str, options: Mapping[str, Any]) -> Dataset:
    rest = {key: value for key, value in options.items() if key != source and value is not None}
    valid = [name for name in list(signature(build).parameters)[1:] if name != "name"]
    if "seed" not in valid:
        rest.pop("seed", None)  # noted by all, but published splits need none
    for option, value in rest.items():
        if option not in valid:
            raise DataError(f"A data set from {source} has no option {option!r}. {nearest(option, valid)}")
        if value == FUNCTION:
            raise DataError(
                f"{name} was built with a function of your own as {option}, which no file can hold. "
                f"Build it again in Python, or use a pattern: {option}=REGEX."
            )
    for option, parameter in list(signature(build).parameters.items())[1:]:
        if parameter.default is Parameter.empty and option not in rest:
            raise DataError(
                f"A data set from {source} needs {option}: pass {option}=..., on the command line "
                f"{_FLAGS.get(option, f'--data {option}=...')}."
            )
    check_kinds(build, rest)
    return build(options[source], **rest, name=name)
