"""`deep_lift_shap`: DeepLIFT's contributions averaged over references, for DNA models of any layers."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np

from deepbio.interpret.arguments import check_counts
from deepbio.interpret.dna import References, Sequences, as_one_hot, as_sequences, make_references, one_hot_of
from deepbio.interpret.targets import Target, key_of, target_function

if TYPE_CHECKING:
    import keras


@overload
def deep_lift_shap(
    model: keras.Model, x: Sequences, *, target: Target = None, references: References = "dinucleotide",
    n_references: int = 20, hypothetical: bool = False, batch_size: int = 32, seed: int = 0,
    warning_threshold: float = 1e-3, return_convergence_delta: Literal[False] = False,
    progress: Callable[[int, int], None] | None = None,
) -> np.ndarray: ...  # fmt: skip
@overload
def deep_lift_shap(
    model: keras.Model, x: Sequences, *, target: Target = None, references: References = "dinucleotide",
    n_references: int = 20, hypothetical: bool = False, batch_size: int = 32, seed: int = 0,
    warning_threshold: float = 1e-3, return_convergence_delta: Literal[True],
    progress: Callable[[int, int], None] | None = None,
) -> tuple[np.ndarray, np.ndarray]: ...  # fmt: skip
def deep_lift_shap(
    model: keras.Model,
    x: Sequences,
    *,
    target: Target = None,
    references: References = "dinucleotide",
    n_references: int = 20,
    hypothetical: bool = False,
    batch_size: int = 32,
    seed: int = 0,
    warning_threshold: float = 1e-3,
    return_convergence_delta: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> np.ndarray | tuple[np.ndarray, np.ndarray]:
    """Compute the contribution of each base to an output, relative to references: DeepLIFT by the rescale rule, as SHAP values.

    The contributions of a sequence add up to its output minus the mean output of its references. Activations take the rescale
    rule, maxima the rule for maxima, and what combines several inputs (softmax, products, attention, recurrence) its mean
    gradient between reference and sequence.

    Source: Shrikumar et al. 2017, arXiv:1704.02685; Lundberg and Lee 2017, arXiv:1705.07874. Definitions as in tangermeme.

    Args:
        model: DNA model of deepbio, or a functional Keras model of `(batch, length, 4)`.
        x: Sequences: uint8 codes `(n, length)`, one-hot `(n, length, 4)`, or strings. N and padding are zeros: their
            contributions are 0, and the references have N at the same positions.
        target: The explained output; see `target_function`.
        references: References; see `make_references`.
        n_references: Number of references per sequence that are drawn.
        hypothetical: Whether to return the contributions that each base would have at each position, instead of the
            contributions of the bases that are there.
        batch_size: Maximum number of references in one pass.
        seed: Random seed of the references.
        warning_threshold: Convergence delta from which a warning is issued.
        return_convergence_delta: Whether to return the convergence deltas too.
        progress: Function that is called with the number of sequences done and their total.

    Returns:
        float32 `(n, length, 4)`. With `return_convergence_delta` also float32 `(n, references)`: by how much the contributions
        for each reference miss the difference of the outputs.

    Raises:
        DataError: The sequences, references or target do not fit the model.
        ModelError: The model has no graph of layers.

    Example:
        >>> from deepbio.zoo import get_model
        >>> model = get_model("deepbind", input_shape=40, outputs=1, seed=1)
        >>> values, delta = deep_lift_shap(model, "ACGTACGTAC" * 4, references="n", return_convergence_delta=True)
        >>> values.shape, bool(abs(delta).max() < 1e-4)
        ((1, 40, 4), True)
    """
    import tensorflow as tf

    from deepbio.incremental.program import read_program
    from deepbio.inference.replicas import function_of_batches
    from deepbio.interpret.rules import averaged, multiplied

    check_counts(batch_size=batch_size)
    taken = one_hot_of(model)
    codes = as_sequences(taken, x)
    explained = target_function(model, target)
    steps = read_program(taken)
    known = make_references(codes, references, n_references, seed)

    def run(pairs: Any) -> Any:
        example, reference = pairs[:1, 0], pairs[:, 1]
        values = [example]
        for step in steps[1:]:
            values.append(step.call(*(values[i] for i in step.inputs)))
        at_example = explained(values[-1])
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(reference)
            found = [reference]
            for step, y in zip(steps[1:], values[1:], strict=True):
                inputs = [values[i] for i in step.inputs], [found[i] for i in step.inputs]
                found.append(multiplied(step, *inputs, y))
            at_reference = averaged(explained, values[-1:], found[-1:], at_example)
        multipliers = tape.gradient(at_reference, reference)
        delta = at_example - at_reference - tf.reduce_sum((example - reference) * multipliers, (1, 2))
        return multipliers - tf.reduce_sum(reference * multipliers, -1, keepdims=True), delta

    shape = known.shape[2:]
    contributions = function_of_batches(taken, run, key=key_of(target, "deep_lift_shap"))
    out, deltas = np.zeros((len(codes), *shape), np.float32), np.zeros(known.shape[:2], np.float32)
    for i, example in enumerate(as_one_hot(codes)):
        total = np.zeros(shape)
        for first in range(0, known.shape[1], batch_size):
            part = known[i, first : first + batch_size]
            pairs = np.stack([np.broadcast_to(example, part.shape), part], axis=1)
            values, deltas[i, first : first + batch_size] = contributions(pairs)
            total += values.sum(axis=0, dtype=np.float64)
        present = example.sum(axis=-1, keepdims=True)
        out[i] = total / known.shape[1] * (present if hypothetical else example)
        if progress is not None:
            progress(i + 1, len(codes))
    warn_of_deltas(deltas, warning_threshold)
    return (out, deltas) if return_convergence_delta else out


def warn_of_deltas(deltas: np.ndarray, threshold: float) -> None:
    """Warn if attributions are not complete."""
    worst = float(np.abs(deltas).max(initial=0.0))
    if worst > threshold:
        warnings.warn(
            f"The attributions miss the difference of the outputs by up to {worst:.2g} (more than {threshold:g}): "
            "take them as approximate, or take more steps where there are steps.",
            stacklevel=3,
        )
