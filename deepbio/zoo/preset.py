"""Presets: the one folder format for runs, pretrained models on the shelf and hubs."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from deepbio.errors import ModelError, WeightsError
from deepbio.files import sha256_of, writable_folder, write_atomically
from deepbio.specs import ModelInput, Task
from deepbio.zoo.build import build, with_activation
from deepbio.zoo.ensemble import average_members, member_trunks
from deepbio.zoo.golden_outputs import GOLDEN_OUTPUTS, golden_outputs
from deepbio.zoo.postprocessing import Postprocessing
from deepbio.zoo.record import ModelRecord, attach, describe
from deepbio.zoo.transfer import transferred
from deepbio.zoo.weight_files import load_weight_file, save_h5, save_safetensors
from deepbio.zoo.weight_sources import locate, show_notice

if TYPE_CHECKING:
    import keras

log = logging.getLogger("deepbio")

FORMAT = 1
DESCRIPTION = "preset.json"


def weights_hash(model: keras.Model) -> str:
    """Return the SHA-256 of all weights of a model, in order: equal weights, equal hash, whatever file they stand in.

    Dropout's random state does not count.
    """
    digest = hashlib.sha256()
    for variable in model.weights:
        if "seed_generator_state" in variable.path:
            continue
        values = np.ascontiguousarray(variable.numpy())
        digest.update(f"{values.dtype} {values.shape}\n".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()


def save_preset(
    model: keras.Model,
    folder: str | Path,
    *,
    dataset: Mapping[str, Any] | None = None,
    weights: Literal["h5", "safetensors"] = "h5",
) -> Path:
    """Write a model as a preset: weights, golden_outputs, and last `preset.json` with the checksum of the weights.

    Each file is whole or absent, and a folder without `preset.json` is no preset.

    Args:
        model: what `get_model` gave, or any functional `keras.Model` with a record (`fit` gives it one).
        folder: made where it does not exist.
        dataset: name, options and fingerprint of the data set.
        weights: kind of the weight file. An ensemble has one file for each member.

    Raises:
        DeepbioError: the folder cannot be written.
    """
    record = describe(model)
    if record.input is None or record.task is None:
        raise WeightsError(
            "A preset needs the model's input and task: build it with get_model(..., dataset=...) or fit it."
        )
    if record.activation_built_in:
        raise WeightsError("A preset holds logits: build the model without activation='auto', and load it with it.")
    out = writable_folder(folder)
    entries = _write_weights(model, record, out, weights)
    config: dict[str, Any] = {"architecture": record.architecture, "config": record.config}
    if record.architecture is None:
        config["keras"] = json.loads(model.to_json())
        config["keras"].pop("compile_config", None)  # the optimizer's; a preset holds none
    input = record.input.to_dict()
    tokenizer = input.pop("tokenizer", None)
    if tokenizer is not None:
        write_json(out / "tokenizer.json", json.loads(tokenizer))
    write_json(out / GOLDEN_OUTPUTS, golden_outputs(model, record.input))
    import keras

    from deepbio import __version__

    write_json(
        out / DESCRIPTION,
        {
            "format": FORMAT,
            **config,
            "input": input,
            "outputs": record.outputs,
            "task": record.task.to_dict(),
            "dataset": dict(dataset) if dataset is not None else record.dataset,
            "seed": record.seed,
            "parameters": int(model.count_params()),
            **({} if record.postprocessing is None else {"postprocessing": record.postprocessing.to_dict()}),
            "versions": {"deepbio": __version__, "keras": keras.__version__, "backend": keras.backend.backend()},
            **({"weights": entries[0]} if record.members == 1 else {"members": entries}),
            **(
                {"tokenizer": {"file": "tokenizer.json", "sha256": sha256_of(out / "tokenizer.json")}}
                if tokenizer
                else {}
            ),
        },
    )
    return out


def read_preset(folder: str | Path) -> dict[str, Any]:
    """Read `preset.json`, check its format and the checksums of the files that it names.

    Raises:
        WeightsError: missing, of another format, or a file has changed.
    """
    file = Path(folder) / DESCRIPTION
    try:
        preset = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise WeightsError(
            f"Expected a preset at {folder}, but {file} cannot be read ({error.strerror}). "
            "A preset is what `deepbio fit --out DIR` writes."
        ) from error
    except ValueError as error:
        raise WeightsError(f"{file} is not valid JSON ({error}). Take the preset again from where it came.") from error
    if not isinstance(preset, dict) or preset.get("format") != FORMAT:
        found = preset.get("format") if isinstance(preset, dict) else None
        raise WeightsError(f"{file} has format {found!r}; this deepbio reads format {FORMAT}. Upgrade deepbio-zoo.")
    for entry in [*weight_entries(preset, folder), *preset.get("files", []), preset.get("tokenizer", {})]:
        if "file" in entry:
            locate(entry, Path(folder))
    return preset


def weight_entries(preset: Mapping[str, Any], folder: str | Path) -> list[dict[str, Any]]:
    """Return the weight files that `preset.json` names, one for each member, as `deepbio.zoo.weight_sources.locate` takes them."""
    entries: list[Any] = preset.get("members") or [preset.get("weights")]
    if not all(isinstance(entry, dict) for entry in entries):
        raise WeightsError(f"{Path(folder) / DESCRIPTION} names no weights. Take the preset again from where it came.")
    return entries


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

    Where `outputs` (or the outputs of `task`) differ from the preset's, the head is new and the log says so.

    Args:
        input_shape: another length of DNA window, where no weight depends on it.
        config: `member=1` takes one member of an ensemble; `reverse_complement="average"` reads both strands.

    Raises:
        WeightsError: the preset is not whole, or its weights do not fit.
        ModelError: the options contradict the preset's.
    """
    preset = read_preset(folder)
    record = record_of(preset, folder)
    entries = weight_entries(preset, folder)
    options = dict(config or {})
    if "member" in options:
        entries = [_member(entries, options.pop("member"), folder)]
        record = replace(record, postprocessing=None)  # it was learnt for the mean of all members
    strands = options.pop("reverse_complement", "none")
    if options or (strands not in ("none", "average")):
        given = ", ".join(options) or f"reverse_complement={strands!r}"
        raise ModelError(f"{folder} fixes the options of {record.architecture}; it cannot take {given}.")
    outputs = task.outputs if task is not None else outputs
    new_head = outputs is not None and outputs != record.outputs
    if new_head and (record.architecture is None or len(entries) > 1):
        what = "a model that deepbio did not build" if record.architecture is None else f"{len(entries)} members"
        hint = "" if record.architecture is None else " Take one of them: get_model(..., member=1)."
        raise ModelError(f"{folder} holds {what}, with {record.outputs} outputs; the head cannot change.{hint}")
    record = replace(_with_length(record, input_shape, folder), members=len(entries))
    if "notice" in preset:
        show_notice(preset["notice"])
    model = _load(preset, entries, record, folder)
    if new_head:
        record = replace(record, outputs=outputs, task=task, seed=seed, postprocessing=None)
        model, _ = transferred(model, record, keep_head=False, source=str(folder))
    elif task is not None:
        record = replace(record, task=task, postprocessing=record.postprocessing if task == record.task else None)
    if strands == "average":
        from deepbio.zoo.dna.reverse_complement import average_strands

        record = replace(record, config={**record.config, "reverse_complement": strands}, postprocessing=None)
        model = average_strands(model)
    if activation == "auto":
        record = replace(record, activation_built_in=True)
        model = with_activation(model, record.task)
    return attach(model, record)


