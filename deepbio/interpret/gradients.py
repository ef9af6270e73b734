"""Attributions of DNA by gradients: saliency, input times gradient, integrated and expected gradients, SmoothGrad."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.interpret.arguments import check_between, check_counts
from deepbio.interpret.deep_lift import warn_of_deltas
from deepbio.interpret.dna import References, Sequences, as_one_hot, as_sequences, make_references, one_hot_of
from deepbio.interpret.targets import Target, key_of, target_function

if TYPE_CHECKING:
    import keras


def saliency(model: keras.Model, x: Sequences, *, target: Target = None, batch_size: int = 64) -> np.ndarray:
    """Compute the gradient of an output with respect to each base of the one-hot sequences.

    Source: Simonyan et al. 2014, arXiv:1312.6034.

    Args:
        model: DNA model of deepbio, or a Keras model of `(batch, length, 4)`.
        x: Sequences: uint8 codes `(n, length)`, one-hot `(n, length, 4)`, or strings. N and padding are zeros; the gradient
            exists there too.
        target: The explained output; see `target_function`.
        batch_size: Number of sequences in one pass.

    Returns:
        float32 `(n, length, 4)`, signed.

    Example:
        >>> from deepbio.zoo import get_model
        >>> saliency(get_model("deepbind", input_shape=30, outputs=1), "ACGTN" * 6).shape
        (1, 30, 4)
    """
    check_counts(batch_size=batch_size)
    gradient, codes = _prepare(model, x, target)
    return _in_batches(lambda part: gradient(part)[0], as_one_hot(codes), batch_size)


def input_x_gradient(model: keras.Model, x: Sequences, *, target: Target = None, batch_size: int = 64) -> np.ndarray:
    """Compute the gradient at the bases that are there; 0 at the others and at N. Arguments are those of `saliency`.

    Source: Shrikumar et al. 2017, arXiv:1605.01713.

    Args:
        model, x, target, batch_size: See `saliency`.

    Returns:
        float32 `(n, length, 4)`.
    """
    codes = as_sequences(one_hot_of(model), x)
    return saliency(model, codes, target=target, batch_size=batch_size) * as_one_hot(codes)


def integrated_gradients(
    model: keras.Model,
    x: Sequences,
    *,
    target: Target = None,
    references: References = "uniform",
    n_references: int = 1,
    steps: int = 50,
    hypothetical: bool = False,
    batch_size: int = 64,
    seed: int = 0,
    warning_threshold: float = 1e-3,
    return_convergence_delta: bool = False,
) -> Any:
    """Compute integrated gradients: the mean gradient on the line from references to each sequence, times their difference.

    The attributions of a sequence add up to its output minus the mean output of its references. Networks of ReLU and maxima have
    a gradient that jumps on the line, so the sum is only as exact as the number of steps: while the convergence delta is above
    `warning_threshold`, the number of steps is doubled, at most five times.

    Source: Sundararajan et al. 2017, arXiv:1703.01365.

    Args:
        model, x, target: See `saliency`.
        references: References; see `make_references`. `"uniform"` is 0.25 for each base, `"n"` zeros.
        n_references: Number of references per sequence that are drawn.
        steps: Number of points on the line at first, rounded up to tens.
        hypothetical: Whether to return what each base would contribute at each position.
        batch_size: Number of points in one pass.
        seed: Random seed of the references.
        warning_threshold: Convergence delta from which steps are doubled and, at last, a warning is issued.
        return_convergence_delta: Whether to return the convergence deltas too.

    Returns:
        float32 `(n, length, 4)`. With `return_convergence_delta` also float32 `(n, references)`.

    Example:
        >>> from deepbio.zoo import get_model
        >>> model = get_model("deepbind", input_shape=30, outputs=1, seed=1)
        >>> values, delta = integrated_gradients(model, "ACGTA" * 6, return_convergence_delta=True)
        >>> values.shape, bool(abs(delta).max() < 1e-3)
        ((1, 30, 4), True)
    """
    check_counts(steps=steps, batch_size=batch_size)
    gradient, codes = _prepare(model, x, target)
    known = make_references(codes, references, n_references, seed)
    out, deltas = np.zeros((len(codes), *known.shape[2:]), np.float32), np.zeros(known.shape[:2], np.float32)
    for i, example in enumerate(as_one_hot(codes)):
        for k, reference in enumerate(known[i]):
            ends = gradient(np.stack([example, reference]))[1]
            points = steps
            while True:
                mean = _mean_gradient(gradient, example, reference, points, batch_size)
                delta = float(ends[0] - ends[1] - ((example - reference) * mean).sum(dtype=np.float64))
                if abs(delta) <= warning_threshold or points >= 32 * steps:
                    break
                points *= 2
            deltas[i, k] = delta
            out[i] += mean - (reference * mean).sum(axis=-1, keepdims=True)
        out[i] *= (example.sum(axis=-1, keepdims=True) if hypothetical else example) / known.shape[1]
    warn_of_deltas(deltas, warning_threshold)
    return (out, deltas) if return_convergence_delta else out


def expected_integrated_gradients(
    model: keras.Model,
    x: Sequences,
    *,
    target: Target = None,
    references: References = "dinucleotide",
    n_references: int = 20,
    samples: int = 200,
    hypothetical: bool = False,
    batch_size: int = 64,
    seed: int = 0,
) -> np.ndarray:
    """Compute expected gradients: the mean over random references and random points on the lines from them to each sequence.

    Source: Erion et al. 2021, doi:10.1038/s42256-021-00343-w.

    Args:
        model, x, target, references, n_references, hypothetical, batch_size, seed: See `integrated_gradients`.
        samples: Number of random points per sequence.

    Returns:
        float32 `(n, length, 4)`. The sum of each sequence estimates its output minus the mean of its references' outputs.
    """
    check_counts(samples=samples, batch_size=batch_size)
    gradient, codes = _prepare(model, x, target)
    known = make_references(codes, references, n_references, seed)
    random = np.random.Generator(np.random.Philox(seed))
    out = np.zeros((len(codes), *known.shape[2:]), np.float32)
    for i, example in enumerate(as_one_hot(codes)):
        total = np.zeros(known.shape[2:])
        chosen, alphas = np.resize(np.arange(known.shape[1]), samples), random.random(samples).astype(np.float32)
        for first in range(0, samples, batch_size):
            part = known[i, chosen[first : first + batch_size]]
            alpha = alphas[first : first + batch_size, None, None]
            found = gradient(part + alpha * (example - part))[0]
            total += (found - (part * found).sum(axis=-1, keepdims=True)).sum(axis=0, dtype=np.float64)
        out[i] = total / samples * (example.sum(axis=-1, keepdims=True) if hypothetical else example)
    return out


def smoothgrad(
    model: keras.Model,
    x: Sequences,
    *,
    target: Target = None,
    samples: int = 50,
    std: float = 0.1,
    batch_size: int = 64,
    seed: int = 0,
) -> np.ndarray:
    """Compute the mean gradient over noisy copies of the one-hot sequences.

    Source: Smilkov et al. 2017, arXiv:1706.03825.

    Args:
        model, x, target, batch_size: See `saliency`.
        samples: Number of noisy copies.
        std: Standard deviation of the noise on the one-hot values.
        seed: Random seed of the noise.

    Returns:
        float32 `(n, length, 4)`, signed.
    """
    check_counts(samples=samples, batch_size=batch_size)
    check_between(0, np.inf, std=std)
    gradient, codes = _prepare(model, x, target)
    random = np.random.Generator(np.random.Philox(seed))
    out = np.zeros((*codes.shape, 4), np.float32)
    for i, example in enumerate(as_one_hot(codes)):
        noisy = example + std * random.standard_normal((samples, *example.shape), np.float32)
        out[i] = _in_batches(lambda part: gradient(part)[0], noisy, batch_size).mean(axis=0, dtype=np.float64)
    return out


def gradient_correction(values: np.ndarray) -> np.ndarray:
    """Subtract from each position the mean over the four bases, which one-hot sequences never vary.

    Source: Majdandzic et al. 2023, doi:10.1186/s13059-023-02956-3.

    Args:
        values: Gradients or hypothetical contributions, `(..., 4)`.

    Returns:
        Array of the same shape.

    Example:
        >>> gradient_correction(np.array([[1.0, 1.0, 1.0, 5.0]])).tolist()
        [[-1.0, -1.0, -1.0, 3.0]]
    """
    return values - values.mean(axis=-1, keepdims=True)


def _prepare(model: keras.Model, x: Sequences, target: Target) -> tuple[Callable[..., Any], np.ndarray]:
    """Return a function from one-hot arrays to gradients and outputs, and the codes."""
    import tensorflow as tf

    from deepbio.inference.replicas import function_of_batches

    taken = one_hot_of(model)
    codes = as_sequences(taken, x)
    explained = target_function(model, target)

    def run(values):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(values)
            outputs = explained(taken(values, training=False))
        return tape.gradient(outputs, values), outputs

    return function_of_batches(taken, run, key=key_of(target, "gradients")), codes


def _mean_gradient(gradient, example, reference, points: int, batch_size: int) -> np.ndarray:
    """Return the mean gradient on a line, by Gauss-Legendre rules of ten points one after the other."""
    nodes, weights = np.polynomial.legendre.leggauss(10)
    pieces = -(-points // 10)
    alphas = ((np.arange(pieces)[:, None] + (nodes + 1) / 2) / pieces).ravel().astype(np.float32)
    weights = np.tile(weights / 2 / pieces, pieces)
    total = np.zeros(example.shape)
    for first in range(0, len(alphas), batch_size):
        part = alphas[first : first + batch_size, None, None]
        found = gradient(reference + part * (example - reference))[0]
        total += np.tensordot(weights[first : first + batch_size], found.astype(np.float64), 1)
    return total


def _in_batches(function: Callable[..., np.ndarray], values: np.ndarray, batch_size: int) -> np.ndarray:
    parts = [function(values[first : first + batch_size]) for first in range(0, len(values), batch_size)]
    return np.concatenate(parts) if parts else np.zeros_like(values)
