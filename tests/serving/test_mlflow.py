"""A preset registered in MLflow is loaded by MLflow alone, and answers as `predict` does; nothing is pickled."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

import deepbio
from deepbio.catalog import catalog_folder
from deepbio.errors import DataError, WeightsError
from deepbio.serving.mlflow_model import PresetModel, example_frame, push_mlflow
from deepbio.specs import ModelInput
from deepbio.zoo import get_model

SPLICE = catalog_folder("zoo") / "dna_cnn.uci_splice"
CHEST = catalog_folder("zoo") / "image_cnn.pneumoniamnist"
NOTES = catalog_folder("zoo") / "note_evidence.vignettes_findings"


@pytest.fixture(scope="module")
def splice():
    return PresetModel(SPLICE)


def test_a_frame_of_sequences_is_answered_as_predict_does(splice):
    sequences = ["ACGT" * 15, "TTTT" * 15]
    found = splice.predict(pd.DataFrame({"sequence": sequences}))
    expected = deepbio.predict(get_model("dna_cnn.uci_splice"), sequences)
    assert list(found.columns) == ["label", "p_N", "p_EI", "p_IE"]
    np.testing.assert_allclose(found[["p_N", "p_EI", "p_IE"]].to_numpy(), expected, atol=1e-6)
    assert found["label"].tolist() == [["N", "EI", "IE"][k] for k in expected.argmax(axis=1)]


@pytest.mark.parametrize("folder", [CHEST, NOTES], ids=["image", "note"])
def test_the_example_of_a_model_fits_it(folder):
    model = PresetModel(folder)
    found = model.predict(example_frame(model.input))
    probabilities = found.drop(columns="label").to_numpy()
    assert probabilities.shape == (2, len(model.task.labels))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)


def test_the_example_of_a_table_has_its_columns_and_categories():
    input = ModelInput("table", (2,), ("age", "sex"), (40, 0), (9, 1), categories=((), ("f", "m")))
    frame = example_frame(input)
    assert list(frame.columns) == ["age", "sex"]
    assert set(frame["sex"]) <= {"f", "m"}
    assert frame["age"].dtype == np.float64


def test_a_frame_without_the_column_is_refused(splice):
    with pytest.raises(DataError, match="column 'sequence'; received dna"):
        splice.predict(pd.DataFrame({"dna": ["ACGT" * 15]}))


def test_a_preset_that_predicts_something_else_is_not_loaded(tmp_path):
    folder = tmp_path / "splice"
    shutil.copytree(SPLICE, folder)
    golden = json.loads((folder / "expect.json").read_text())
    golden["logits"][0][0] += 0.01
    (folder / "expect.json").write_text(json.dumps(golden))
    with pytest.raises(WeightsError, match="differ from expect.json"):
        PresetModel(folder)


@pytest.mark.peers
@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore")
def test_a_registered_model_is_loaded_by_its_address(splice, tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow", reason="mlflow is not installed")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    assert push_mlflow(SPLICE, "splice") == "models:/splice/1"
    assert push_mlflow(SPLICE, "splice") == "models:/splice/2"
    loaded = mlflow.pyfunc.load_model("models:/splice/1")
    frame = pd.DataFrame({"sequence": ["ACGT" * 15]})
    pd.testing.assert_frame_equal(loaded.predict(frame), splice.predict(frame))
    assert loaded.metadata.signature.inputs.input_names() == ["sequence"]
    assert loaded.metadata.signature.outputs.input_names() == ["label", "p_N", "p_EI", "p_IE"]
    with pytest.raises(mlflow.exceptions.MlflowException, match="sequence"):
        loaded.predict(pd.DataFrame({"dna": ["ACGT" * 15]}))
    files = {file.suffix for file in tmp_path.rglob("*") if file.is_file()}
    assert files.isdisjoint({".pkl", ".pickle", ".py"})
