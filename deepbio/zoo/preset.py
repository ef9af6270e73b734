"""Presets: the one folder format for runs, pretrained models on the shelf and hubs."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.datasets.files import sha256_of, writable_folder, write_atomically
from deepbio.errors import DeepbioError, ModelError, WeightsError
from deepbio.specs import InputSpec, Task
from deepbio.zoo.record import ModelRecord, attach, describe

if TYPE_CHECKING:
    import keras

log = logging.getLogger("deepbio")

FORMAT = 1
WEIGHTS = "model.weights.h5"
DESCRIPTION = "preset.json"
EXPECTATION = "expect.json"


def weights_hash(model: keras.Model) -> str:
    """Give the SHA-256 of all weights of a model, in order: equal weights, equal hash, whatever file they stand in.

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


def save_preset(model: keras.Model, folder: str | Path, *, dataset: Mapping[str, Any] | None = None) -> Path:
    """Write a model as a preset: weights, expectation, and last `preset.json` with the checksum of the weights.

    Each file is whole or absent, and a folder without `preset.json` is no preset.

    Args:
        model: what `get_model` gave, or any functional `keras.Model` with a record (`fit` gives it one).
        folder: made where it does not exist.
        dataset: name, options and fingerprint of the data set.

    Raises:
        DeepbioError: the folder cannot be written.
    """
    record = describe(model)
    if record.input is None or record.task is None:
        raise WeightsError(
            "A preset needs the model's input and task: build it with get_model(..., dataset=...) or fit it."
        )
    if record.link_built_in:
        raise WeightsError("A preset holds logits: build the model without activation='auto', and load it with it.")
    out = writable_folder(folder)
    with write_atomically(out / WEIGHTS) as beside:
        model.save_weights(beside)
    config: dict[str, Any] = {"architecture": record.architecture, "config": record.config}
    if record.architecture is None:
        config["keras"] = json.loads(model.to_json())
    input = record.input.to_dict()
    tokenizer = input.pop("tokenizer", None)
    if tokenizer is not None:
        write_json(out / "tokenizer.json", json.loads(tokenizer))
    write_json(out / EXPECTATION, _expectation(model, record.input))
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
            "versions": {"deepbio": __version__, "keras": keras.__version__, "backend": keras.backend.backend()},
            "weights": {"file": WEIGHTS, "sha256": sha256_of(out / WEIGHTS)},
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
    for part in ("weights", "tokenizer"):
        if part in preset:
            _check_file(Path(folder), preset[part])
    return preset


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

    Raises:
        WeightsError: the preset is not whole, or its weights do not fit.
        ModelError: the options contradict the preset's.
    """
    preset = read_preset(folder)
    record = record_of(preset, folder)
    if config:
        raise ModelError(f"{folder} fixes the options of {record.architecture}; it cannot take {', '.join(config)}.")
    if input_shape is not None and record.input is not None and input_shape != record.input.shape:
        raise ModelError(f"{folder} takes input of shape {record.input.shape}; received input_shape={input_shape}.")
    outputs = task.outputs if task is not None else outputs
    new_head = outputs is not None and outputs != record.outputs
    if new_head and record.architecture is None:
        raise ModelError(
            f"{folder} holds a model that deepbio did not build, with {record.outputs} outputs; the head cannot change."
        )
    trained = attach(_empty(preset, record), record)
    try:
        trained.load_weights(Path(folder) / preset["weights"]["file"])
    except (ValueError, KeyError, OSError) as error:
        raise WeightsError(
            f"The weights in {folder} do not fit {record.architecture}: {str(error).splitlines()[0]}"
        ) from error
    wanted = record
    if new_head or (activation == "auto") or (task is not None and task != record.task):
        wanted = replace(
            record,
            outputs=outputs or record.outputs,
            task=task or (None if new_head else record.task),
            link_built_in=activation == "auto",
            seed=seed,
        )
    if wanted is record:
        return trained
    from deepbio.zoo.get_model import build

    return _transplant(trained, build(wanted), new_head=new_head, folder=folder)


def record_of(preset: Mapping[str, Any], folder: str | Path) -> ModelRecord:
    """Give the record of the model that a preset describes."""
    input = dict(preset["input"])
    if "tokenizer" in preset:
        content = json.loads((Path(folder) / preset["tokenizer"]["file"]).read_text(encoding="utf-8"))
        input["tokenizer"] = json.dumps(content)
    return ModelRecord(
        preset["architecture"],
        config={key: tuple(v) if isinstance(v, list) else v for key, v in preset["config"].items()},
        input=InputSpec.from_dict(input),
        outputs=preset["outputs"],
        task=Task.from_dict(preset["task"]),
        dataset=preset.get("dataset"),
        weights=str(folder),
        seed=preset.get("seed"),
    )


def check_expectation(model: keras.Model, folder: str | Path, *, tolerance: float = 1e-5) -> float:
    """Give the largest difference between a model's outputs and its preset's `expect.json`.

    Raises:
        WeightsError: it is over `tolerance`, so this load does not predict what the trained model did.
    """
    expected = json.loads((Path(folder) / EXPECTATION).read_text(encoding="utf-8"))
    record = describe(model)
    assert record.input is not None
    found = model.predict_on_batch(expected_inputs(record.input, expected["examples"]))
    difference = float(np.max(np.abs(np.asarray(found, np.float64) - np.asarray(expected["logits"]))))
    if not difference <= tolerance:
        raise WeightsError(
            f"{folder}: the loaded model differs from its expect.json by {difference:.2e} (allowed {tolerance:.0e}). "
            "The weights, the code or the platform compute something else than what was trained."
        )
    return difference


def expected_inputs(input: InputSpec, examples: int) -> np.ndarray:
    """Make the fixed inputs of `expect.json`: from SHAKE-256, so that they never change and show no one's data."""
    size = int(np.prod(input.shape))
    raw = hashlib.shake_256(b"deepbio expectation 1").digest(examples * size)
    values = np.frombuffer(raw, np.uint8).reshape(examples, *input.shape)
    if input.modality == "dna":
        return values % 4
    if input.modality == "image":
        return values
    if input.modality == "text":
        return (values.astype(np.int32) * 7919) % input.vocabulary_size
    z = (values.astype(np.float32) - 128) / 64
    return z * np.array(input.deviation or 1, np.float32) + np.array(input.mean or 0, np.float32)


