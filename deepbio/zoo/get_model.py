"""`get_model`: a Keras model by name, from a preset folder, or from the shelf of pretrained weights."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepbio.catalog import entries
from deepbio.errors import ModelError, nearest
from deepbio.specs import ModelInput, Task
from deepbio.zoo.build import build
from deepbio.zoo.preset import load_preset, read_preset
from deepbio.zoo.record import ModelRecord
from deepbio.zoo.registry import ModelSpec, builder_options, list_models, model_spec
from deepbio.zoo.weight_sources import hub_folder

if TYPE_CHECKING:
    import keras

    from deepbio.datasets import Dataset

log = logging.getLogger("deepbio")


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
        name: an architecture (`"dna_cnn"`), an architecture with the tag of weights on the shelf
            (`"dna_cnn.uci_splice"`), the path of a preset folder (`"runs/splice"`), or a preset on Hugging Face
            (`"hf://user/repo@revision"`).
        dataset: takes input, outputs and task from a data set.
        input_shape: shape of one example, where there is no data set; an integer is a length.
        outputs: number of outputs, where there is no data set.
        weights: a tag or a preset folder to take the weights from. The `keras_applications.*` models also take `"imagenet"`
            (fetched by Keras) or a weight file of the same network, and adapt it to the channels of the images.
        activation: `None` gives logits; `"auto"` builds the task's link in, for export or use without deepbio.
        seed: of the initial weights; `None` draws them anew each time.
        config: options of the architecture; `deepbio info NAME` lists them. Pretrained weights fix them, but for
            `reverse_complement="average"`, and `member=1` of an ensemble.

    Returns:
        a plain `keras.Model` that takes the host's bytes (`deepbio.specs.ModelInput`).

    Raises:
        ModelError: unknown name or option, or a shape that the model cannot take.
        WeightsError: a preset is missing, changed or does not fit.

    Example:
        >>> get_model("mlp", input_shape=30, outputs=1, units=(16,), seed=0).count_params()
        513
    """
    name = os.fspath(name)
    if activation not in (None, "auto"):
        raise ModelError(f"activation is None (logits) or 'auto' (the task's link built in); received {activation!r}.")
    source = preset_folder(name)
    brings_weights = (
        source is None and weights is not None and getattr(_spec(name), "family", "") == "keras_applications"
    )
    if source is None and weights is not None and not brings_weights:
        source = preset_folder(f"{name}.{weights}") or preset_folder(os.fspath(weights))
        if source is None:
            tags = [f"{name}.{tag}" for tag in model_spec(name).tags]
            raise ModelError(
                f"Found no weights {os.fspath(weights)!r} for {name!r}. {nearest(f'{name}.{weights}', tags)}"
            )
    if source is not None:
        task = dataset.task if dataset is not None else None
        if input_shape is None and dataset is not None and dataset.input.modality == "dna":
            input_shape = dataset.input.shape
        return load_preset(
            source,
            task=task,
            outputs=outputs,
            input_shape=_shape(input_shape),
            activation=activation,
            seed=seed,
            config=config,
        )
    spec = _spec(name)
    input, outputs, task = _resolve(spec, dataset, _shape(input_shape), outputs)
    record = ModelRecord(
        spec.name, config=_options(spec, config), input=input, outputs=outputs, task=task, seed=seed,
        activation_built_in=activation == "auto",
    )  # fmt: skip
    model = build(record)
    if brings_weights:
        from deepbio.zoo.image.keras_applications import load_backbone

        load_backbone(model, os.fspath(weights))  # type: ignore[arg-type]
    return model


def preset_folder(name: str) -> Path | None:
    """Return the folder of a preset: a path, `hf://user/repo`, or `model.tag` on the shelf; `None` if `name` is neither.

    Raises:
        ModelError: `name` looks like a path or a tag, and there is no such preset.
    """
    if name.startswith("hf://"):
        return _from_hub(name)
    path = Path(name).expanduser()
    if path.is_dir():
        return path
    looks_like_path = os.sep in name or name.startswith((".", "~"))
    if looks_like_path:
        raise ModelError(f"There is no preset folder {name!r}. A preset is what `deepbio fit --out DIR` writes.")
    shelf = {folder.name: folder for folder in entries("zoo")}
    if name in shelf:
        return shelf[name]
    if "." in name and name not in list_models():
        known = [*shelf, *list_models()]
        raise ModelError(f"Unknown pretrained model {name!r}. {nearest(name, known)}")
    return None


def _from_hub(name: str) -> Path:
    folder = hub_folder(name)
    if read_preset(folder)["architecture"] is None:
        raise ModelError(
            f"{name} brings its own network description. From elsewhere deepbio loads weights for its own architectures only; "
            "copy the folder and load it by its path if you trust it."
        )
    return folder


def _spec(name: str) -> ModelSpec:
    try:
        return model_spec(name)
    except ModelError as error:
        raise ModelError(f"{error} A preset folder is given by its path, for example ./{name}.") from None


def _shape(shape: int | Sequence[int] | None) -> tuple[int, ...] | None:
    if shape is None:
        return None
    return (shape,) if isinstance(shape, int) else tuple(shape)


def _resolve(
    spec: ModelSpec, dataset: Dataset | None, shape: tuple[int, ...] | None, outputs: int | None
) -> tuple[ModelInput, int, Task | None]:
    if dataset is not None:
        if shape is not None and shape != dataset.input.shape:
            raise ModelError(
                f"input_shape={shape} differs from the data set's {dataset.input.shape}; pass one of the two."
            )
        if outputs is not None and outputs != dataset.task.outputs:
            raise ModelError(
                f"outputs={outputs} differs from the data set's {dataset.task.outputs}; pass one of the two."
            )
        if dataset.input.modality not in spec.modality:
            raise ModelError(
                f"{spec.name} takes {' or '.join(spec.modality)}; {dataset.name} is {dataset.input.modality}. "
                f"Models for {dataset.input.modality}: {', '.join(list_models(modality=dataset.input.modality))}."
            )
        return dataset.input, dataset.task.outputs, dataset.task
    shape = shape or tuple(spec.reference["input_shape"])
    ranks = {"dna": 1, "image": 3, "table": 1, "text": 1}
    modality = next((m for m in spec.modality if ranks[m] == len(shape)), None)
    if modality is None:
        wanted = " or ".join(f"{ranks[m]} dimension(s) for {m}" for m in spec.modality)
        raise ModelError(f"{spec.name} takes an input_shape of {wanted}; received {shape}.")
    return ModelInput(modality, shape), outputs or spec.reference["outputs"], None  # type: ignore[arg-type]


def _options(spec: ModelSpec, config: Mapping[str, Any]) -> dict[str, Any]:
    valid = builder_options(spec)
    for option in config:
        if option not in valid:
            raise ModelError(f"{spec.name} has no option {option!r}. {nearest(option, valid)}")
    frozen = {key: tuple(value) if isinstance(value, list) else value for key, value in config.items()}
    return {**spec.defaults, **frozen}
