"""Memory of a computation, known before it is taken: the bytes that a traced graph needs at once, and those that are free."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from deepbio.errors import ModelError

# outputs that are the memory of their input
_ALIASES = (
    "Identity", "IdentityN", "Reshape", "Squeeze", "ExpandDims", "StopGradient", "PreventGradient",
    "ReadVariableOp", "Placeholder", "EnsureShape", "Snapshot",
)  # fmt: skip
_THERE_BEFORE = ("Const", "Placeholder", "ReadVariableOp")  # constants, arguments and weights
# operations that TensorFlow computes in the memory of an input that nobody reads afterwards
_IN_PLACE = (
    "Add", "AddV2", "AddN", "Sub", "Mul", "RealDiv", "DivNoNan", "Maximum", "Minimum", "Neg", "Exp", "Log", "Log1p",
    "Sqrt", "Rsqrt", "Square", "SquaredDifference", "Reciprocal", "Pow", "Tanh", "Sigmoid", "Softplus", "Erf",
    "Relu", "Elu", "Softmax", "LogSoftmax", "BiasAdd", "SelectV2", "Xlogy", "Cast", "TanhGrad", "SigmoidGrad",
    "ReluGrad", "SoftplusGrad",
)  # fmt: skip
_PEAKS: WeakKeyDictionary[Any, dict[int, int]] = WeakKeyDictionary()
_MEMORY, _GROUP = Path("/proc/meminfo"), Path("/sys/fs/cgroup")


def available_memory(*, meminfo: Path = _MEMORY, group: Path = _GROUP) -> int | None:
    """Return the bytes that this process may still take, by the kernel and by the limit of its control group; `None` if unknown.

    Example:
        >>> free = available_memory()
        >>> free is None or free > 0
        True
    """
    found = []
    try:
        lines = dict(line.split(":", 1) for line in meminfo.read_text().splitlines())
        found.append(int(lines["MemAvailable"].split()[0]) * 1024)
    except (OSError, KeyError, ValueError):
        pass
    try:
        limit, used = ((group / name).read_text().strip() for name in ("memory.max", "memory.current"))
        # the page cache counts as used but can be reclaimed
        cached = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        found.append(
            int(limit) - int(used) + sum(int(cached.get(f"{kind}_file", 0)) for kind in ("active", "inactive"))
        )
    except (OSError, ValueError):  # no limit is the word "max"
        pass
    return max(min(found), 0) if found else None


def peak_bytes(graph: Any, *, batch_size: int) -> int:
    """Return the largest number of bytes that the tensors of a traced graph take at once, without its variables.

    The operations are taken in the order in which they were traced, and a tensor's memory is free after its last use. What the
    kernels take for themselves is not included.

    Args:
        graph: Graph of a concrete function.
        batch_size: Number of examples, for dimensions that the graph leaves open.

    Example:
        >>> import tensorflow as tf
        >>> function = tf.function(lambda x: tf.concat([x, x], axis=1) @ tf.ones((2, 1)))
        >>> graph = function.get_concrete_function(tf.TensorSpec((None, 1), "float32")).graph
        >>> peak_bytes(graph, batch_size=100)  # two columns and a result of float32
        1200
    """
    operations = graph.get_operations()
    owner: dict[Any, Any] = {}
    for operation in operations:
        for k, tensor in enumerate(operation.outputs):
            if operation.type in _ALIASES and operation.inputs:
                owner[tensor.ref()] = owner[operation.inputs[min(k, len(operation.inputs) - 1)].ref()]
            else:
                owner[tensor.ref()] = tensor.ref()
    last = {owner[tensor.ref()]: i for i, operation in enumerate(operations) for tensor in operation.inputs}
    last |= {owner[tensor.ref()]: len(operations) for tensor in graph.outputs if tensor.ref() in owner}
    sizes: dict[Any, int] = {}
    total = peak = 0
    for i, operation in enumerate(operations):
        ending = {owner[tensor.ref()] for tensor in operation.inputs if last[owner[tensor.ref()]] == i}
        spare = [sizes[ref] for ref in ending if ref in sizes] if operation.type in _IN_PLACE else []
        for tensor in operation.outputs:
            ref = tensor.ref()
            if owner[ref] != ref or operation.type in _THERE_BEFORE:
                continue
            sizes[ref] = _size(tensor, batch_size)
            total += sizes[ref]
            if sizes[ref] in spare:
                spare.remove(sizes[ref])
                peak = max(peak, total - sizes[ref])
            else:
                peak = max(peak, total)
            if ref not in last:
                ending.add(ref)
        for ref in ending:
            total -= sizes.pop(ref, 0)
    return peak


def _size(tensor: Any, batch_size: int) -> int:
    if tensor.shape.rank is None or tensor.dtype.size == 0:
        return 0
    return math.prod(batch_size if n is None else n for n in tensor.shape) * tensor.dtype.size


def fitting_batch_size(graph: Any, batch_size: int, *, free: int | None) -> int:
    """Return the largest number of examples, up to `batch_size`, whose tensors take at most half of the free memory.

    The other half is for what the kernels of convolutions take. One example is tried if its tensors fit at all.

    Args:
        graph: Graph of a forward pass whose first dimension is open.
        batch_size: Number of examples that was asked for.
        free: Free bytes; `None` if they are not known, which leaves `batch_size` as it is.

    Raises:
        ModelError: The tensors of one example take more than is free.
    """
    known = _PEAKS.setdefault(graph, {})

    def needed(examples: int) -> int:
        if examples not in known:
            known[examples] = peak_bytes(graph, batch_size=examples)
        return known[examples]

    if free is None or 2 * needed(batch_size) <= free:
        return batch_size
    one, two = needed(1), needed(2)
    if one > free:
        raise ModelError(
            f"One example needs at least {gib(one)} of memory for its activations; {gib(free)} are free. Use shorter windows, build "
            "the model in the precision mixed_bfloat16, or end other programs."
        )
    each = max(two - one, 1)
    return max(1, min(batch_size, (free // 2 - (one - each)) // each))


def gib(count: int) -> str:
    """Return a number of bytes in GiB, as people read it.

    Example:
        >>> gib(3 << 29)
        '1.5 GiB'
    """
    return f"{count / 2**30:.1f} GiB"


def computes_on_host() -> bool:
    """Return whether TensorFlow has no GPU, so that activations are in the memory of the host."""
    import tensorflow as tf

    return not tf.config.list_physical_devices("GPU")
