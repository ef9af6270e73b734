"""Every DNA and text model computes the same under TensorFlow, JAX and PyTorch, from the same weights."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from deepbio.zoo import get_model, list_models, model_spec
from tests.zoo.test_every_model import SMALL, SMALL_FORMS, small_form

pytestmark = pytest.mark.peers

MODELS = [name for name in list_models(modality="dna") if model_spec(name).modality == ("dna",)]
NOTES = list_models(modality="text")
STRANDS = {"basset": "average", "deepbind": "equivariant"}

CHILD = """
import json, sys
import numpy as np
from deepbio.zoo import get_model
folder, plans = sys.argv[1], json.load(sys.stdin)
for i, plan in enumerate(plans):
    model = get_model(plan["name"], seed=0, **plan["options"])
    saved = np.load(f"{folder}/{i}.npz")
    model.set_weights([saved[f"w{k}"] for k in range(len(model.weights))])
    np.save(f"{folder}/{sys.argv[2]}-{i}.npy", np.asarray(model.predict_on_batch(saved["x"])))
"""


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(("backend", "package"), [("jax", "jax"), ("torch", "torch")])
def test_backends_agree(backend, package, tmp_path):
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    plans, expected = [], []
    for i, name in enumerate(MODELS):
        shape = SMALL_FORMS.get(name, {}).get("input_shape", SMALL["dna"])
        options = {"input_shape": shape, "outputs": 3, **small_form(name)}
        if name in STRANDS:
            options["reverse_complement"] = STRANDS[name]
        model = get_model(name, seed=0, **options)
        x = np.random.Generator(np.random.Philox(i)).integers(0, 5, (4, *shape)).astype(np.uint8)
        weights = {f"w{k}": np.asarray(w) for k, w in enumerate(model.get_weights())}
        np.savez(tmp_path / f"{i}.npz", x=x, **weights)
        plans.append({"name": name, "options": options})
        expected.append(model.predict_on_batch(x))
    for i, name in enumerate(NOTES, start=len(MODELS)):
        options = {"input_shape": (24,), "outputs": 3, "vocabulary_size": 50}
        model = get_model(name, seed=0, **options)
        x = np.random.Generator(np.random.Philox(i)).integers(1, 50, (4, 24)).astype(np.int32)
        x[1, 5:], x[2] = 0, 0  # a short note and an empty one
        weights = {f"w{k}": np.asarray(w) for k, w in enumerate(model.get_weights())}
        np.savez(tmp_path / f"{i}.npz", x=x, **weights)
        plans.append({"name": name, "options": options})
        expected.append(model.predict_on_batch(x))
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": str(root), "CUDA_VISIBLE_DEVICES": ""}
    subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path), backend],
        input=json.dumps(plans), text=True, check=True, env=environment, timeout=1100,
    )  # fmt: skip
    worst = {
        plan["name"]: float(np.abs(np.load(tmp_path / f"{backend}-{i}.npy") - a).max())
        for i, (plan, a) in enumerate(zip(plans, expected, strict=True))
    }
    assert max(worst.values()) <= 1e-4, worst
