"""The examples with the highest loss."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepbio.report.result import Result
from deepbio.specs import Task

_TINY = 1e-12


@dataclass(frozen=True)
class WorstError:
    """One example: its name, truth, prediction and loss."""

    name: str
    truth: str
    prediction: str
    loss: float


def worst_errors(result: Result, count: int) -> list[WorstError]:
    """Return the `count` examples with the highest loss, worst first, by name if the result has `ids`, else by number.

    The loss is the log-loss of an example; of numbers, the absolute error. Empty for profiles.
    """
    losses = example_losses(result.task, np.asarray(result.y), np.asarray(result.p))
    if losses is None:
        return []
    names = [str(i) for i in range(len(losses))] if result.ids is None else [str(name) for name in result.ids]
    order = np.argsort(-losses, kind="stable")[:count]
    return [WorstError(names[i], *_words(result, int(i)), float(losses[i])) for i in order if np.isfinite(losses[i])]


def example_losses(task: Task, y: np.ndarray, p: np.ndarray) -> np.ndarray | None:
    """Return one loss per example, `(n,)`.

    Example:
        >>> example_losses(Task("binary", 1), np.array([1, 0]), np.array([0.5, 0.5])).round(3)
        array([0.693, 0.693])
    """
    if task.kind == "profile":
        return None
    n = len(y)
    if task.kind in ("regression", "counts"):
        return np.nanmean(np.abs(y.reshape(n, -1) - p.reshape(n, -1)), axis=1)
    p = np.clip(p.astype(np.float64), _TINY, 1 - _TINY)
    if task.kind in ("multiclass", "per_position", "per_pixel"):
        own = np.take_along_axis(p, y.astype(np.int64)[..., None], axis=-1)[..., 0]
        return -np.log(own).reshape(n, -1).mean(axis=1)
    truth, p = y.reshape(n, -1).astype(np.float64), p.reshape(n, -1)
    return -np.nanmean(np.where(truth == 1, np.log(p), np.log1p(-p)) + 0 * truth, axis=1)


def _words(result: Result, i: int) -> tuple[str, str]:
    """Return truth and prediction of an example in words."""
    task, labels, y, p = result.task, result.labels, np.asarray(result.y)[i], np.asarray(result.p)[i]
    if task.kind == "binary":
        q = float(np.ravel(p)[0])
        return labels[int(np.ravel(y)[0])], f"{labels[int(q >= 0.5)]} ({max(q, 1 - q):.3f})"
    if task.kind == "multiclass":
        return labels[int(y)], f"{labels[int(p.argmax())]} ({float(p.max()):.3f})"
    if task.kind == "multilabel":
        return _listed(labels, y == 1), _listed(labels, p >= 0.5)
    if task.kind in ("per_position", "per_pixel"):
        what = "positions" if task.kind == "per_position" else "pixels"
        return f"{y.size} {what}", f"{float((p.argmax(-1) == y).mean()):.1%} right"
    return ", ".join(f"{v:.4g}" for v in np.ravel(y)[:5]), ", ".join(f"{v:.4g}" for v in np.ravel(p)[:5])


def _listed(labels: Sequence[str], chosen: np.ndarray, limit: int = 6) -> str:
    named = [label for label, yes in zip(labels, np.ravel(chosen), strict=True) if yes]
    return ", ".join(named[:limit]) + (f" and {len(named) - limit} more" if len(named) > limit else "") or "none"
