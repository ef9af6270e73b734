"""Networks whose authors wrote them for Keras: the same outputs with the same weights, and as many parameters.

FASTISM names a copy of the repository kundajelab/fastISM.
"""

import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest

from deepbio.zoo import get_model, model_spec

pytestmark = pytest.mark.peers


def test_basset_factorized_computes_what_that_of_fastism_computes():
    path = Path(os.environ.get("FASTISM", "none")) / "fastISM/models/factorized_basset.py"
    if not path.is_file():
        pytest.skip("set FASTISM to a copy of kundajelab/fastISM")
    spec = importlib.util.spec_from_file_location("factorized_basset", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    theirs, ours = module.factorized_basset_model(), get_model("basset_factorized", seed=0)
    assert theirs.count_params() == model_spec("basset_factorized").parameters
    random = np.random.Generator(np.random.Philox(0))
    drawn = [random.normal(size=w.shape) * (0.1 if w.ndim > 1 else 0.2) for w in ours.get_weights()]
    drawn = [1 + np.abs(w) if "var" in v.path else w for w, v in zip(drawn, ours.weights, strict=True)]
    ours.set_weights(drawn)
    theirs.set_weights(drawn)
    codes = random.integers(0, 5, (2, 1000)).astype(np.uint8)
    expected = theirs.predict_on_batch(np.eye(5, 4, dtype=np.float32)[codes])
    np.testing.assert_allclose(ours.predict_on_batch(codes), expected, atol=1e-5 * np.abs(expected).max())
