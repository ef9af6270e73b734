"""A model that Keras saved is loaded by Keras after `import deepbio`, in either order of the imports, and keeps its record."""

import json
import subprocess
import sys
import zipfile

import keras
import numpy as np
import pytest

from deepbio.datasets import load_dataset
from deepbio.errors import WeightsError
from deepbio.inference import calibrate, predict
from deepbio.zoo import describe, get_model
from tests.copies import COPIES


@pytest.mark.parametrize("imports", ["import deepbio, keras", "import keras, deepbio"])
def test_keras_loads_a_saved_dna_model_after_import_deepbio(tmp_path, imports):
    get_model("dna_cnn", input_shape=81, outputs=1, seed=0).save(tmp_path / "m.keras")
    code = f"{imports}; print(keras.models.load_model('m.keras').name)"
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.stdout == "dna_cnn\n", run.stderr


@pytest.mark.parametrize("way", COPIES)
def test_a_copy_predicts_calibrated_probabilities_as_the_model_does(tmp_path, way):
    data = load_dataset("xor")
    model = calibrate(get_model("mlp", dataset=data, seed=0), data.valid)
    other = COPIES[way](model, tmp_path)
    assert describe(other).to_dict() == describe(model).to_dict()
    np.testing.assert_array_equal(predict(other, data.test), predict(model, data.test))


def test_a_changed_record_in_a_keras_file_is_refused(tmp_path):
    file, other = tmp_path / "model.keras", tmp_path / "other.keras"
    get_model("mlp", dataset=load_dataset("xor"), seed=0).save(file)
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "config.json":
                config = json.loads(content)
                config["config"]["record"]["task"]["outputs"] = -5
                content = json.dumps(config).encode()
            new.writestr(name, content)
    with pytest.raises(WeightsError, match=r"record of 'mlp'.*task\.outputs.*received -5"):
        predict(keras.models.load_model(other), np.zeros((1, 2), np.float32))


def test_a_model_with_its_activation_is_loaded_by_keras_alone(tmp_path):
    get_model("mlp", dataset=load_dataset("xor"), activation="auto", seed=0).save(tmp_path / "model.keras")
    code = "import keras; print(keras.models.load_model('model.keras').layers[-1].name)"
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.stdout == "task_activation\n", run.stderr


def test_a_model_that_hdf5_cannot_store_is_refused_when_it_is_saved(tmp_path):
    model = get_model("note_evidence", input_shape=8, outputs=2, vocabulary_size=20, seed=0)
    with pytest.raises(WeightsError, match=r"cannot store .*NotEqual.* of note_evidence.* Save the model as \.keras"):
        model.save(tmp_path / "model.h5")
    model.save(tmp_path / "model.keras")
    assert [file.name for file in tmp_path.iterdir()] == ["model.keras"]
