"""Whether a trunk will help, before it is used: LogME and H-score of its embeddings, beside those of the raw input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from deepbio.datasets import Dataset
from deepbio.errors import DataError, TrainingError
from deepbio.inference.embeddings import embed_source, embedding_model
from deepbio.inference.forward import model_outputs
from deepbio.layers import OneHot
from deepbio.specs import Task
from deepbio.training.finetuning.start import starting_point

_MAX_RAW = 4096  # features of the raw input


@dataclass(frozen=True)
class Transferability:
    """Scores of a trunk on a training split.

    Args:
        log_me: LogME of the embeddings: log evidence per example and target of a Bayesian linear model.
        log_me_raw: The same of the raw input: pixels (at most 32 per side), one-hot bases or standardised columns.
        h_score: Regularised H-score of the embeddings: variance between classes over variance; NaN without classes.
        h_score_raw: The same of the raw input.
        examples: Number of training examples.
    """

    log_me: float
    log_me_raw: float
    h_score: float
    h_score_raw: float
    examples: int

    @property
    def gain(self) -> float:
        """LogME of the embeddings less that of the raw input."""
        return self.log_me - self.log_me_raw

    @property
    def helps(self) -> bool:
        """Whether the trunk explains the labels better than the raw input does."""
        return self.gain > 0

    def __str__(self) -> str:
        verdict = (
            "the trunk explains the labels better than the raw input does"
            if self.helps
            else "the raw input explains the labels as well: compare with training from scratch before you rely on this trunk"
        )
        return (
            f"LogME {self.log_me:.3f} (raw input {self.log_me_raw:.3f}), H-score {self.h_score:.3f} (raw {self.h_score_raw:.3f}) on "
            f"{self.examples} training examples: {verdict}."
        )


def transferability(
    model_or_name: Any, data: Dataset, *, adapter: str = "auto", member: int | None = None, seed: int = 0
) -> Transferability:
    """Score a trunk on the training split of new data, without training: will its features help?

    The embeddings are those that `finetune` would use, at the size that it would choose, and are cached for it. Validation and test
    splits are not used.

    Args:
        model_or_name: What `finetune` takes.
        data: New data with classes, labels or values per example.
        adapter, member, seed: As for `finetune`.

    Raises:
        DataError: The training split lacks a class.
        ModelError: The model does not fit the data.
        TrainingError: The task has an answer per position.

    Source: You et al. 2021, arXiv:2102.11005 (LogME); Bao et al. 2019, arXiv:2212.10082 (H-score); Ibrahim et al. 2022,
    arXiv:2110.06893 (its shrinkage).
    """
    if not data.task.answers_once:
        raise TrainingError(f"A transferability score needs one answer per example; the task is {data.task.kind}.")
    data.check_classes()
    start = starting_point(model_or_name, data, head="new", adapter=adapter, seed=seed, member=member)
    own = embed_source(embedding_model(start.model), data.train.x)
    raw, y = raw_features(data), np.asarray(data.train.y)
    classes = data.task.kind in ("binary", "multiclass")
    scores = [h_score(x, y) if classes else float("nan") for x in (own, raw)]
    return Transferability(log_me(own, y, data.task), log_me(raw, y, data.task), scores[0], scores[1], len(y))


def raw_features(data: Dataset) -> np.ndarray:
    """Return the training examples as the simplest features: one-hot bases, pixels, standardised columns or counts of words."""
    x, input = data.train.x, data.input
    if input.modality == "text":
        ids = np.asarray(x[np.arange(len(x))])
        counts = np.zeros((len(ids), input.vocabulary_size), np.float32)
        np.add.at(counts, (np.arange(len(ids))[:, None], ids), 1)
        used = np.argsort(-counts.sum(axis=0))[:_MAX_RAW]
        return np.log1p(counts[:, used])
    inputs: Any = keras.Input(input.shape, dtype=input.dtype)
    if input.modality == "dna":
        side = max(0, input.shape[0] - _MAX_RAW // 4)
        features = keras.layers.Cropping1D((side // 2, side - side // 2))(OneHot()(inputs))
    elif input.modality == "image" and max(input.shape[:2]) > 32:
        features = keras.layers.Resizing(32, 32)(inputs)
    else:
        features = inputs
    found = model_outputs(keras.Model(inputs, keras.layers.Flatten()(features)), x).astype(np.float64)
    return np.nan_to_num(found)


def log_me(x: np.ndarray, y: np.ndarray, task: Task, *, iterations: int = 100) -> float:
    """Compute LogME: the maximised log evidence of Bayesian linear regression of the labels on features, per example and target.

    Classes are regressed one against the others. Features are standardised and targets centred, so that scale and offset do not
    count. (A constant column would be shrunk like the features, and where these explain little, the mean would count as error.)

    Args:
        x: Features `(n, features)`.
        y: Labels or values of `task`.
        task: Task with classes, labels or values per example.
        iterations: Most updates of the two precisions.

    Example:
        >>> y = np.array([0, 1] * 20)
        >>> good, bad = y[:, None] + 0.0, np.random.default_rng(0).normal(size=(40, 1))
        >>> log_me(good, y, Task.classify(("a", "b"))) > log_me(bad, y, Task.classify(("a", "b")))
        True
    """
    x = np.asarray(x, np.float64)
    if len(x) < 2:
        raise DataError(f"LogME needs at least two examples; received {len(x)}.")
    std = x.std(axis=0)
    x = (x - x.mean(axis=0)) / np.where(std > 1e-8, std, 1.0)
    u, s, _ = np.linalg.svd(x, full_matrices=False)
    targets = np.asarray(y, np.float64).reshape(len(x), -1)
    if task.kind == "multiclass":
        targets = np.eye(task.outputs)[np.asarray(y, int).reshape(-1)]
    targets = targets - targets.mean(axis=0)
    if task.kind == "regression":
        targets = targets / np.where(targets.std(axis=0) > 0, targets.std(axis=0), 1.0)
    return float(np.mean([_evidence(u, s, column, x.shape[1], iterations) for column in targets.T]))


def _evidence(u: np.ndarray, s: np.ndarray, y: np.ndarray, features: int, iterations: int) -> float:
    """Return the log evidence per example; precision alpha of weights and beta of noise are updated to their fixed point."""
    n, z = len(y), u.T @ y
    outside = max(float(y @ y - z @ z), 0.0)  # what no weights can explain
    alpha = beta = 1.0
    for _ in range(iterations):
        shrink = alpha / (alpha + beta * s**2)
        gamma = float((beta * s**2 / (alpha + beta * s**2)).sum())
        squared = float(((beta * s * z / (alpha + beta * s**2)) ** 2).sum())
        residual = float(((shrink * z) ** 2).sum()) + outside
        new = gamma / max(squared, 1e-12), (n - gamma) / max(residual, 1e-12)
        done = abs(new[0] / new[1] - alpha / beta) <= 1e-4 * alpha / beta
        alpha, beta = min(max(new[0], 1e-8), 1e8), min(max(new[1], 1e-8), 1e8)
        if done:
            break
    shrink = alpha / (alpha + beta * s**2)
    squared = float(((beta * s * z / (alpha + beta * s**2)) ** 2).sum())
    residual = float(((shrink * z) ** 2).sum()) + outside
    logdet = float(np.log(alpha + beta * s**2).sum()) + (features - len(s)) * np.log(alpha)
    evidence = (
        features * np.log(alpha) + n * np.log(beta) - beta * residual - alpha * squared - logdet - n * np.log(2 * np.pi)
    )
    return float(evidence / (2 * n))


def h_score(x: np.ndarray, y: np.ndarray) -> float:
    """Compute the H-score: the trace of inverse covariance times covariance of class means, with Ledoit and Wolf's shrinkage.

    Args:
        x: Features `(n, features)`.
        y: Class of each example.

    Returns:
        0 to the number of classes less one; higher means that the classes are further apart.
    """
    from sklearn.covariance import ledoit_wolf

    x, y = np.asarray(x, np.float64), np.asarray(y).reshape(-1)
    centred = x - x.mean(axis=0)
    std = centred.std(axis=0)
    centred = centred[:, std > 1e-8] / std[std > 1e-8]
    if not centred.shape[1]:
        return 0.0
    # the same inner products in at most n dimensions
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    z = u * s
    covariance, shrinkage = ledoit_wolf(z, assume_centered=True)
    means = np.stack([z[y == k].mean(axis=0) for k in np.unique(y)])
    share = np.array([(y == k).mean() for k in np.unique(y)])
    between = (means * share[:, None]).T @ means
    return float((1 - shrinkage) * np.trace(np.linalg.pinv(covariance, hermitian=True) @ between))
