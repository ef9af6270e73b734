"""ONNX by tf2onnx, with the operation that it lacks, and int8 weights by ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from deepbio.optional import require

OPSET = 18


def write_onnx(model: keras.Model, file: Path) -> None:
    """Write a model as ONNX, opset 18, with any batch size.

    Raises:
        OptionalDependencyError: tf2onnx is not installed.
    """
    tf2onnx: Any = require("tf2onnx", extra="export", purpose="Export to ONNX")
    signature = tf.TensorSpec((None, *model.input_shape[1:]), model.inputs[0].dtype, name=model.inputs[0].name)
    function = tf.function(lambda x: tf.identity(model(x, training=False), name="prediction"))
    # frozen first: tf2onnx takes tensors of a layer, such as the mean of a Normalization, for inputs
    concrete = function.get_concrete_function(signature)
    frozen = convert_variables_to_constants_v2(concrete, lower_control_flow=False, aggressive_inlining=True)
    names = {"input_names": [frozen.inputs[0].name], "output_names": [frozen.outputs[0].name]}
    tf2onnx.convert.from_graph_def(
        frozen.graph.as_graph_def(),
        **names,
        opset=OPSET,
        output_path=str(file),
        custom_op_handlers={"Erfc": (_erfc, [])},
    )


def write_int8(float_file: Path, file: Path) -> None:
    """Write a copy of an ONNX file whose matrices are int8. Activations stay float32 and are quantized as they come."""
    quantization: Any = require("onnxruntime.quantization", extra="export", purpose="Quantization of ONNX")
    weight = quantization.QuantType.QInt8
    quantization.quantize_dynamic(float_file, file, weight_type=weight, op_types_to_quantize=["MatMul", "Gemm"])


def _erfc(ctx: Any, node: Any, name: str, args: Any) -> Any:
    """Write TensorFlow's `Erfc`, which its exact GELU contains, as one minus `Erf`."""
    shape, dtype, inputs, outputs = (
        ctx.get_shape(node.output[0]),
        ctx.get_dtype(node.output[0]),
        node.input,
        node.output,
    )
    ctx.remove_node(name)
    erf = ctx.make_node("Erf", [inputs[0]], shapes=[shape], dtypes=[dtype])
    one = ctx.make_const(f"{name}_one", np.ones((), "float32"))
    return ctx.make_node(
        "Sub", [one.output[0], erf.output[0]], name=name, outputs=outputs, shapes=[shape], dtypes=[dtype]
    )
