"""A preset in a registry of MLflow: signature, example and golden outputs, loaded by this module and no code of the registry."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from deepbio.errors import DataError, ModelError, WeightsError
from deepbio.inference import predict
from deepbio.inference.prediction_table import output_columns, predicted_outputs, thresholds_for
from deepbio.optional import require
from deepbio.png import png_bytes
from deepbio.sequence import decode
from deepbio.serving.requests import readable
from deepbio.specs import Modality, ModelInput
from deepbio.zoo import describe, get_model
from deepbio.zoo.golden_outputs import check_golden_outputs, golden_inputs
from deepbio.zoo.preset import read_preset, weight_entries
from deepbio.zoo.shared_files import copy_shared, shared_files

_COLUMNS: dict[Modality, str] = {"dna": "sequence", "text": "note", "image": "image"}
_NOTE = "Fever for three days and a dry cough. No rash."


def push_mlflow(folder: str | Path, name: str) -> str:
    """Register a preset as a model of MLflow, at `MLFLOW_TRACKING_URI`.

    It is an `mlflow.pyfunc` model whose loader is this module: MLflow stores the files of the preset, no pickle and no code. Its
    input is a frame with a column `sequence`, `note` or `image` (the bytes of a file), or with the columns of the table. Its output
    is a frame of labels and probabilities, or of values.

    Args:
        folder: Folder of a run, or of a preset of the catalog.
        name: Name of the registered model. A name that exists gets a new version.

    Returns:
        Address of the version, `models:/NAME/VERSION`, as `mlflow.pyfunc.load_model` takes it.

    Raises:
        WeightsError: The preset is incomplete, its weights are in another package, or it does not reproduce its golden outputs.
        ModelError: The preset does not know its input or task.
        OptionalDependencyError: MLflow is not installed.
    """
    from deepbio import __version__

    mlflow: Any = require("mlflow", extra="mlflow", purpose="Registering a model in MLflow")
    source = Path(folder)
    if any("file" not in entry for entry in weight_entries(read_preset(source), source)):
        raise WeightsError(f"The weights of {source} are in another package, and deepbio may not distribute them.")
    shared_files(source)  # refuses symlinks before any file is read
    model = PresetModel(source)
    example = example_frame(model.input)
    signature = mlflow.models.infer_signature(example, model.predict(example))
    with tempfile.TemporaryDirectory(prefix="deepbio-push-") as beside:
        copy = Path(beside) / "preset"
        copy_shared(source, copy)
        with mlflow.start_run(run_name=name):
            logged = mlflow.pyfunc.log_model(
                name="model", loader_module=__name__, data_path=str(copy), signature=signature, input_example=example,
                pip_requirements=[f"deepbio-zoo=={__version__}"], registered_model_name=name,
                metadata={"task": model.task.to_dict(), "architecture": describe(model.model).architecture},
            )  # fmt: skip
    return f"models:/{name}/{logged.registered_model_version}"


class PresetModel:
    """A preset as MLflow calls it: a frame in, a frame out.

    Args:
        folder: Folder of the preset. It is refused unless it reproduces its golden outputs.
    """

    def __init__(self, folder: str | Path) -> None:
        self.model = get_model(folder)
        check_golden_outputs(self.model, folder)
        record = describe(self.model)
        if record.input is None or record.task is None:
            raise ModelError(f"{folder} does not know its input or task. Train it with fit, or pass a preset.")
        self.input, self.task, self._record = record.input, record.task, record

    def predict(self, frame: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Return one row per example: `label` and `p_LABEL` of each label, or the values of another task.

        Args:
            frame: Examples, as in `example_frame`.
            params: Nothing; MLflow passes it.

        Raises:
            DataError: The column is missing, or an example does not fit the model.
        """
        with readable(self._record, self._examples(frame)) as data:
            p = predict(self.model, data)
        names, columns = output_columns(self.task, np.asarray(p))
        labelled = self.task.is_classification or self.task.kind == "multilabel"
        found = pd.DataFrame(columns, columns=[f"p_{one}" if labelled else one for one in names])
        if labelled:
            chosen = predicted_outputs(self.task, columns, thresholds_for(self._record))
            found.insert(0, "label", [";".join(names[k] for k in own) for own in chosen])
        return found

    def _examples(self, frame: pd.DataFrame) -> list[Any]:
        column = _COLUMNS.get(self.input.modality)
        if column is None:
            return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]
        if column not in frame:
            raise DataError(
                f"Expected a frame with a column {column!r}; received {', '.join(map(str, frame.columns))}."
            )
        examples = frame[column].tolist()
        return [base64.b64encode(one).decode() for one in examples] if column == "image" else examples


def example_frame(input: ModelInput) -> pd.DataFrame:
    """Return two examples that a model takes, from the golden inputs: nothing of the training data.

    Example:
        >>> example_frame(ModelInput("dna", (8,)))["sequence"].str.len().tolist()
        [8, 8]
    """
    if input.modality == "text":
        return pd.DataFrame({"note": [_NOTE, "Healthy."]})
    x = golden_inputs(input, 2)
    if input.modality == "dna":
        return pd.DataFrame({"sequence": decode(x)})
    if input.modality == "image":
        return pd.DataFrame({"image": [png_bytes(pixels) for pixels in list(x)]})
    names = input.features or tuple(map(str, range(input.shape[0])))
    frame = pd.DataFrame(x.astype(np.float64), columns=list(names))
    for name, levels in input.categories_by_name().items():
        frame[name] = [levels[int(position)] for position in frame[name]]
    return frame


def _load_pyfunc(path: str) -> PresetModel:
    """Load the preset of a registered model; MLflow calls it."""
    return PresetModel(path)