def record_of(preset: Mapping[str, Any], folder: str | Path) -> ModelRecord:
    """Return the record of the model that a preset describes."""
    input = dict(preset["input"])
    if "tokenizer" in preset:
        content = json.loads((Path(folder) / preset["tokenizer"]["file"]).read_text(encoding="utf-8"))
        # as Tokenizer.to_json writes it, so that a loaded model and its data set agree
        input["tokenizer"] = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return ModelRecord(
        preset["architecture"],
        config={key: tuple(v) if isinstance(v, list) else v for key, v in preset["config"].items()},
        input=ModelInput.from_dict(input),
        outputs=preset["outputs"],
        task=Task.from_dict(preset["task"]),
        dataset=preset.get("dataset"),
        weights=str(folder),
        seed=preset.get("seed"),
        postprocessing=Postprocessing.from_dict(preset["postprocessing"]) if "postprocessing" in preset else None,
    )


def write_postprocessing(folder: str | Path, postprocessing: Postprocessing | None) -> None:
    """Put what `deepbio.inference.calibrate` learnt into a preset that stands; None takes it out. Weights stay as they are.

    Raises:
        WeightsError: there is no preset.
    """
    preset = read_preset(folder)
    preset.pop("postprocessing", None)
    if postprocessing is not None:
        preset["postprocessing"] = postprocessing.to_dict()
    write_json(Path(folder) / DESCRIPTION, preset)


