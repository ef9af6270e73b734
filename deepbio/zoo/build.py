"""Build a Keras model from its record: architecture, options, input and outputs."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from deepbio.errors import ModelError
from deepbio.specs import KERAS_ACTIVATIONS, ModelInput, Task
from deepbio.zoo.record import ModelRecord, attach, zoo_model
from deepbio.zoo.registry import model_spec

if TYPE_CHECKING:
    import keras

_BUILDING = threading.RLock()  # the state of `random` belongs to the whole process


def build(record: ModelRecord) -> keras.Model:
    """Build the model that a record describes, with fresh weights.

    Raises:
        ModelError: The architecture cannot take this input or these options.
    """
    if record.architecture is None or record.input is None or record.outputs is None:
        raise ModelError("Only a record with architecture, input and outputs can be built.")
    with seeded(record.seed):
        models = [_build_member(record, record.architecture, record.input) for _ in range(record.members)]
    model = models[0]
    if record.members > 1:
        if record.task is None:
            raise ModelError("An ensemble needs a task, because it averages what the task's activation returns.")
        from deepbio.zoo.ensemble import average_members

        model = average_members(models, activation=record.task.activation)
    if record.activation_built_in:  # for use without deepbio, so a class of Keras
        return attach(with_activation(model, record.task), record)
    return zoo_model(model, record)


@contextlib.contextmanager
def seeded(seed: int | None) -> Iterator[None]:
    """Make the initial weights and dropout seeds of the layers built inside a function of `seed`; `None` leaves them random.

    Keras takes the seed of each initializer and dropout layer from Python's `random` module when the layer is built. The
    state of that module is restored afterwards. Threads build one after the other.

    Example:
        >>> with seeded(1):
        ...     first = random.random()
        >>> with seeded(1):
        ...     print(first == random.random())
        True
    """
    with _BUILDING:
        if seed is None:
            yield
            return
        state = random.getstate()
        random.seed(seed)
        try:
            yield
        finally:
            random.setstate(state)


def with_activation(model: keras.Model, task: Task | None) -> keras.Model:
    """Return the model with the task's activation as its last layer.

    Raises:
        ModelError: The task is not known.
    """
    import keras

    if task is None:
        raise ModelError("activation='auto' needs a task: pass dataset=..., or load a preset.")
    function, axis = KERAS_ACTIVATIONS[task.activation]
    options: dict[str, Any] = {"dtype": "float32", "name": "task_activation"}
    softmax = function == "softmax"
    last = keras.layers.Softmax(axis, **options) if softmax else keras.layers.Activation(function, **options)
    return keras.Model(model.input, last(model.output), name=model.name)


def returns_probabilities(model: keras.Model, task: Task | None) -> bool:
    """Return whether a model's last layer applies the activation of a classification, so that its outputs are no logits.

    Example:
        >>> from deepbio.zoo import get_model
        >>> task = Task("binary", 1)
        >>> model = get_model("mlp", input_shape=3, outputs=1)
        >>> returns_probabilities(model, task), returns_probabilities(with_activation(model, task), task)
        (False, True)
    """
    import keras

    if task is None or not task.is_classification:
        return False
    layers = model.layers[-1:]
    while layers and isinstance(layers[-1], keras.Model):
        layers = layers[-1].layers[-1:]
    if not layers:
        return False
    function = getattr(layers[0], "activation", None)
    return isinstance(layers[0], keras.layers.Softmax) or getattr(function, "__name__", "") in ("sigmoid", "softmax")


def in_units(model: keras.Model, task: Task) -> keras.Model:
    """Return the model of a regression with a last layer that returns values in the unit of the targets."""
    import keras

    scale: Any = {"scale": list(task.std), "offset": list(task.mean)}  # one of each per output
    last = keras.layers.Rescaling(**scale, dtype="float32", name="target_scale")
    return keras.Model(model.input, last(model.output), name=model.name)


def _build_member(record: ModelRecord, architecture: str, input: ModelInput) -> keras.Model:
    spec, options, modality = model_spec(architecture), dict(record.config), input.modality
    std = () if record.task is None else record.task.std
    strands = options.pop("reverse_complement", "none")
    network_input = options.pop("network_input", None)
    keep_aspect = options.pop("keep_aspect", False)
    if strands != "none" and modality != "dna":
        raise ModelError(f"reverse_complement is for DNA; the input is {modality}.")
    if network_input is not None and modality not in ("dna", "image"):
        raise ModelError(f"network_input is for DNA and images; the input is {modality}.")
    if keep_aspect and (network_input is None or modality != "image"):
        raise ModelError("keep_aspect is for images resized to network_input, such as network_input=(224, 224, 3).")

    def make(input: ModelInput) -> keras.Model:
        model = spec.builder()(input, record.outputs, **options)
        if std and record.task is not None:
            model = in_units(model, record.task)
        if strands == "none":
            return model
        from deepbio.zoo.dna.reverse_complement import with_strands

        return with_strands(model, strands, name=spec.name)

    try:
        if network_input is None:
            return make(input)
        from deepbio.zoo.preprocessing import with_network_input

        return with_network_input(make, input, network_input, name=spec.name, keep_aspect=keep_aspect)
    except ModelError:
        raise
    except (ValueError, TypeError) as error:
        reason = str(error).split("\n")[0]
        raise ModelError(
            f"{architecture} cannot be built for {modality} of shape {input.shape} "
            f"with {record.outputs} output(s) and options {record.config}: {reason}"
        ) from error
