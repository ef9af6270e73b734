"""Presets: one folder format for runs, pretrained models of the catalog and hubs. `load_preset` builds the model of one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from deepbio.documents import check_content, parse_file
from deepbio.errors import WeightsError
from deepbio.files import sha256_of, writable_folder, write_atomically
from deepbio.replacement import finish_replacement, replace_files
from deepbio.zoo.build import build
from deepbio.zoo.ensemble import member_trunks
from deepbio.zoo.golden_outputs import GOLDEN_OUTPUTS, golden_outputs
from deepbio.zoo.postprocessing import Postprocessing
from deepbio.zoo.preset_format import PresetFacts
from deepbio.zoo.record import ModelRecord, describe
from deepbio.zoo.weight_files import save_h5, save_safetensors
from deepbio.zoo.weight_sources import locate

if TYPE_CHECKING:
    import keras

PRESET_FORMAT = 2
DESCRIPTION = "preset.json"


def weights_hash(model: keras.Model) -> str:
    """Return the SHA-256 of all weights of a model, in order, except the random state of dropout.

    Equal weights have equal hashes, whatever the format of their file.
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
    weights: Literal["h5", "safetensors", "safetensors16"] = "h5",
) -> Path:
    """Write a model as a preset: weights, golden outputs, and last `preset.json` with the checksum of the weights.

    All files are written or none is, also where they replace another preset.

    Args:
        model: Model from `get_model`, or any functional `keras.Model` with a record (`fit` attaches one).
        folder: Path of the folder, created if necessary.
        dataset: Name, options and fingerprint of the data set.
        weights: Kind of the weight file; `"safetensors16"` stores large arrays as float16. An ensemble has one file per member.

    Returns:
        The folder.

    Raises:
        WeightsError: The model lacks input or task, or returns probabilities instead of logits.
        DeepbioError: The folder cannot be written.
    """
    import keras

    from deepbio import __version__

    record = describe(model)
    if record.input is None or record.task is None:
        raise WeightsError("A preset needs the model's input and task: use get_model(..., dataset=...) or fit it.")
    if record.activation_built_in:
        raise WeightsError("A preset has no activation='auto': build the model without it, and load it with it.")
    out = writable_folder(folder)
    with replace_files(out) as stage:
        entries = _write_weights(model, record, stage, weights)
        preset: dict[str, Any] = {"format": PRESET_FORMAT, **replace(record, members=1).to_dict()}
        preset["input"] = {key: value for key, value in preset["input"].items() if key != "tokenizer"}
        preset["parameters"] = int(model.count_params())
        if record.architecture is None:
            preset["keras"] = json.loads(model.to_json())
            preset["keras"].pop(
                "compile_config", None
            )  # a preset has no optimizer, and its record is the rest of the preset
            preset["keras"]["config"].pop("record", None)
        if dataset is not None:
            preset["dataset"] = dict(dataset)
        preset["versions"] = {"deepbio": __version__, "keras": keras.__version__, "backend": keras.backend.backend()}
        preset |= {"weights": entries[0]} if record.members == 1 else {"members": entries}
        if record.input.tokenizer is not None:
            write_json(stage / "tokenizer.json", json.loads(record.input.tokenizer))
            preset["tokenizer"] = {"file": "tokenizer.json", "sha256": sha256_of(stage / "tokenizer.json")}
        write_json(stage / GOLDEN_OUTPUTS, golden_outputs(model, record.input))
        write_json(stage / DESCRIPTION, preset)
    return out


def read_preset(folder: str | Path) -> dict[str, Any]:
    """Read `preset.json`, and check its format and the checksums of the files that it names.

    Raises:
        WeightsError: The preset is missing, has another format, or a file has changed.
    """
    file = Path(folder) / DESCRIPTION
    finish_replacement(Path(folder))
    try:
        preset = parse_file(file, error=WeightsError)
    except OSError as error:
        raise WeightsError(
            f"Expected a preset at {folder}, but {file} cannot be read ({error.strerror}). "
            "A preset is what `deepbio fit --out DIR` writes."
        ) from error
    found = preset.get("format") if isinstance(preset, dict) else None
    if type(found) is not int:
        raise WeightsError(f"{file} has no format number, so it describes no preset of deepbio.")
    if found != PRESET_FORMAT:
        advice = (
            "It was written by a newer deepbio: upgrade deepbio-zoo."
            if found > PRESET_FORMAT
            else "It was written by an earlier deepbio, whose options had other names: train it again from its recipe.yaml."
        )
        raise WeightsError(f"{file} has format {found}; this deepbio reads format {PRESET_FORMAT}. {advice}")
    check_content(preset, PresetFacts, str(file), error=WeightsError)
    for entry in [*weight_entries(preset, folder), *preset.get("files", []), preset.get("tokenizer") or {}]:
        if "file" in entry:
            locate(entry, Path(folder))
    return preset


def weight_entries(preset: Mapping[str, Any], folder: str | Path) -> list[dict[str, Any]]:
    """Return the weight files that `preset.json` names, one per member, as `deepbio.zoo.weight_sources.locate` takes them."""
    return preset.get("members") or [preset["weights"]]


def write_postprocessing(folder: str | Path, postprocessing: Postprocessing | None) -> None:
    """Write what `deepbio.inference.calibrate` learned to an existing preset; None removes it. The weights do not change.

    Raises:
        WeightsError: There is no preset.
    """
    preset = read_preset(folder)
    preset.pop("postprocessing", None)
    if postprocessing is not None:
        preset["postprocessing"] = postprocessing.to_dict()
    write_json(Path(folder) / DESCRIPTION, preset)


def write_json(path: Path, content: Any) -> None:
    """Write JSON atomically, indented by two spaces. NaN is refused."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    with write_atomically(path) as beside:
        beside.write_text(text, encoding="utf-8")


def _write_weights(model: keras.Model, record: ModelRecord, out: Path, kind: str) -> list[dict[str, Any]]:
    models = [model]
    if record.members > 1:
        models = []
        for trunk in member_trunks(model):
            models.append(build(replace(record, members=1)))
            models[-1].set_weights(trunk.get_weights())
    entries = []
    ending = "weights.h5" if kind == "h5" else "safetensors"
    for i, each in enumerate(models, start=1):
        file = out / (f"model.{ending}" if len(models) == 1 else f"member_{i}.{ending}")
        if kind == "h5":
            with write_atomically(file) as beside:
                save_h5(each, beside)
        else:
            save_safetensors(each, file, half=kind == "safetensors16")
        entries.append({"file": file.name, "sha256": sha256_of(file)})
    return entries
