"""A model that Keras saved is loaded by Keras after `import deepbio`, in either order of the imports."""

import subprocess
import sys

import pytest

from deepbio.zoo import get_model


@pytest.mark.parametrize("imports", ["import deepbio, keras", "import keras, deepbio"])
def test_keras_loads_a_saved_dna_model_after_import_deepbio(tmp_path, imports):
    get_model("dna_cnn", input_shape=81, outputs=1, seed=0).save(tmp_path / "m.keras")
    code = f"{imports}; print(keras.models.load_model('m.keras').name)"
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.stdout == "dna_cnn\n", run.stderr
