"""A Keras model as a list of steps: each layer split into a linear part and an activation, nested models opened.

What runs a model in a way of its own reads this list: substitutions that recompute only what they reach
(`deepbio.incremental.substitutions`), and attributions with a rule for each nonlinearity (`deepbio.interpret.deep_lift_shap`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from deepbio.errors import ModelError
from deepbio.incremental.steps import Kind, Step, convolve, dilated_convolution, factor_and_term, padding_of, pooled

if TYPE_CHECKING:
    import keras

_ELEMENTWISE = (
    "abs", "absolute", "celu", "elu", "exp", "exponential", "gelu", "hard_sigmoid", "hard_silu", "hard_tanh", "leaky_relu", "log",
    "log_sigmoid", "mish", "quick_gelu", "relu", "relu6", "selu", "sigmoid", "silu", "softplus", "softsign", "sparse_plus", "sqrt",
    "square", "squareplus", "tanh", "tanh_shrink",
)  # fmt: skip
_SAME = (
    "Dropout", "SpatialDropout1D", "GaussianNoise", "GaussianDropout", "AlphaDropout", "Identity", "ActivityRegularization",
)  # fmt: skip
_ACTIVATION_LAYERS = ("ReLU", "LeakyReLU", "ELU", "PReLU", "GELU", "SELU")
_LINEAR_OPERATIONS = (
    "Negative", "ExpandDims", "Squeeze", "Reshape", "Transpose", "Stack", "Flip", "GetItem", "Repeat", "Pad", "Mean", "Sum",
    "Permute", "RepeatVector", "Cast", "ZerosLike", "BroadcastTo",
)  # fmt: skip


class _Slot:
    """The place of the value of a step while the graph of a model is walked."""

    def __init__(self, index: int) -> None:
        self.index = index


def read_program(model: keras.Model) -> tuple[Step, ...]:
    """Read the steps of a functional or sequential model, inputs first, each after those that it needs; the last is the output.

    Args:
        model: Model with one input and one output. The steps share its weights.

    Raises:
        ModelError: The model is a subclass without a graph, has several inputs or outputs, or is quantized.

    Example:
        >>> from deepbio.zoo import get_model, one_hot_model
        >>> program = read_program(one_hot_model(get_model("deepbind", input_shape=40, outputs=1)))
        >>> [step.kind for step in program]
        ['input', 'convolution', 'pointwise', 'global_max', 'dense', 'whole', 'dense']
    """
    graph = graph_of(model)
    if graph is None or len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ModelError(
            f"Expected a functional or sequential Keras model with one input and one output; {model.name} is none. "
            "Build it with keras.Model(inputs, outputs) or get_model."
        )
    if quantized := [layer.name for layer in model._flatten_layers() if getattr(layer, "quantization_mode", None)]:
        raise ModelError(
            f"Expected layers of floats; quantized: {', '.join(quantized)}. Explain or change the model before quantize()."
        )
    import tensorflow as tf

    reader = _Reader()

    def read(x: Any) -> Any:  # inside a graph, where shapes are known and nothing is computed
        reader.steps, reader.values = [Step("input", "input", (), lambda: None, tuple(model.inputs[0].shape[1:]))], [x]
        last = reader.walk(graph, [_Slot(0)])
        if last.index != len(reader.steps) - 1:  # the output is an earlier step, before a layer that changes nothing
            reader.add("output", "pointwise", [last], lambda x: x, linear=True, elementwise=True)
        return reader.values[-1]

    signature = tf.TensorSpec(model.inputs[0].shape, tf.float32)
    tf.function(read, autograph=False).get_concrete_function(signature)
    return tuple(reader.steps)


def graph_of(model: Any) -> Any:
    """Return the graph of layers of a functional or sequential model; None of any other."""
    functional = getattr(model, "_functional", None) or model
    return functional if hasattr(functional, "_run_through_graph") and hasattr(functional, "_nodes_by_depth") else None


class _Reader:
    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.values: list[Any] = []

    def walk(self, graph: Any, slots: list[_Slot]) -> _Slot:
        import keras

        return keras.tree.flatten(graph._run_through_graph(slots, call_fn=self._visit))[0]

    def add(self, name: str, kind: Kind, slots: list[_Slot], call: Callable[..., Any], **facts: Any) -> _Slot:
        inputs = tuple(slot.index for slot in slots)
        value = call(*(self.values[i] for i in inputs))
        self.values.append(value)
        self.steps.append(Step(name, kind, inputs, call, tuple(value.shape[1:]), **facts))
        return _Slot(len(self.steps) - 1)

    def _visit(self, operation: Any, *args: Any, **kwargs: Any) -> Any:
        import keras

        kwargs = {
            name: value for name, value in kwargs.items() if name not in ("training", "mask") or value is not None
        }
        flat = keras.tree.flatten((args, kwargs))
        slots = [value for value in flat if isinstance(value, _Slot)]
        if not slots:
            return operation(*args, **kwargs)
        if isinstance(operation, keras.Model) and graph_of(operation) is not None:
            return self.walk(graph_of(operation), slots)
        kind = type(operation).__name__
        if kind in _SAME:
            return slots[0]
        special = getattr(self, f"_{kind.lower()}", None)
        if special is not None and (found := special(operation, slots, args, kwargs)) is not None:
            return found

        def call(*values: Any) -> Any:
            remaining = iter(values)
            filled = [next(remaining) if isinstance(value, _Slot) else value for value in flat]
            with_values = keras.tree.pack_sequence_as((args, kwargs), filled)
            return operation(*with_values[0], **with_values[1])

        return self._any(operation, kind, slots, call)

    def _any(self, operation: Any, kind: str, slots: list[_Slot], call: Callable[..., Any]) -> _Slot:
        """Add a step of which only the class of its operation is known."""
        shapes = {self.steps[slot.index].shape for slot in slots}
        positional = len(shapes) == 1 and len(next(iter(shapes))) == 2
        name, axis = operation.name, getattr(operation, "axis", None)
        last = axis in (-1, (-1,), [-1]) or (positional and axis in (2, (2,), [2]))
        usual: Kind = "pointwise" if positional else "whole"
        if kind in ("Add", "Subtract", "Average") or (kind in ("Multiply", "TrueDivide", "Divide") and len(slots) == 1):
            return self.add(name, usual, slots, call, linear=True, operation="add" if kind == "Add" else "")
        if kind in ("Multiply", "Maximum", "Minimum", "TrueDivide", "Divide"):
            return self.add(name, usual, slots, call)
        if kind == "Concatenate":
            along = len({self.steps[s.index].shape[0] for s in slots}) == 1 and all(
                self.steps[s.index].is_positional for s in slots
            )
            return self.add(name, "pointwise" if along and last else "whole", slots, call, linear=True)
        if kind in _ACTIVATION_LAYERS or _snake(kind) in _ELEMENTWISE:
            return self.add(name, usual, slots, call, elementwise=True)
        if kind == "Flip" and positional:
            axes = operation.axis if isinstance(operation.axis, tuple | list) else (operation.axis,)
            if 1 in axes:
                return self.add(name, "flip", slots, call, linear=True)
        if kind in ("LayerNormalization", "Softmax", "LogSoftmax", "Max", "Mean", "Sum") and last and positional:
            found = self.add(name, "pointwise", slots, call, linear=kind in ("Mean", "Sum"))
            if self.steps[found.index].is_positional:
                return found
            del self.steps[-1], self.values[-1]  # without keepdims nothing is left of the channels
        if kind == "ZerosLike" and positional:
            return self.add(name, "pointwise", slots, call, linear=True)
        return self.add(name, "whole", slots, call, linear=kind in (*_LINEAR_OPERATIONS, "AveragePooling1D"))

    def _activate(self, name: str, function: Any, slot: _Slot) -> _Slot:
        if (known := getattr(function, "__name__", type(function).__name__)) == "linear":
            return slot
        if hasattr(function, "_run_through_graph") or type(function).__name__ in _ACTIVATION_LAYERS:
            known = "relu"
        positional = self.steps[slot.index].is_positional
        kind: Kind = (
            "pointwise" if positional and (known in _ELEMENTWISE or known in ("softmax", "log_softmax")) else "whole"
        )
        operation = "relu" if getattr(function, "__name__", "") == "relu" else ""
        facts = {"elementwise": known in _ELEMENTWISE, "operation": operation}
        return self.add(f"{name}/{known}", kind, [slot], function, **facts)

    def _activation(self, layer: Any, slots: list[_Slot], *_: Any) -> _Slot:
        return self._activate(layer.name, layer.activation, slots[0])

    def _conv1d(self, layer: Any, slots: list[_Slot], *_: Any) -> _Slot | None:
        if layer.groups != 1 or layer.data_format != "channels_last":
            return None
        size, stride, dilation = layer.kernel_size[0], layer.strides[0], layer.dilation_rate[0]
        return self._convolve(layer, slots[0], lambda: layer.kernel, size, stride, dilation)

    def _strandtiedconv1d(self, layer: Any, slots: list[_Slot], *_: Any) -> _Slot:
        import keras

        def kernel() -> Any:
            half: Any = layer.kernel
            return keras.ops.concatenate([half, keras.ops.flip(half, (0, 1, 2))], axis=-1)

        return self._convolve(layer, slots[0], kernel, layer.kernel_size, 1, layer.dilation_rate, tied=True)

    def _convolve(self, layer, slot, kernel, size: int, stride: int, dilation: int, *, tied: bool = False) -> _Slot:
        import tensorflow as tf

        length, span = self.steps[slot.index].shape[0], (size - 1) * dilation + 1
        left, right = padding_of(layer.padding, length, span, stride)

        def weights() -> tuple[Any, Any]:
            bias = layer.bias if layer.use_bias else None
            if tied and bias is not None:
                bias = tf.concat([bias, tf.reverse(bias, [0])], axis=0)
            return tf.convert_to_tensor(kernel()), bias

        def call(x: Any) -> Any:
            filters, bias = weights()
            padded = tf.pad(x, ((0, 0), (left, right), (0, 0))) if left or right else x
            if dilation > 1 and stride == 1:
                return dilated_convolution(padded, filters, bias, dilation)
            return convolve(padded, filters, bias, stride=stride)

        facts = {"left": left, "span": span, "stride": stride, "dilation": dilation, "weights": weights}
        return self._activate(
            layer.name, layer.activation, self.add(layer.name, "convolution", [slot], call, linear=True, **facts)
        )

    def _dense(self, layer: Any, slots: list[_Slot], *_: Any) -> _Slot:
        import tensorflow as tf

        def weights() -> tuple[Any, Any]:
            return tf.convert_to_tensor(layer.kernel), layer.bias if layer.use_bias else None

        def call(x: Any) -> Any:
            kernel, bias = weights()
            y = tf.tensordot(x, kernel, 1) if len(x.shape) > 2 else tf.matmul(x, kernel)
            return y if bias is None else y + bias

        rank = len(self.steps[slots[0].index].shape)
        kind: Kind = "dense" if rank == 1 else "pointwise" if rank == 2 else "whole"
        return self._activate(
            layer.name, layer.activation, self.add(layer.name, kind, slots, call, linear=True, weights=weights)
        )

    def _batchnormalization(self, layer: Any, slots: list[_Slot], *_: Any) -> _Slot | None:
        if layer.axis not in (-1, len(self.steps[slots[0].index].shape)):
            return None
        return self._scale(layer.name, slots, lambda: factor_and_term(layer))

    def _strandtiedbatchnormalization(self, layer: Any, slots: list[_Slot], *_: Any) -> _Slot:
        import tensorflow as tf

        def both() -> tuple[Any, Any]:
            factor, term = factor_and_term(layer._norm)
            return tf.concat([factor, factor[::-1]], 0), tf.concat([term, term[::-1]], 0)

        return self._scale(layer.name, slots, both)

    def _scale(self, name: str, slots: list[_Slot], values: Callable[[], tuple[Any, Any]]) -> _Slot:
        def call(x: Any) -> Any:
            factor, term = values()
            return x * factor + term

        positional = self.steps[slots[0].index].is_positional
        return self.add(name, "pointwise" if positional else "whole", slots, call, linear=True, factor=values)

    def _maxpooling1d(self, layer: Any, slots: list[_Slot], *_: Any) -> _Slot:
        return self._pool(layer, slots[0], "max")

    def _averagepooling1d(self, layer: Any, slots: list[_Slot], *_: Any) -> _Slot | None:
        return self._pool(layer, slots[0], "average") if layer.padding == "valid" else None

    def _pool(self, layer: Any, slot: _Slot, pool: str) -> _Slot:
        import tensorflow as tf

        size, stride = layer.pool_size[0], layer.strides[0]
        left, right = padding_of(layer.padding, self.steps[slot.index].shape[0], size, stride)

        def call(x: Any) -> Any:
            if left or right:
                x = tf.pad(x, ((0, 0), (left, right), (0, 0)), constant_values=x.dtype.min)
            return pooled(x, size=size, stride=stride, pool=pool)

        facts = {"left": left, "span": size, "stride": stride, "pool": pool, "linear": pool == "average"}
        return self.add(layer.name, "pool", [slot], call, **facts)

    def _globalaveragepooling1d(self, layer: Any, slots: list[_Slot], *_: Any) -> _Slot | None:
        return None if layer.keepdims else self.add(layer.name, "global_mean", slots, layer, linear=True)

    def _globalmaxpooling1d(self, layer: Any, slots: list[_Slot], *_: Any) -> _Slot | None:
        return None if layer.keepdims else self.add(layer.name, "global_max", slots, layer)

    def _flatten(self, layer: Any, slots: list[_Slot], *_: Any) -> _Slot:
        if len(self.steps[slots[0].index].shape) == 1:
            return slots[0]
        return self.add(layer.name, "flatten", slots, layer, linear=True)

    def _cropping1d(self, layer: Any, slots: list[_Slot], *_: Any) -> _Slot:
        return self.add(layer.name, "shift", slots, layer, linear=True, left=-layer.cropping[0])

    def _zeropadding1d(self, layer: Any, slots: list[_Slot], *_: Any) -> _Slot:
        return self.add(layer.name, "shift", slots, layer, linear=True, left=layer.padding[0])

    def _fitlength(self, layer: Any, slots: list[_Slot], *_: Any) -> _Slot:
        missing = layer.length - self.steps[slots[0].index].shape[0]
        left = missing // 2 if missing > 0 else -(-missing // 2)
        return self.add(layer.name, "shift", slots, layer, linear=True, left=left)


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))
