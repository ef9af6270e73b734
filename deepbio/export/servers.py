"""The folder that a server loads as it is: TensorFlow Serving's versions, Triton's model repository with its configuration."""

from __future__ import annotations

from pathlib import Path

import keras

from deepbio.errors import DataError
from deepbio.specs import ModelInput

SERVERS = {"tf-serving": "saved_model", "triton": "onnx"}
_TRITON_TYPES = {"uint8": "TYPE_UINT8", "int32": "TYPE_INT32", "float32": "TYPE_FP32"}


def check_server(server: str, format: str) -> None:
    """Check that a server loads a format.

    Raises:
        DataError: Unknown server, or one that loads another format.
    """
    if server not in SERVERS:
        raise DataError(f"Expected server {' or '.join(map(repr, SERVERS))}; received {server!r}.")
    if SERVERS[server] != format:
        raise DataError(
            f"{server} loads format {SERVERS[server]!r}; received {format!r}. Pass --format {SERVERS[server]}."
        )


def arrange(folder: Path, file: str, server: str, model: keras.Model, input: ModelInput) -> Path:
    """Move an exported file to where the server looks for version 1, and write the server's configuration.

    Returns:
        Path of the file inside `folder`.
    """
    if server == "tf-serving":  # --model_base_path=FOLDER
        (folder / file).rename(folder / "1")
        return Path("1")
    place = folder / model.name  # --model-repository=FOLDER
    (place / "1").mkdir(parents=True)
    (folder / file).rename(place / "1" / "model.onnx")
    dims = ", ".join(map(str, input.shape))
    outputs = ", ".join(str(n) for n in model.output_shape[1:])
    text = f"""name: "{model.name}"
platform: "onnxruntime_onnx"
max_batch_size: 256
input [ {{ name: "{model.inputs[0].name}", data_type: {_TRITON_TYPES[input.dtype]}, dims: [ {dims} ] }} ]
output [ {{ name: "prediction", data_type: TYPE_FP32, dims: [ {outputs or 1} ]{"" if outputs else ", reshape { shape: [ ] }"} }} ]
dynamic_batching {{ max_queue_delay_microseconds: 2000 }}
"""
    (place / "config.pbtxt").write_text(text, encoding="utf-8")
    return Path(model.name, "1", "model.onnx")
