"""Choose how a user's new files are read for a model: the builder of their kind, and its options, groups included."""

from __future__ import annotations

import inspect
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepbio.datasets import build
from deepbio.datasets.build.builder import reading_options
from deepbio.datasets.load import builder_of
from deepbio.datasets.options import check_options, names_of, serialize_options
from deepbio.datasets.readers.table_file import TableFile
from deepbio.datasets.targets import check_predicted
from deepbio.errors import DataError
from deepbio.specs import ModelInput, Task
from deepbio.zoo.record import ModelRecord

log = logging.getLogger("deepbio")

# Options of labels, which do not change a prediction.
_LABELS = {"label", "targets", "labels", "sep", "uncertain"}
# Options about the layout of one file: another file may have other columns without another meaning.
_LAYOUT = {
    "image",
    "text",
    "sequence",
    "id",
    "encoding",
    "names",
    "delimiter",
    "decimal",
    "thousands",
    "date_format",
    *_LABELS,
}
_FILES = {"genome", "bed", "bigwig", "vcf", "folder"}
_SPLITTING = ("valid", "test", "fractions", "seed", "duplicates")


@dataclass(frozen=True)
class Plan:
    """A function of a builder that reads examples, and its arguments."""

    read: Callable[..., dict[str, Any]]
    origin: Any
    options: dict[str, Any]


def plan_of(record: ModelRecord, files: Mapping[str, Any], *, task: Task | None = None) -> Plan:
    """Choose the builder, and complete its options: those of training, those that the input decides, and the user's over all.

    Args:
        record: Record of the model.
        files: Files with their roles and other options, as in `Dataset.options`.
        task: Task of the model, to read labels as well; None to read examples only.

    Raises:
        DataError: An option is unknown, or contradicts the input of the model, or a column must be named.
    """
    source, builder = builder_of(files)
    input, parameters = input_of(record), inspect.signature(builder).parameters
    given = {name: value for name, value in files.items() if name != source}
    if unknown := {name: value for name, value in given.items() if name not in parameters}:
        check_options(builder, unknown, owner=f"A file of kind {source}")
    recorded = {} if record.reading is None else record.reading.options
    known = {name: value for name, value in recorded.items() if name in reading_options(builder)}
    if task is None:
        unused = _LABELS | {name for name in parameters if name not in reading_options(builder)} - _FILES
    else:
        unused = {"kind", "positive", "vocabulary", "tokenizer"}
        for name in _SPLITTING:
            if name in given:
                raise DataError(f"{name} is about splits, and the whole file is evaluated: leave it out.")
        given |= _of_labels(task, known, given, parameters)
    known, given = ({n: v for n, v in some.items() if n not in unused} for some in (known, given))
    if source in ("csv", "manifest") and "id" in known and "id" not in given:
        _forget_names(files[source], known, known | given)
    fixed = _fixed(input, parameters, known | given)
    _tell_contradictions(record, known, given, fixed)
    options = known | given | fixed
    column = {"dna": "sequence", "text": "text"}.get(input.modality)
    if source == "csv" and column is not None and not options.get(column) and (task is not None or column != "text"):
        raise DataError(
            f"Name the column of the {input.modality}: {column}=COLUMN (on the command line --{column} COLUMN)."
        )
    check_options(builder, options, owner=f"A file of kind {source}")
    return Plan(inspect.unwrap(builder), files[source], options)


def _forget_names(origin: Any, known: dict[str, Any], options: Mapping[str, Any]) -> None:
    """Leave out the column of names if a new table has none, which is logged; its rows are then named by their numbers."""
    if isinstance(origin, (str, os.PathLike)) and ".txt" in Path(origin).suffixes:
        return
    form = {name: options[name] for name in ("encoding", "delimiter", "names") if name in options}
    table = TableFile(Path(origin) if isinstance(origin, (str, os.PathLike)) else origin, **form)
    if known["id"] not in table.columns:
        log.warning("%s has no column %r for names: rows are named by their numbers.", table.path, known.pop("id"))


def _tell_contradictions(
    record: ModelRecord, known: Mapping[str, Any], given: Mapping[str, Any], fixed: Mapping[str, Any]
) -> None:
    """Refuse options that the input of the model rules out, and log those that differ from training."""
    trained = getattr(build, f"from_{record.reading.source}", None) if record.reading else None
    explicit = set(reading_options(trained) if trained else ()) - _LAYOUT
    for name, value in given.items():
        plain, old = (serialize_options({name: one}).get(name) for one in (value, fixed.get(name, known.get(name))))
        if name in fixed and value is not None and plain != old:
            raise DataError(f"The model takes {name}={old}; received {plain}. Leave the option out.")
        if name in explicit and plain != old:
            log.warning(
                "%s=%s differs from training, which used %s.", name, plain, old if old is not None else "the default"
            )


def _of_labels(
    task: Task, known: dict[str, Any], given: dict[str, Any], parameters: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the options of a builder that say what the model's task is, and forget a recorded column if another is named."""
    found: dict[str, Any] = {"kind": task.kind} if "kind" in parameters else {}
    if {"label", "targets"} <= parameters.keys():
        if given.get("label") is not None:
            known.pop("targets", None)
        elif given.get("targets"):
            known.pop("label", None)
        elif not known.keys() & {"label", "targets"} and not task.is_classification:
            found["targets"] = list(task.labels)
        check_predicted((known | given).get("label"), names_of((known | found | given).get("targets", ())))
    if "sep" in known | given or task.kind == "per_pixel":
        found["labels"] = list(task.labels)
    return found


def _fixed(input: ModelInput, parameters: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options whose values the input of the model decides."""
    fixed: dict[str, Any] = {}
    if "shape" in parameters:
        fixed["shape"] = list(input.shape)
    if input.modality in ("dna", "text") and "length" in parameters:
        needed = parameters["length"].default is inspect.Parameter.empty or options.get("length") is not None
        fixed |= {"length": input.shape[0]} if needed else {}
    if input.modality == "table" and "features" in parameters and options.get("features") is None:
        if not input.features:
            raise DataError("This model does not know the names of its columns; pass an array instead of a file.")
        fixed["features"] = list(input.features)
    return fixed


def read_grouped(record: ModelRecord, plan: Plan) -> dict[str, Any]:
    """Read labelled examples with the groups that training named, or without them if these files have none, which is logged.

    Args:
        record: Record of the model, whose data set names the groups.
        plan: Plan of the files. Groups that the user names have priority.
    """
    trained = (record.dataset or {}).get("options", {})
    grouping = {name: trained[name] for name in ("group", "missing_group") if name in trained}
    if "group" not in grouping or plan.options.get("group"):
        return plan.read(plan.origin, **plan.options)
    reason = f"they are of another kind ({record.reading.source})." if record.reading else ""
    if record.reading is not None and plan.read.__name__ == f"from_{record.reading.source}":
        try:
            return plan.read(plan.origin, **plan.options | grouping)
        except DataError as error:
            reason = str(error)
    found = plan.read(plan.origin, **plan.options)
    log.warning(
        "Each example is taken as independent, because the groups of training (group=%s) are not used: %s Name those of these "
        "files with group=... (on the command line --group).",
        grouping["group"],
        reason,
    )
    return found


def input_of(record: ModelRecord) -> ModelInput:
    """Return the input of a model, or raise `DataError` if deepbio does not know it."""
    if record.input is None:
        raise DataError("A model that deepbio did not build takes arrays or splits only: its input is not known.")
    return record.input
