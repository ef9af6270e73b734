"""CREsted's `.keras` files: the network that the file describes, of layers that only compute."""

import json
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepbio.errors import WeightsError
from deepbio.specs import ModelInput, Task
from deepbio.zoo.declared_sizes import check_keras_description
from deepbio.zoo.importers.importer import Conversion, register_importer
from deepbio.zoo.importers.published_file import PublishedFile
from deepbio.zoo.weight_files import load_weight_file

if TYPE_CHECKING:
    import keras


@register_importer(
    "crested",
    summary="CREsted's .keras files, and other Keras 3 models from one-hot DNA to one row of numbers",
    architectures=(),
    signature=("layers/*/vars/*",),
    repository="https://github.com/aertslab/CREsted",
    licence=None,
    citation="Kempynck et al. 2025, bioRxiv, doi:10.1101/2025.04.02.646812",
    get="`crested.get_model(NAME)` downloads a model of CREsted's repository; `Crested.fit` writes checkpoints/*.keras.",
)
def crested(file: PublishedFile, *, labels: Sequence[str] = ()) -> Conversion:
    """Convert a network; the preset keeps its own description.

    Only layers of Keras that compute are built. Lambda layers and layers of other packages, such as CREsted's attention in
    Enformer and Borzoi, are refused. A last sigmoid becomes the activation of a multilabel task.

    Args:
        file: `.keras` file.
        labels: Names of the outputs: cell types or topics.
    """
    if file.kind != "keras" or not isinstance(file.architecture, dict):
        raise WeightsError(f"{file.path} is no .keras file, which has the description of its network.")
    description = _without_state(file.architecture)
    values = sum(array.size for array in file.arrays.values())
    check_keras_description(description, file.path, values=values, arrays=len(file.arrays))
    shape, outputs, sigmoid = _shapes(description, file)
    kind = "multilabel" if sigmoid else "regression"

    def build() -> "keras.Model":
        return _build(description, ModelInput("dna", (shape,)), file)

    return Conversion(
        None, ModelInput("dna", (shape,)), outputs, Task(kind, outputs, tuple(labels)), {}, build=build,
        about="" if sigmoid else "The outputs are those of the network, with its own last activation.",
    )  # fmt: skip


def _without_state(part: Any) -> Any:
    """Return a description without what Keras adds for training and for its own bookkeeping."""
    if isinstance(part, list):
        return [_without_state(one) for one in part]
    if not isinstance(part, dict):
        return part
    left_out = ("compile_config", "build_config", "shared_object_id")
    return {key: _without_state(value) for key, value in part.items() if key not in left_out}


def _shapes(description: dict[str, Any], file: PublishedFile) -> tuple[int, int, bool]:
    """Return the length of the windows, the number of outputs, and whether the last layer is a sigmoid, which is removed."""
    try:
        layers = description["config"]["layers"]
        first, last = layers[0]["config"], layers[-1]["config"]
        length, channels = (first.get("batch_shape") or first["batch_input_shape"])[1:]
        outputs = next(layer["config"]["units"] for layer in reversed(layers) if "units" in layer["config"])
    except (KeyError, IndexError, TypeError, ValueError, StopIteration) as error:
        raise WeightsError(f"{file.path}: expected a network from one-hot DNA to a dense layer.") from error
    if channels != 4 or not isinstance(length, int) or not isinstance(outputs, int):
        raise WeightsError(
            f"{file.path}: expected windows of a fixed length with 4 channels; received {length}, {channels}."
        )
    sigmoid = last.get("activation") == "sigmoid"
    if sigmoid:
        last["activation"] = "linear"
    return length, outputs, sigmoid


def _build(description: dict[str, Any], input: ModelInput, file: PublishedFile) -> "keras.Model":
    import keras

    from deepbio.layers import dna_input

    try:
        network = keras.models.model_from_json(json.dumps(description))
    except Exception as error:  # Keras raises many classes
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise WeightsError(f"Keras cannot build the network of {file.path}: {reason}") from error
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(file.path) as archive:
        path = Path(folder) / "model.weights.h5"
        path.write_bytes(archive.read("model.weights.h5"))
        load_weight_file(network, path)
    inputs, x = dna_input(input)
    return keras.Model(inputs, network(x), name="crested")
