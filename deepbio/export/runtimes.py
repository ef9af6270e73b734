"""Run an exported model in the runtime of its format, without deepbio's own code."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from deepbio.errors import WeightsError
from deepbio.optional import require

Predictor = Callable[[np.ndarray], np.ndarray]


def load_exported(path: str | os.PathLike[str], *, trusted: bool = False) -> Predictor:
    """Load an exported model by its path, as its users will.

    Args:
        path: `model.onnx`, `model.tflite`, `model.xml`, `model.pt2`, a folder with `saved_model.pb`, or the folder of an export.
        trusted: Whether you know who wrote the file. PyTorch can run code that is in a `.pt2` file, so it is refused otherwise.

    Returns:
        A function of the model's input, `(n, ...)` of its dtype, that returns the predictions as float32.

    Raises:
        WeightsError: There is no exported model, or it is a `.pt2` file without `trusted=True`.
        OptionalDependencyError: The runtime of the format is not installed.
    """
    place = Path(path)
    names = ("model.onnx", "model.tflite", "model.xml", "model.pt2", "saved_model")
    found = next((place / name for name in names if (place / name).exists()), place)
    if (found / "saved_model.pb").is_file():
        return _saved_model(found)
    loaders = {".onnx": _onnx, ".tflite": _litert, ".xml": _openvino, ".pt2": _torch}
    if not found.is_file() or found.suffix not in loaders:
        raise WeightsError(f"Expected an exported model ({', '.join(names)}) at {place}; there is none.")
    if found.suffix == ".pt2" and not trusted:
        raise WeightsError(
            f"PyTorch can run code that is in {found}. If you know who wrote it, pass trusted=True; otherwise use another format."
        )
    return loaders[found.suffix](found)


def _saved_model(folder: Path) -> Predictor:
    import tensorflow as tf

    loaded = tf.saved_model.load(os.fspath(folder))
    return lambda x: np.asarray(loaded.serve(tf.constant(x)))


def _onnx(file: Path) -> Predictor:
    runtime: Any = require("onnxruntime", extra="export", purpose="Running ONNX")
    session = runtime.InferenceSession(os.fspath(file), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda x: session.run(None, {name: x})[0]


def _openvino(file: Path) -> Predictor:
    runtime: Any = require("openvino", extra="export", purpose="Running OpenVINO")
    # float32 also on processors that would choose bfloat16
    model = runtime.Core().compile_model(os.fspath(file), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return lambda x: np.asarray(model(x)[0])


def _torch(file: Path) -> Predictor:
    torch: Any = require("torch", extra="torch", purpose="Running an exported program of PyTorch")
    network = torch.export.load(os.fspath(file)).module()

    def run(x: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return network(torch.from_numpy(np.ascontiguousarray(x))).numpy()

    return run


def _litert(file: Path) -> Predictor:
    runtime: Any = require("ai_edge_litert.interpreter", extra="export", purpose="Running LiteRT")
    interpreter = runtime.Interpreter(os.fspath(file))
    first, last = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]

    def run(x: np.ndarray) -> np.ndarray:
        interpreter.resize_tensor_input(first, x.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(first, x)
        interpreter.invoke()
        return np.array(interpreter.get_tensor(last))

    return run
