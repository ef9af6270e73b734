"""Read a user's new files, frames and AnnData as the files of a model's training data were read, with labels or without."""

from __future__ import annotations

import inspect
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from deepbio.datasets import Source, Split
from deepbio.datasets.build.image_layout import image_root
from deepbio.datasets.columns import check_table
from deepbio.datasets.readers import read_notes
from deepbio.errors import DataError
from deepbio.inference.conversion import fitting, from_texts
from deepbio.inference.labels import match_labels
from deepbio.inference.reading_plan import Plan, input_of, plan_of, read_grouped
from deepbio.specs import ModelInput
from deepbio.zoo.record import ModelRecord

log = logging.getLogger("deepbio")
_TABLES = (".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".parquet")
_ENDINGS = {  # of DNA; any other file is a FASTA or FASTQ
    "bed": (".bed", ".narrowpeak", ".broadpeak", ".gtf", ".gff", ".gff2", ".gff3"),
    "vcf": (".vcf", ".bcf"),
    "genbank": (".gb", ".gbk", ".genbank"),
    "csv": _TABLES,
}


def source_options(input: ModelInput, data: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return new data under the option that names its kind of file, as in `Dataset.options`, with the other options.

    Args:
        input: Input of the model, which decides what a file can be.
        data: Path, mapping of classes to paths, pandas frame or AnnData.
        options: Options of the data set; a genome for regions and variants.

    Raises:
        DataError: there is no such file, regions come without a genome, or a track is named instead of regions.

    Example:
        >>> Path("scans").mkdir()
        >>> source_options(ModelInput("image", (8, 8, 1)), "scans", {"window": (40, 400)})
        {'folder': 'scans', 'window': (40, 400)}
    """
    first = next(iter(data.values()), "") if isinstance(data, Mapping) else data
    named = isinstance(first, (str, os.PathLike))
    if named and not Path(first).exists():
        raise DataError(f"Expected a file or folder at {first}; there is none.")
    name = os.fspath(first).lower().removesuffix(".gz").removesuffix(".bgz") if named else ""
    table = name.endswith(_TABLES) or not named
    if name.endswith(".h5ad") or hasattr(first, "obs_names"):
        kind = "h5ad"
    elif input.modality == "image":
        kind = "manifest" if table or name.endswith(".txt") else "npz" if name.endswith(".npz") else "folder"
    elif input.modality == "dna":
        kind = next((kind for kind, endings in _ENDINGS.items() if name.endswith(endings)), "csv" if table else "fasta")
    else:
        kind = "csv"
    if name.endswith((".bw", ".bigwig")):
        raise DataError(f"{first}: a bigWig has values to predict, not windows: name the regions, as a BED file.")
    if kind in ("bed", "vcf") and not options.get("genome"):
        raise DataError(
            f"{first}: windows of a genome are cut from its FASTA: pass genome=FASTA (on the command line --genome FASTA)."
        )
    if options.get("genome") and kind not in ("bed", "vcf", "h5ad"):
        raise DataError(f"{first}: a genome is for regions, variants and .h5ad files; leave it out.")
    return {kind: data, **options}


def read_examples(record: ModelRecord, options: Mapping[str, Any]) -> tuple[Source, list[str]]:
    """Read new examples for a model, without labels.

    Args:
        record: Record of the model; its `reading` completes the options.
        options: Files with their roles and other options, as in `Dataset.options`. Options of labels and splits are not used.

    Returns:
        Source that fits the model's input, and the names of the examples.

    Raises:
        DataError: what the builder of a data set of such files raises, or files that do not suit the model.
    """
    input, files = input_of(record), {name: value for name, value in options.items() if name != "bigwig"}
    for kind in ("bed", "vcf"):
        if kind in files and not isinstance(files[kind], Mapping):
            files[kind] = {"": files[kind]}  # without classes
    if "folder" in files and "manifest" not in files:
        return _read_images(record, files)
    if "fasta" in files and not isinstance(files["fasta"], Mapping):
        return _read_fasta(record, files)
    plan = plan_of(record, files)
    one_per_line = isinstance(plan.origin, (str, os.PathLike)) and ".txt" in Path(plan.origin).suffixes
    if input.modality == "text" and (one_per_line or "text" not in plan.options):
        accepted = inspect.signature(read_notes).parameters
        notes = read_notes(plan.origin, **{name: value for name, value in plan.options.items() if name in accepted})
        return from_texts(input, notes.texts), list(notes.ids)
    found = plan.read(plan.origin, **plan.options)
    return _as_input(input, plan, found), [str(one) for one in found["ids"]]


def read_labelled(record: ModelRecord, options: Mapping[str, Any]) -> tuple[Split, np.ndarray | None]:
    """Read whole new files with their labels, for external validation. Nothing is split.

    Groups, such as patients, are those that training named, if the files have them; otherwise a warning says so.

    Args:
        record, options: As for `read_examples`.

    Returns:
        Examples with the labels as the model's task numbers them, and the published split of each, if there is one.

    Raises:
        DataError: as `read_examples`, or labels that the model does not know.
    """
    input, task = input_of(record), record.task
    if task is None:
        raise DataError(
            "This model does not know its task: build it with get_model(..., dataset=...), or load a preset."
        )
    plan = plan_of(record, options, task=task)
    found = read_grouped(record, plan)
    if found.get("y") is None:
        raise DataError("The file has no labels to compare with: name them, as for training.")
    x = _as_input(input, plan, found)
    names = found.get("labels") or plan.options.get("labels")
    y = match_labels(task, found["y"], names, uncertain=plan.options.get("uncertain"))
    ids, groups, split = (None if found.get(n) is None else np.asarray(found[n]) for n in ("ids", "groups", "split"))
    texts = np.array(found["x"], dtype=object) if input.modality == "text" else None
    return Split(x, y, ids, groups, texts=texts), split


def warn_of_training_files(record: ModelRecord, options: Mapping[str, Any]) -> None:
    """Warn if the files are those that the model was trained on: figures of them all are not those of new examples."""
    trained = _paths((record.dataset or {}).get("options", {}))
    if known := [file for file in _paths(options) if file in trained]:
        log.warning(
            "The model was trained on %s: figures of the whole of it are better than those of new examples. For those held out, "
            "evaluate the test split (on the command line --split test).",
            ", ".join(file.name for file in known),
        )


def _paths(options: Mapping[str, Any]) -> list[Path]:
    """Return the files that options name as sources of examples."""
    named = [options[kind] for kind in (*_ENDINGS, "fasta", "manifest", "folder", "npz", "h5ad") if kind in options]
    files = [file for one in named for file in (one.values() if isinstance(one, Mapping) else [one])]
    return [Path(file).resolve() for file in files if isinstance(file, (str, os.PathLike))]


def _read_images(record: ModelRecord, files: Mapping[str, Any]) -> tuple[Source, list[str]]:
    """Read an image, a list of images, or all images of a folder, without classes."""
    from deepbio.datasets.readers import ImageFiles, read_images

    paths, options = files["folder"], plan_of(record, files).options
    paths = paths if isinstance(paths, list) else image_root(Path(paths))
    read: Any = ImageFiles if isinstance(paths, list) else read_images
    images = read(
        paths, **{name: value for name, value in options.items() if name in inspect.signature(read).parameters}
    )
    return fitting(record.input, images), list(images.ids)


def _read_fasta(record: ModelRecord, files: Mapping[str, Any]) -> tuple[Source, list[str]]:
    """Read one FASTA or FASTQ file. Records of one name become name and name#2: each of them can be predicted."""
    from deepbio.datasets.build.fasta import is_fastq
    from deepbio.datasets.readers import read_fasta, read_fastq
    from deepbio.sequence import resize

    input, path, options = input_of(record), files["fasta"], plan_of(record, files).options
    length = input.shape[0]
    found = read_fastq(path) if is_fastq(path) else read_fasta(path, same_names="number")
    wrong = np.flatnonzero(found.lengths != length)
    if len(wrong) and "length" not in options:
        raise DataError(
            f"{path}, record {found.ids[wrong[0]]!r}: expected {length} bases; found {found.lengths[wrong[0]]}. To crop or pad "
            f"records around their middle, pass length={length} (on the command line --length {length})."
        )
    return fitting(input, resize(found.codes, length)), list(found.ids)


def _as_input(input: ModelInput, plan: Plan, found: Mapping[str, Any]) -> Source:
    x, modality = found["x"], found.get("modality", "dna")
    if modality != input.modality:
        raise DataError(f"The model takes {input.modality} of shape {input.shape}; the file has {modality}s.")
    if modality == "table":
        where = str(plan.origin) if isinstance(plan.origin, (str, os.PathLike)) else "The table"
        check_table(input, x, found.get("categories"), where=where)
    if isinstance(x, list):
        x = from_texts(input, x, resize="length" in plan.options)
    return fitting(input, x)
