"""Checks of attributions: whether they follow the model, whether the output follows them, and whether they are stable."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.errors import DataError, nearest
from deepbio.interpret.arguments import check_counts
from deepbio.interpret.dna import Sequences, as_one_hot, as_sequences, make_references, one_hot_of
from deepbio.interpret.explain import METHODS
from deepbio.interpret.targets import Target, target_function
from deepbio.sequence import reverse_complement
from deepbio.sequence.codes import N

if TYPE_CHECKING:
    import keras
    import pandas as pd

FRACTIONS = tuple(np.linspace(0, 1, 11))
_UNCHANGED = 0.5  # correlation with the explanation of random weights from which a warning is issued


def check(
    model: keras.Model,
    x: Sequences,
    *,
    target: Target = None,
    methods: Sequence[str] | str = ("deep_lift_shap", "integrated_gradients", "input_x_gradient"),
    shift: int = 3,
    subsets: int = 100,
    seed: int = 0,
) -> pd.DataFrame:
    """Check attributions of DNA by several methods, and return one row per check and method.

    | check | value | good |
    |---|---|---|
    | deletion | area under the output while the bases of largest attribution are shuffled first, minus that of a random order | < 0 |
    | insertion | the same while they are put into a shuffled sequence first | > 0 |
    | sensitivity_n | correlation of the output's change with the sum of the attributions of random tenths | near 1 |
    | randomization | rank correlation with the attributions of the same network with permuted weights | near 0 |
    | shift | correlation with the attributions of sequences moved by a few bases, moved back | near 1 |
    | reverse_complement | correlation with those of the reverse complement, turned back | near 1 if the strand does not matter |
    | agreement | mean correlation with the other methods | |

    A constant explanation has no correlation: its value is NaN. Areas are in units of the difference between the output of the
    sequence and that of its shuffle. A warning is issued if an explanation hardly
    changes with the weights.

    Source: Petsiuk et al. 2018, arXiv:1806.07421 (deletion, insertion); Ancona et al. 2018, arXiv:1711.06104 (sensitivity-n);
    Adebayo et al. 2018, arXiv:1810.03292 (randomization).

    Args:
        model: DNA model.
        x: Sequences.
        target: The explained output; see `target_function`.
        methods: Names of methods of `deepbio.interpret`, or one name.
        shift: Number of bases of the shift.
        subsets: Number of random subsets of sensitivity-n.
        seed: Random seed.

    Returns:
        Table with the columns method, check, value (mean over the sequences) and std.

    Raises:
        DataError: An unknown method, or sequences or a target that do not fit.
    """
    import pandas as pd

    methods = (methods,) if isinstance(methods, str) else methods
    unknown = [method for method in methods if method not in METHODS]
    if unknown:
        raise DataError(f"Unknown method {unknown[0]!r}. {nearest(unknown[0], METHODS)}")
    check_counts(subsets=subsets, minimum=2)
    check_counts(shift=shift)
    taken = one_hot_of(model)
    codes = as_sequences(taken, x)
    if shift >= codes.shape[1]:
        raise DataError(f"Expected a shift below {codes.shape[1]}, the length of the sequences; received {shift}.")

    def attribute(one: Any, sequences: np.ndarray, method: str) -> np.ndarray:
        options = (
            {"seed": seed, "warning_threshold": np.inf} if method in ("deep_lift_shap", "integrated_gradients") else {}
        )
        values = METHODS[method](one, sequences, target=explained, **options)
        return (values * as_one_hot(sequences)).sum(axis=-1)

    explained = target_function(model, target)
    random_model = with_permuted_weights(taken, seed=seed)
    values = {method: attribute(taken, codes, method) for method in methods}
    rows: list[tuple[str, str, np.ndarray]] = []
    for method in methods:
        own = values[method]
        for name in ("deletion", "insertion"):
            rows.append(
                (method, name, curve_area(taken, codes, own, explained, insertion=name == "insertion", seed=seed))
            )
        rows.append((method, "sensitivity_n", sensitivity_n(taken, codes, own, explained, subsets=subsets, seed=seed)))
        rows.append((method, "randomization", _correlations(own, attribute(random_model, codes, method), ranks=True)))
        moved = np.full_like(codes, N)
        moved[:, shift:] = codes[:, : codes.shape[1] - shift]
        back = attribute(taken, moved, method)[:, shift:]
        rows.append((method, "shift", _correlations(own[:, : codes.shape[1] - shift], back)))
        turned = attribute(taken, reverse_complement(codes), method)[:, ::-1]
        rows.append((method, "reverse_complement", _correlations(own, turned)))
        others = [_correlations(own, values[other]) for other in methods if other != method]
        if others:
            rows.append((method, "agreement", np.mean(others, axis=0)))
    table = pd.DataFrame(
        [(method, name, *_mean_and_std(found)) for method, name, found in rows],
        columns=["method", "check", "value", "std"],
    )
    for one in table[table["check"] == "randomization"].itertuples():
        if abs(one.value) > _UNCHANGED:  # type: ignore[operator]
            warnings.warn(
                f"{one.method} hardly changes if the weights are permuted (rank correlation {one.value:.2f}): it explains the "
                "input or the architecture more than what the model learned.",
                stacklevel=2,
            )
    return table


def with_permuted_weights(model: keras.Model, *, seed: int = 0) -> keras.Model:
    """Return a copy of a model in which the values of each weight are permuted; the model itself stays as it is.

    Args:
        model: Functional or sequential model.
        seed: Random seed.
    """
    import keras

    from deepbio.zoo.record import attach, describe

    copy = keras.models.clone_model(model)
    random = np.random.Generator(np.random.Philox(seed))
    copy.set_weights([random.permutation(w.ravel()).reshape(w.shape) for w in model.get_weights()])
    attach(copy, describe(model))  # so that labels name its outputs
    return copy


def randomization_check(model: keras.Model, explain: Callable[[Any], np.ndarray], *, seed: int = 0) -> np.ndarray:
    """Return, for each example, the rank correlation of an explanation with that of permuted weights, for any kind of model.

    Source: Adebayo et al. 2018, arXiv:1810.03292.

    Args:
        model: Functional or sequential model.
        explain: Function of a model that returns attributions `(n, ...)`, such as
            `lambda model: grad_cam(model, images, target=0)`.
        seed: Random seed.

    Returns:
        float64 `(n,)`; near 0 if the explanation depends on what the model learned. NaN where an explanation is constant.
    """
    own, other = explain(model), explain(with_permuted_weights(model, seed=seed))
    return _correlations(own.reshape(len(own), -1), other.reshape(len(other), -1), ranks=True)


def curve_area(
    model: keras.Model,
    codes: np.ndarray,
    values: np.ndarray,
    explained: Callable[[Any], Any],
    *,
    insertion: bool,
    seed: int,
) -> np.ndarray:
    """Return the area under the deletion or insertion curve of each sequence, minus that of a random order.

    Args:
        model: Model from one-hot.
        codes: Sequences, uint8 `(n, length)`.
        values: Attributions `(n, length)`.
        explained: Function of the outputs.
        insertion: Whether bases are put into a shuffle, instead of shuffled away.
        seed: Random seed.
    """
    shuffled = make_references(codes, "shuffle", 1, seed)[:, 0]
    background = np.where(shuffled.sum(-1) > 0, shuffled.argmax(-1), N).astype(np.uint8)
    random = np.random.Generator(np.random.Philox(seed))
    areas = []
    positions = np.tile(np.arange(codes.shape[1]), (len(codes), 1))
    for order in (
        np.argsort(-values, axis=1, kind="stable"),
        random.permuted(positions, axis=1),
    ):
        curve = []
        for fraction in FRACTIONS:
            chosen = np.zeros(codes.shape, bool)
            np.put_along_axis(chosen, order[:, : round(fraction * codes.shape[1])], True, axis=1)
            mixed = np.where(chosen == insertion, codes, background)
            curve.append(np.asarray(explained(model.predict_on_batch(as_one_hot(mixed))), np.float64))
        found = np.stack(curve)
        span = np.abs(found[0] - found[-1])
        areas.append(np.trapezoid(found, FRACTIONS, axis=0) / np.where(span > 0, span, np.nan))
    return areas[0] - areas[1]


def sensitivity_n(
    model: keras.Model,
    codes: np.ndarray,
    values: np.ndarray,
    explained: Callable[[Any], Any],
    *,
    subsets: int,
    seed: int,
) -> np.ndarray:
    """Return, for each sequence, the correlation between sums of attributions and changes of the output for random tenths.

    Args:
        model: Model from one-hot.
        codes: Sequences, uint8 `(n, length)`.
        values: Attributions `(n, length)`.
        explained: Function of the outputs.
        subsets: Number of random subsets; their bases become N.
        seed: Random seed.
    """
    random = np.random.Generator(np.random.Philox(seed))
    found = np.full(len(codes), np.nan)
    for i, row in enumerate(codes):
        hidden = random.random((subsets, len(row))) < 0.1
        rows = np.concatenate([row[None], np.where(hidden, N, row)]).astype(np.uint8)
        y = np.asarray(explained(model.predict_on_batch(as_one_hot(rows))), np.float64)
        found[i] = _correlations((hidden @ values[i])[None], (y[0] - y[1:])[None])[0]
    return found


def remove_and_retrain(
    x: np.ndarray,
    values: np.ndarray,
    train: Callable[[np.ndarray], float],
    *,
    fractions: Sequence[float] = (0.1, 0.3, 0.5),
    fill: int = N,
    seed: int = 0,
) -> pd.DataFrame:
    """Train again without the positions of largest attribution, and without as many random ones.

    Source: Hooker et al. 2019, arXiv:1806.10758 (ROAR).

    Args:
        x: Examples of all splits, `(n, ...)`.
        values: Attributions of the same shape.
        train: Function that trains on changed examples and returns the metric of the test split.
        fractions: Fractions of the positions that are removed.
        fill: Value of a removed position: N for DNA.
        seed: Random seed of the random order.

    Returns:
        Table with the columns fraction, largest and random: the metric without these positions. A good attribution loses more.
    """
    import pandas as pd

    random = np.random.Generator(np.random.Philox(seed))
    flat, own = x.reshape(len(x), -1), values.reshape(len(x), -1)
    if flat.shape != own.shape:
        raise DataError(f"Expected attributions of the examples' shape {x.shape}; received {values.shape}.")
    rows = []
    for fraction in fractions:
        metrics = []
        for order in (-own, random.random(own.shape)):
            changed = flat.copy()
            chosen = np.argsort(order, axis=1, kind="stable")[:, : round(fraction * flat.shape[1])]
            np.put_along_axis(changed, chosen, fill, axis=1)
            metrics.append(train(changed.reshape(x.shape)))
        rows.append((fraction, *metrics))
    return pd.DataFrame(rows, columns=["fraction", "largest", "random"])


def _mean_and_std(values: np.ndarray) -> tuple[float, float]:
    """Return mean and standard deviation of the sequences that have a value; NaN if none has."""
    known = np.asarray(values)[np.isfinite(values)]
    return (float(known.mean()), float(known.std())) if len(known) else (np.nan, np.nan)


def _correlations(a: np.ndarray, b: np.ndarray, *, ranks: bool = False) -> np.ndarray:
    """Return the correlation of each row of `a` with that of `b`; NaN where one is constant."""
    from scipy.stats import rankdata

    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if ranks:
        a, b = rankdata(a, axis=1), rankdata(b, axis=1)
    a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    scale = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return (a * b).sum(axis=1) / np.where(scale > 0, scale, np.nan)
