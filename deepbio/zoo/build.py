"""Build a Keras model from its record: architecture, options, input and outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepbio.errors import ModelError
from deepbio.specs import ModelInput, Task
from deepbio.zoo.record import ModelRecord, attach
from deepbio.zoo.registry import model_spec
from deepbio.zoo.seeding import seeded

if TYPE_CHECKING:
    import keras


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
                raise ModelError("An ensemble needs to know the task, whose activation comes before the average.")
            from deepbio.zoo.ensemble import average_members

            model = average_members(
                [_build_one(record) for _ in range(record.members)], activation=record.task.activation
            )
        else:
            model = _build_one(record)
    return attach(with_activation(model, record.task) if record.activation_built_in else model, record)


def with_activation(model: keras.Model, task: Task | None) -> keras.Model:
    """Return the model with the task's activation as its last layer.

    Raises:
        ModelError: the task is not known.
    """
    import keras

    if task is None:
        raise ModelError("activation='auto' needs to know the task: pass dataset=..., or load a preset.")
    axis = -2 if task.activation == "softmax_positions" else -1
    layers = {"sigmoid": "sigmoid", "identity": "linear", "exp": "exponential"}
    last = (
        keras.layers.Softmax(axis=axis, dtype="float32", name="activation")
        if "softmax" in task.activation
        else keras.layers.Activation(layers[task.activation], dtype="float32", name="activation")
    )
    return keras.Model(model.input, last(model.output), name=model.name)


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

    def make(input: ModelInput) -> keras.Model:
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
