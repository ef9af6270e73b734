"""`get_model`: a Keras model by name, from a preset folder, or with pretrained weights of the catalog."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepbio.catalog import entries
from deepbio.errors import ModelError, WeightsError, advise_calls, nearest
from deepbio.specs import RANKS, ModelInput, Task
from deepbio.zoo.build import build
from deepbio.zoo.importers.hub_file import is_hub_file
from deepbio.zoo.load_preset import adapted, load_preset
from deepbio.zoo.preset import read_preset
from deepbio.zoo.published import how_to_get, published
from deepbio.zoo.record import ModelRecord, describe
from deepbio.zoo.registry import ModelSpec, builder_options, list_models, model_spec
from deepbio.zoo.weight_sources import hub_folder

_WEIGHT_FILES = {".safetensors", ".pt", ".pth", ".bin", ".torch", ".ckpt", ".h5", ".hdf5", ".keras", ".npz"}

if TYPE_CHECKING:
    import keras

    from deepbio.datasets import Dataset


@advise_calls(ModelError, "Pass get_model(NAME, dataset=data), or get_model(NAME, input_shape=30, outputs=2).")
def get_model(
    name: str | os.PathLike[str],
    *,
    dataset: Dataset | None = None,
    input_shape: int | Sequence[int] | None = None,
    outputs: int | None = None,
    weights: str | os.PathLike[str] | None = None,
    activation: str | None = None,
    seed: int | None = None,
    **config: Any,
) -> keras.Model:
    """Build a model, or load one with its weights.

    Args:
        name: Architecture (`"dna_cnn"`), architecture with the tag of pretrained weights (`"dna_cnn.uci_splice"`), path of a
            preset folder (`"runs/splice"`), or preset on Hugging Face (`"hf://user/repo@revision"`).
        dataset: Data set that determines input, outputs and task.
        input_shape: Shape of one example, if there is no data set. An integer is a length.
        outputs: Number of outputs, if there is no data set.
        weights: Tag or preset folder to load the weights from, or a file of the authors of a model (`deepbio import --list`).
            The `keras_applications.*` models also take `"imagenet"` (downloaded by Keras) or a weight file of the same
            network, and adapt it to the channels of the images.
        activation: `None` returns logits. `"auto"` builds the task's activation in, for export or use without deepbio.
        seed: Seed of the initial weights. `None` initializes them differently each time.
        config: Options of the architecture; `deepbio info NAME` lists them. Pretrained weights fix them, except
            `reverse_complement="average"`, and `member=1` of an ensemble.

    Returns:
        A plain `keras.Model` that takes the host's bytes (see `deepbio.specs.ModelInput`).

    Raises:
        ModelError: Unknown name or option, or a shape that the model cannot take.
        WeightsError: A preset is missing, has changed or does not fit.

    Example:
        >>> get_model("mlp", input_shape=30, outputs=1, units=(16,), seed=0).count_params()
        513
    """
    name = os.fspath(name)
    if activation not in (None, "auto"):
        raise ModelError(f"Expected activation None (logits) or 'auto' (the task's); received {activation!r}.")
    source = preset_folder(name)
    keras_weights = source is None and weights is not None and _spec(name).family == "keras_applications"
    if source is None and weights is not None and not keras_weights and _is_file(os.fspath(weights)):
        from deepbio.zoo.importers.import_weights import import_for

        if input_shape is None and dataset is not None:
            input_shape = dataset.input.shape
        model = import_for(_spec(name).name, weights, config, input_shape=_shape(input_shape))
        return adapted(
            model, describe(model), task=None if dataset is None else dataset.task, outputs=outputs,
            activation=activation, seed=seed, source=os.fspath(weights),
        )  # fmt: skip
    if source is None and weights is not None and not keras_weights:
        if os.sep in os.fspath(weights) or Path(weights).suffix in _WEIGHT_FILES:
            if not Path(weights).expanduser().exists():
                raise WeightsError(f"Expected a weight file or preset folder at {os.fspath(weights)}; there is none.")
            source = preset_folder(os.fspath(weights))
        else:
            source = preset_folder(f"{name}.{weights}") or preset_folder(os.fspath(weights))
        if source is None:
            tags = [f"{name}.{tag}" for tag in _spec(name).tags]
            raise ModelError(f"No weights {os.fspath(weights)!r} for {name!r}. {nearest(f'{name}.{weights}', tags)}")
    if source is not None:
        task = dataset.task if dataset is not None else None
        if input_shape is None and dataset is not None and dataset.input.modality == "dna":
            input_shape = dataset.input.shape
        shape = _shape(input_shape)
        return load_preset(
            source, task=task, outputs=outputs, input_shape=shape, activation=activation, seed=seed, config=config
        )
    spec = _spec(name)
    input, outputs, task = _resolve(spec, dataset, _shape(input_shape), outputs)
    options, built_in = _options(spec, config), activation == "auto"
    reading = None if dataset is None else dataset.reading
    model = build(
        ModelRecord(spec.name, options, input, outputs, task, activation_built_in=built_in, seed=seed, reading=reading)
    )
    if keras_weights:
        from deepbio.zoo.image.keras_applications import load_backbone

        load_backbone(model, os.fspath(weights))  # type: ignore[arg-type]
    return model


def preset_folder(name: str) -> Path | None:
    """Return the folder of a preset: a path, `hf://user/repo`, or `model.tag` of the catalog; `None` if `name` is neither.

    Raises:
        ModelError: `name` looks like a path or a tag, and there is no such preset.
    """
    if name.startswith("hf://"):
        folder = hub_folder(name)
        if read_preset(folder)["architecture"] is None:
            raise ModelError(
                f"{name} contains its own network description. From a hub deepbio loads only weights of its own architectures. "
                "If you trust it, copy the folder and load it by its path."
            )
        return folder
    path = Path(name).expanduser()
    if path.is_dir():
        return path
    if os.sep in name or name.startswith((".", "~")):
        raise ModelError(f"There is no preset folder {name!r}. A preset is what `deepbio fit --out DIR` writes.")
    presets = {folder.name: folder for folder in entries("zoo")}
    if name in published():
        raise ModelError(how_to_get(name))
    if "." in name and name not in presets and name not in list_models():
        raise ModelError(f"Unknown pretrained model {name!r}. {nearest(name, [*presets, *list_models()])}")
    return presets.get(name)


def _spec(name: str) -> ModelSpec:
    try:
        return model_spec(name)
    except ModelError as error:
        raise ModelError(f"{error} A preset folder is given by its path, for example ./{name}.") from None


def _is_file(weights: str) -> bool:
    return is_hub_file(weights) or Path(weights).expanduser().is_file()


def _shape(shape: int | Sequence[int] | None) -> tuple[int, ...] | None:
    if shape is None:
        return None
    return (shape,) if isinstance(shape, int) else tuple(shape)


def _resolve(
    spec: ModelSpec, dataset: Dataset | None, shape: tuple[int, ...] | None, outputs: int | None
) -> tuple[ModelInput, int, Task | None]:
    if dataset is not None:
        if shape is not None and shape != dataset.input.shape:
            raise ModelError(f"input_shape={shape} differs from the data set's {dataset.input.shape}; pass either.")
        if outputs is not None and outputs != dataset.task.outputs:
            raise ModelError(f"outputs={outputs} differs from the data set's {dataset.task.outputs}; pass either.")
        if dataset.input.modality not in spec.modality:
            raise ModelError(
                f"{spec.name} takes {' or '.join(spec.modality)}; {dataset.name} is {dataset.input.modality}. "
                f"Models for {dataset.input.modality}: {', '.join(list_models(modality=dataset.input.modality))}."
            )
        return dataset.input, dataset.task.outputs, dataset.task
    shape = shape or tuple(spec.reference["input_shape"])
    modality = next((m for m in spec.modality if RANKS[m] == len(shape)), None)
    if modality is None:
        wanted = " or ".join(f"{RANKS[m]} dimension(s) for {m}" for m in spec.modality)
        raise ModelError(f"{spec.name} takes an input_shape of {wanted}; received {shape}.")
    return ModelInput(modality, shape), outputs or spec.reference["outputs"], None  # type: ignore[arg-type]


def _options(spec: ModelSpec, config: Mapping[str, Any]) -> dict[str, Any]:
    valid = builder_options(spec)
    for option in config:
        if option not in valid:
            raise ModelError(f"{spec.name} has no option {option!r}. {nearest(option, valid)}")
    frozen = {key: tuple(value) if isinstance(value, list) else value for key, value in config.items()}
    return {**spec.defaults, **frozen}