def write_json(path: Path, content: Any) -> None:
    """Write JSON atomically, two-space indented, NaN refused."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    with write_atomically(path) as beside:
        beside.write_text(text, encoding="utf-8")


def _expectation(model: keras.Model, input: InputSpec, examples: int = 3) -> dict[str, Any]:
    logits = np.asarray(model.predict_on_batch(expected_inputs(input, examples)), np.float64)
    return {"examples": examples, "inputs": "deepbio.zoo.preset.expected_inputs", "logits": logits.tolist()}


def _check_file(folder: Path, entry: Mapping[str, str]) -> None:
    name = entry["file"]
    if Path(name).name != name:
        raise WeightsError(f"{folder / DESCRIPTION} names the file {name!r}; a preset's files stand in its own folder.")
    try:
        found = sha256_of(folder / name)
    except DeepbioError as error:
        raise WeightsError(f"The preset {folder} is not whole: {error}") from error
    if found != entry["sha256"]:
        raise WeightsError(
            f"{folder / name} has changed: its SHA-256 should be {entry['sha256']} and is {found}. "
            "Take the preset again from where it came, or train it again from its recipe.yaml."
        )


def _empty(preset: Mapping[str, Any], record: ModelRecord) -> keras.Model:
    if record.architecture is not None:
        from deepbio.zoo.get_model import build

        return build(record)
    import keras

    try:
        return keras.models.model_from_json(json.dumps(preset["keras"]))
    except (ValueError, TypeError) as error:
        raise WeightsError(f"Keras cannot rebuild this preset's model: {str(error).splitlines()[0]}") from error


def _transplant(trained: keras.Model, fresh: keras.Model, *, new_head: bool, folder: str | Path) -> keras.Model:
    kept, new = 0, []
    # by position: the two are built by one function, and Keras numbers the names of layers anew each time
    for layer, source in zip(fresh.layers, trained.layers, strict=False):
        if not layer.weights:
            continue
        weights = source.get_weights()
        if [w.shape for w in weights] == [w.shape for w in layer.get_weights()]:
            layer.set_weights(weights)
            kept += 1
        else:
            new.append(layer.name)
    if new_head:
        log.warning("%s: %d layers keep their weights; new, with fresh weights: %s.", folder, kept, ", ".join(new))
    elif new:
        raise WeightsError(f"The layers {', '.join(new)} of {folder} do not fit the model.")
    return fresh
