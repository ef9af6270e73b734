"""`load_preset`: build the model of a preset and load its weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepbio.catalog import catalog_folder
from deepbio.documents import read_document
from deepbio.errors import ModelError, WeightsError
from deepbio.specs import Task
from deepbio.text.tokenizer_format import TokenizerFacts
from deepbio.zoo.build import build, with_activation
from deepbio.zoo.declared_sizes import check_built_size, check_keras_description, check_options
from deepbio.zoo.ensemble import average_members
from deepbio.zoo.preset import read_preset, weight_entries
from deepbio.zoo.record import ModelRecord, attach, zoo_model
from deepbio.zoo.transfer import transferred
from deepbio.zoo.weight_files import count_values, load_weight_file
from deepbio.zoo.weight_sources import locate, show_notice

if TYPE_CHECKING:
    import keras


def load_preset(
    folder: str | Path,
    *,
    task: Task | None = None,
    outputs: int | None = None,
    input_shape: tuple[int, ...] | None = None,
    activation: str | None = None,
    seed: int | None = None,
    config: Mapping[str, Any] | None = None,
) -> keras.Model:
    """Build a preset's model and load its weights.

    If the number of outputs differs from the preset's, the head is new and the log says so.

    Args:
        folder: Path of the preset.
        task: Task of the model; the preset's by default.
        outputs: Number of outputs, if there is no task.
        input_shape: Another length of DNA windows, if no weight depends on it.
        activation: `"auto"` builds the task's activation in.
        seed: Seed of a new head.
        config: `member=1` loads one member of an ensemble; `reverse_complement="average"` reads both strands.

    Raises:
        WeightsError: The preset is incomplete, or its weights do not fit.
        ModelError: The options contradict the preset's.
    """
    preset = read_preset(folder)
    record = record_of(preset, folder)
    entries = weight_entries(preset, folder)
    options = dict(config or {})
    if "member" in options:
        entries = [_member(entries, options.pop("member"), folder)]
        record = replace(record, postprocessing=None)  # it was fitted to the mean of all members
    strands = options.pop("reverse_complement", "none")
    if options or (strands not in ("none", "average")):
        given = ", ".join(options) or f"reverse_complement={strands!r}"
        raise ModelError(f"{folder} fixes the options of {record.architecture}; it cannot take {given}.")
    outputs = task.outputs if task is not None else outputs
    new_head = outputs is not None and outputs != record.outputs
    if new_head and (record.architecture is None or len(entries) > 1):
        what = "a model that deepbio did not build" if record.architecture is None else f"{len(entries)} members"
        hint = "" if record.architecture is None else " Load one of them: get_model(..., member=1)."
        raise ModelError(f"{folder} contains {what}, with {record.outputs} outputs; the head cannot change.{hint}")
    record = replace(_with_length(record, input_shape, folder), members=len(entries))
    if "notice" in preset:
        show_notice(preset["notice"])
    model = _load(preset, entries, record, folder)
    return adapted(
        model, record, task=task, outputs=outputs, activation=activation, seed=seed, strands=strands, source=str(folder)
    )


def adapted(
    model: keras.Model,
    record: ModelRecord,
    *,
    task: Task | None,
    outputs: int | None,
    activation: str | None,
    seed: int | None,
    strands: str = "none",
    source: str,
) -> keras.Model:
    """Return a loaded model for another task, with a new head if its number of outputs differs.

    Args:
        model, record: Model with its weights, and its record.
        task, outputs: Task, or number of outputs; those of the record by default.
        activation: `"auto"` builds the task's activation in.
        seed: Seed of a new head.
        strands: `"average"` reads both strands.
        source: Name of the source of the weights, for the log.
    """
    outputs = task.outputs if task is not None else outputs
    if outputs is not None and outputs != record.outputs:
        record = replace(record, outputs=outputs, task=task, seed=seed, postprocessing=None)
        model, _ = transferred(model, record, keep_head=False, source=source)
    elif task is not None:
        if record.task is not None:  # the scale of the targets is that of the trained weights
            task = replace(task, mean=record.task.mean, std=record.task.std) if task.kind == "regression" else task
        record = replace(record, task=task, postprocessing=record.postprocessing if task == record.task else None)
    if strands == "average":
        from deepbio.zoo.dna.reverse_complement import average_strands

        record = replace(record, config={**record.config, "reverse_complement": strands}, postprocessing=None)
        model = average_strands(model)
    if activation == "auto":
        return attach(with_activation(model, record.task), replace(record, activation_built_in=True))
    return zoo_model(model, record)


def record_of(preset: Mapping[str, Any], folder: str | Path) -> ModelRecord:
    """Return the record of the model that a preset describes."""
    known = (
        "architecture",
        "config",
        "input",
        "outputs",
        "task",
        "dataset",
        "seed",
        "reading",
        "postprocessing",
        "metrics",
    )
    facts = {name: preset[name] for name in known if name in preset}
    if "tokenizer" in preset:
        content, _ = read_document(Path(folder) / preset["tokenizer"]["file"], TokenizerFacts, error=WeightsError)
        # as Tokenizer.to_json writes it, so that a loaded model and its data set agree
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        facts["input"] = {**preset["input"], "tokenizer": text}
    return replace(ModelRecord.from_dict(facts), weights=str(folder))


def _load(preset: Mapping[str, Any], entries: list[dict[str, Any]], record: ModelRecord, folder: str | Path):
    members, single = [], replace(record, members=1)
    paths = [locate(entry, Path(folder)) for entry in entries]
    if Path(folder).resolve().parent != catalog_folder("zoo").resolve():
        values, arrays = map(min, zip(*map(count_values, paths), strict=True))
        if record.architecture is None:
            check_keras_description(preset["keras"], Path(folder), values=values, arrays=arrays)
        check_options(record.config, Path(folder), values=values, arrays=arrays)
        check_built_size(lambda: _empty(single, preset), Path(folder), values=values)
    for entry, path in zip(entries, paths, strict=True):
        model = _empty(single, preset)
        load_weight_file(model, path, layers=entry.get("layers"))
        members.append(model)
    if len(members) == 1:
        return members[0]
    if record.task is None:
        raise WeightsError(f"{folder} has several members and no task, so they cannot be averaged.")
    return average_members(members, activation=record.task.activation)


def _member(entries: list[dict[str, Any]], member: Any, folder: str | Path) -> dict[str, Any]:
    if len(entries) == 1 and member != 1:
        raise ModelError(f"{folder} is one model, not an ensemble: leave out member; received member={member!r}.")
    if not isinstance(member, int) or not 1 <= member <= len(entries):
        raise ModelError(f"{folder} has members 1 to {len(entries)}; received member={member!r}.")
    return entries[member - 1]


def _with_length(record: ModelRecord, shape: tuple[int, ...] | None, folder: str | Path) -> ModelRecord:
    if shape is None or record.input is None or shape == record.input.shape:
        return record
    longer = replace(record, input=replace(record.input, shape=shape)) if len(shape) == 1 else None
    if longer is not None and record.architecture is not None and record.input.modality == "dna":
        shapes = [[tuple(w.shape) for w in build(replace(r, members=1)).weights] for r in (record, longer)]
        if shapes[0] == shapes[1]:
            return longer
    raise ModelError(
        f"{folder} takes input of shape {record.input.shape}, which its weights depend on; received input_shape={shape}."
    )


def _empty(record: ModelRecord, preset: Mapping[str, Any]) -> keras.Model:
    if record.architecture is not None:
        return build(record)
    import keras

    try:
        description = {key: value for key, value in preset["keras"].items() if key != "compile_config"}
        return keras.models.model_from_json(json.dumps(description))
    except Exception as error:  # Keras raises many classes
        reason = (str(error).splitlines() or [type(error).__name__])[0][:300]
        raise WeightsError(f"Keras cannot rebuild this preset's model: {reason}") from error
