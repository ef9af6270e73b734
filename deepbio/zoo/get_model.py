"""`get_model`: a Keras model by name, from a preset folder, or from the shelf of pretrained weights."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepbio.errors import ModelError, nearest
from deepbio.shelves import entries
from deepbio.specs import InputSpec, Task
from deepbio.zoo.record import ModelRecord, attach
from deepbio.zoo.registry import ModelSpec, builder_options, list_models, model_spec
from deepbio.zoo.seeding import seeded

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
        a plain `keras.Model` that takes the host's bytes (`deepbio.specs.InputSpec`).

    Raises:
        ModelError: unknown name or option, or a shape that the model cannot take.
        WeightsError: a preset is missing, changed or does not fit.

    >>> get_model("mlp", input_shape=30, outputs=1, hidden=(16,), seed=0).count_params()
    513
    """
    from deepbio.zoo.preset import load_preset

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
        link_built_in=activation == "auto",
    )  # fmt: skip
    model = build(record)
    if brings_weights:
        from deepbio.zoo.image.keras_applications import load_backbone

        load_backbone(model, os.fspath(weights))  # type: ignore[arg-type]
    return model


def build(record: ModelRecord) -> keras.Model:
    """Build the model that a record describes, with fresh weights.

    Raises:
        ModelError: the architecture cannot take this input or these options.
    """
    if record.architecture is None or record.input is None or record.outputs is None:
        raise ModelError("Only a record with architecture, input and outputs can be built.")
    with seeded(record.seed):
        if record.members > 1:
            if record.task is None:
                raise ModelError("An ensemble needs to know the task, whose link comes before the average.")
            from deepbio.zoo.ensemble import average_members

            model = average_members([_build_one(record) for _ in range(record.members)], link=record.task.link)
        else:
            model = _build_one(record)
    return attach(with_link(model, record.task) if record.link_built_in else model, record)


def with_link(model: keras.Model, task: Task | None) -> keras.Model:
    """Give the model with the task's link as its last layer.

    Raises:
        ModelError: the task is not known.
    """
    import keras

    if task is None:
        raise ModelError("activation='auto' needs to know the task: pass dataset=..., or load a preset.")
    axis = -2 if task.link == "softmax_positions" else -1
    layers = {"sigmoid": "sigmoid", "identity": "linear", "exp": "exponential"}
    link = (
        keras.layers.Softmax(axis=axis, dtype="float32", name="link")
        if "softmax" in task.link
        else keras.layers.Activation(layers[task.link], dtype="float32", name="link")
    )
    return keras.Model(model.input, link(model.output), name=model.name)


def _build_one(record: ModelRecord) -> keras.Model:
    assert record.architecture is not None
    assert record.input is not None
    assert record.outputs is not None
    spec = model_spec(record.architecture)
    options = dict(record.config)
    strands = options.pop("reverse_complement", "none")
    if strands != "none" and record.input.modality != "dna":
        raise ModelError(f"reverse_complement is for DNA; the input is {record.input.modality}.")
    network_input = options.pop("network_input", None)
    if network_input is not None and record.input.modality not in ("dna", "image"):
        raise ModelError(f"network_input is for DNA and images; the input is {record.input.modality}.")

    keep_aspect = options.pop("keep_aspect", False)
    if keep_aspect and (network_input is None or record.input.modality != "image"):
        raise ModelError(
            "keep_aspect goes with images and network_input: say to what size, such as network_input=(224, 224, 3)."
        )

    def make(input: InputSpec) -> keras.Model:
        model = spec.builder()(input, record.outputs, **options)
        if strands == "none":
            return model
        from deepbio.zoo.dna.reverse_complement import with_strands

        return with_strands(model, strands, name=spec.name)

    try:
        if network_input is None:
            return make(record.input)
        from deepbio.zoo.network_input import behind

        return behind(make, record.input, network_input, name=spec.name, keep_aspect=keep_aspect)
    except ModelError:
        raise
    except (ValueError, TypeError) as error:
        reason = str(error).split("\n")[0]
        raise ModelError(
            f"{record.architecture} cannot be built for {record.input.modality} of shape {record.input.shape} "
            f"with {record.outputs} output(s) and options {record.config}: {reason}"
        ) from error


def preset_folder(name: str) -> Path | None:
    """Give the folder of a preset: a path, `hf://user/repo`, or `model.tag` on the shelf; `None` if `name` is neither.

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
    from deepbio.zoo.places import hub_folder
    from deepbio.zoo.preset import read_preset

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
) -> tuple[InputSpec, int, Task | None]:
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
    return InputSpec(modality, shape), outputs or spec.reference["outputs"], None  # type: ignore[arg-type]


def _options(spec: ModelSpec, config: Mapping[str, Any]) -> dict[str, Any]:
    valid = builder_options(spec)
    for option in config:
        if option not in valid:
            raise ModelError(f"{spec.name} has no option {option!r}. {nearest(option, valid)}")
    frozen = {key: tuple(value) if isinstance(value, list) else value for key, value in config.items()}
    return {**spec.defaults, **frozen}
