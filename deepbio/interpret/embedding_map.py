"""A map of embeddings: two coordinates per example by principal components or UMAP, and its picture."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepbio.errors import DataError, OptionalDependencyError, nearest
from deepbio.files import write_atomically

METHODS = ("pca", "umap")
_COLORS = ("#1f6f9e", "#d98c1f", "#3a8f5c", "#a13d63", "#6b6b6b", "#7a5fb5", "#b5a12f", "#2f8f8f", "#c0504d", "#4f4f9e")


def project(embeddings: np.ndarray, *, method: str = "pca", seed: int = 0) -> tuple[np.ndarray, float]:
    """Return two coordinates per example, and the fraction of the variance that they keep.

    Args:
        embeddings: `(n, features)`, at least three examples.
        method: `"pca"`: the first two principal components of standardised columns; or `"umap"` (McInnes et al. 2018,
            arXiv:1802.03426), which needs the package umap-learn. Distances between far groups mean nothing in UMAP.
        seed: Seed of UMAP.

    Returns:
        float64 `(n, 2)`, and the fraction of variance of the two components; NaN for UMAP.

    Raises:
        DataError: Too few examples, or an unknown method.
        OptionalDependencyError: umap-learn is not installed.

    Example:
        >>> points, share = project(np.random.default_rng(0).normal(size=(20, 5)))
        >>> points.shape, bool(0.4 < share < 1)
        ((20, 2), True)
    """
    if method not in METHODS:
        raise DataError(f"Unknown method {method!r}. {nearest(method, METHODS)}")
    if embeddings.ndim != 2 or len(embeddings) < 3:
        raise DataError(
            f"A map needs embeddings (n, features) of three examples or more; received shape {embeddings.shape}."
        )
    std = embeddings.std(axis=0)
    z = np.asarray((embeddings - embeddings.mean(axis=0)) / np.where(std > 1e-8, std, 1.0), np.float64)
    if method == "umap":
        try:
            umap: Any = importlib.import_module("umap")
        except ImportError as error:
            raise OptionalDependencyError(
                "UMAP needs the package umap-learn. Install it with: pip install umap-learn; or use method='pca'."
            ) from error
        return np.asarray(umap.UMAP(random_state=seed, n_jobs=1).fit_transform(z), np.float64), float("nan")
    u, s, _ = np.linalg.svd(z, full_matrices=False)
    points = np.zeros((len(z), 2))
    points[:, : min(2, len(s))] = (u * s)[:, :2]
    signs = np.sign(points[np.abs(points).argmax(axis=0), (0, 1)])  # the sign of a component is arbitrary
    return points * np.where(signs == 0, 1, signs), float((s[:2] ** 2).sum() / max((s**2).sum(), 1e-12))


def draw_embeddings(
    points: np.ndarray, y: np.ndarray, out: str | Path, *, labels: Sequence[str] = (), title: str = ""
) -> Path:
    """Draw a map as PNG: a dot per example, coloured by class, or by value if there are no labels.

    Args:
        points: Coordinates `(n, 2)` of `project`.
        y: Class or value of each example.
        out: Path of the picture.
        labels: Names of the classes.
        title: Title.

    Returns:
        The path.
    """
    import matplotlib.pyplot as plt

    y, path = np.asarray(y).reshape(len(points), -1)[:, 0], Path(out)
    figure, axis = plt.subplots(figsize=(6.4, 5.2), layout="constrained")
    names = list(labels) or []
    if names:
        for k, name in enumerate(names):
            rows = y == k
            dots = {"color": _COLORS[k % len(_COLORS)], "label": f"{name} ({rows.sum()})"}
            axis.scatter(*points[rows].T, s=9, alpha=0.7, linewidths=0, **dots)
        axis.legend(frameon=False, fontsize=9)
    else:
        figure.colorbar(axis.scatter(*points.T, s=9, c=y, cmap="viridis", linewidths=0), ax=axis)
    axis.set(xticks=[], yticks=[], title=title)
    axis.spines[["top", "right"]].set_visible(False)
    with write_atomically(path) as beside:
        figure.savefig(beside, dpi=120, format="png")
    plt.close(figure)
    return path