def write_json(path: Path, content: Any) -> None:
    """Write JSON atomically, two-space indented, NaN refused."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    with write_atomically(path) as beside:
        beside.write_text(text, encoding="utf-8")


def _write_weights(model: keras.Model, record: ModelRecord, out: Path, kind: str) -> list[dict[str, Any]]:
    models = [model]
    if record.members > 1:
        models = []
        for trunk in member_trunks(model):
            models.append(_empty({}, replace(record, members=1)))
            models[-1].set_weights(trunk.get_weights())
    entries = []
    ending = {"h5": "weights.h5", "safetensors": "safetensors"}[kind]
    for i, each in enumerate(models, start=1):
        file = out / (f"model.{ending}" if len(models) == 1 else f"member_{i}.{ending}")
        if kind == "h5":
            with write_atomically(file) as beside:
                save_h5(each, beside)
        else:
            save_safetensors(each, file)
        entries.append({"file": file.name, "sha256": sha256_of(file)})
    return entries


def _load(preset: Mapping[str, Any], entries: list[dict[str, Any]], record: ModelRecord, folder: str | Path):
    members = []
    for entry in entries:
        model = _empty(preset, replace(record, members=1))
        load_weight_file(model, locate(entry, Path(folder)), layers=entry.get("layers"))
        members.append(model)
    if len(members) == 1:
        return members[0]
    if record.task is None:
        raise WeightsError(f"{folder} has several members and no task, so they cannot be averaged.")
    return average_members(members, activation=record.task.activation)


def _member(entries: list[dict[str, Any]], member: Any, folder: str | Path) -> dict[str, Any]:
    if not isinstance(member, int) or not 1 <= member <= len(entries):
        raise ModelError(f"{folder} has members 1 to {len(entries)}; received member={member!r}.")
    return entries[member - 1]


def _with_length(record: ModelRecord, shape: tuple[int, ...] | None, folder: str | Path) -> ModelRecord:
    """A DNA model whose weights do not depend on the length takes other windows than those of its training."""
    if shape is None or record.input is None or shape == record.input.shape:
        return record
    longer = replace(record, input=replace(record.input, shape=shape)) if len(shape) == 1 else None
    if longer is not None and record.architecture is not None and record.input.modality == "dna":
        shapes = [[tuple(w.shape) for w in _empty({}, replace(r, members=1)).weights] for r in (record, longer)]
        if shapes[0] == shapes[1]:
            return longer
    raise ModelError(
        f"{folder} takes input of shape {record.input.shape}, which its weights depend on; received input_shape={shape}."
    )


def _empty(preset: Mapping[str, Any], record: ModelRecord) -> keras.Model:
    if record.architecture is not None:
        return build(record)
    import keras

    try:
        description = {key: value for key, value in preset["keras"].items() if key != "compile_config"}
        return keras.models.model_from_json(json.dumps(description))
    except (ValueError, TypeError) as error:
        raise WeightsError(f"Keras cannot rebuild this preset's model: {str(error).splitlines()[0]}") from error
