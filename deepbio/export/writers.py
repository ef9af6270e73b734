"""One function per format that writes the deployable network, and the file or folder that each makes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from deepbio.errors import ModelError
from deepbio.export.onnx import write_int8, write_onnx
from deepbio.export.torch import write_torch
from deepbio.optional import require
from deepbio.specs import ModelInput


@dataclass(frozen=True)
class Format:
    """An export format.

    Args:
        file: Name of the file or folder that is written.
        write: Function of the deployable model, its input and the path of `file`.
        int8: Function of the same arguments that writes the form with int8 weights; None if there is none.
    """

    file: str
    write: Callable[[keras.Model, ModelInput, Path], None]
    int8: Callable[[keras.Model, ModelInput, Path], None] | None = None


def _saved_model(model: keras.Model, input: ModelInput, path: Path) -> None:
    archive: Any = keras.export.ExportArchive()
    archive.track(model)
    signature = [tf.TensorSpec((None, *input.shape), input.dtype, name=model.inputs[0].name)]
    archive.add_endpoint("serve", lambda x: model(x, training=False), input_signature=signature)
    if input.modality == "dna":
        texts = [tf.TensorSpec((None,), tf.string, name="sequences")]
        archive.add_endpoint(
            "sequences", lambda x: model(_codes(x, input.shape[0]), training=False), input_signature=texts
        )
    archive.write_out(path, verbose=False)


def _codes(sequences: tf.Tensor, length: int) -> tf.Tensor:
    """Return the codes of DNA sequences of one length, inside the graph: A C G T in either case = 0 1 2 3, all else 4."""
    sizes = tf.strings.length(sequences)
    message = f"The model takes sequences of {length} bases."
    with tf.control_dependencies([tf.debugging.assert_equal(sizes, length, message=message)]):
        letters = tf.reshape(tf.io.decode_raw(tf.strings.upper(sequences), tf.uint8, fixed_length=length), (-1, length))
    codes = tf.constant([{65: 0, 67: 1, 71: 2, 84: 3, 85: 3}.get(letter, 4) for letter in range(256)], tf.uint8)
    return tf.gather(codes, tf.cast(letters, tf.int32))


def _onnx(model: keras.Model, input: ModelInput, path: Path) -> None:
    write_onnx(model, path)


def _onnx_int8(model: keras.Model, input: ModelInput, path: Path) -> None:
    whole = path.with_name("float.onnx")
    write_onnx(model, whole)
    write_int8(whole, path)
    whole.unlink()


def _openvino(model: keras.Model, input: ModelInput, path: Path) -> None:
    # through ONNX: OpenVINO's reader of TensorFlow graphs refuses LSTMs, and its bpnet returned other numbers (2026.4)
    openvino: Any = require("openvino", extra="export", purpose="Export to OpenVINO")
    whole = path.with_name("float.onnx")
    write_onnx(model, whole)
    try:
        converted = openvino.convert_model(whole)
    except Exception as error:  # of a class that OpenVINO does not export
        lines = [line.strip() for line in str(error).splitlines() if line.startswith("-- ")]
        raise ModelError(
            f"OpenVINO cannot express {model.name}: {(lines or [type(error).__name__])[-1][3:200]} Choose another format."
        ) from error
    openvino.save_model(converted, path, compress_to_fp16=False)
    whole.unlink()


def _litert(model: keras.Model, input: ModelInput, path: Path, **options: Any) -> None:
    try:
        model.export(path, format="litert", verbose=False, **options)
    except Exception as error:  # the converter raises classes of its own
        raise ModelError(f"LiteRT cannot express {model.name}: {str(error).splitlines()[0][:200]}") from error


def _litert_int8(model: keras.Model, input: ModelInput, path: Path) -> None:
    _litert(model, input, path, optimizations=[tf.lite.Optimize.DEFAULT])


def _torch(model: keras.Model, input: ModelInput, path: Path) -> None:
    write_torch(model, path)


FORMATS = {
    "saved_model": Format("saved_model", _saved_model),
    "onnx": Format("model.onnx", _onnx, _onnx_int8),
    "openvino": Format("model.xml", _openvino),
    "litert": Format("model.tflite", _litert, _litert_int8),
    "torch": Format("model.pt2", _torch),
}
