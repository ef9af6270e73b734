"""PyTorch's exported program (`.pt2`), written by Keras on PyTorch in a process of its own."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import keras

from deepbio.errors import ModelError
from deepbio.optional import require

_CHILD = "import sys; from deepbio.export.torch import _convert; _convert(*sys.argv[1:])"
_FAILED = "deepbio-export-failed: "


def write_torch(model: keras.Model, file: Path) -> None:
    """Write a model as a program of `torch.export`, with any batch size.

    Keras has one backend per process, so a child process builds the model on PyTorch and traces it there.

    Raises:
        ModelError: The model has operations that PyTorch or its tracer does not have.
        OptionalDependencyError: PyTorch is not installed.
    """
    require("torch", extra="torch", purpose="Export to PyTorch")
    modules = {type(layer).__module__ for layer in model._flatten_layers()} - {"__main__"}
    own = sorted(name for name in modules if not name.startswith("keras."))
    with tempfile.TemporaryDirectory(prefix="deepbio-torch-") as folder:
        saved = Path(folder) / "model.keras"
        model.save(saved)
        path = os.pathsep.join(place for place in sys.path if place)
        environment = {**os.environ, "KERAS_BACKEND": "torch", "PYTHONPATH": path, "CUDA_VISIBLE_DEVICES": ""}
        command = [sys.executable, "-P", "-c", _CHILD, os.fspath(saved), os.fspath(file), *own]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment)
    if done.returncode or not file.is_file():
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["no message"]
        reason = next((line.removeprefix(_FAILED) for line in lines if line.startswith(_FAILED)), lines[-1])
        raise ModelError(f"PyTorch cannot express {model.name}: {reason[:200]} Choose another format.")


def _convert(saved: str, file: str, *modules: str) -> None:
    """Trace a saved model in this process, whose backend is PyTorch."""
    torch: Any = importlib.import_module("torch")
    try:
        for module in modules:  # they register their layers
            importlib.import_module(module)
        model: Any = keras.saving.load_model(saved, compile=False)

        class Network(torch.nn.Module):  # an unregistered model: PyTorch would store its weights twice
            def forward(self, x: Any) -> Any:
                return model(x, training=False)

        shape, dtype = (2, *model.input_shape[1:]), getattr(torch, model.inputs[0].dtype)
        batch = {0: torch.export.Dim("batch", min=1)}
        with torch.no_grad():
            program = torch.export.export(Network(), (torch.zeros(shape, dtype=dtype),), dynamic_shapes=(batch,))
        torch.export.save(program, file)
    except Exception as error:
        sys.stderr.write(_FAILED + (str(error).strip().splitlines() or [type(error).__name__])[0] + "\n")
        raise SystemExit(1) from error
