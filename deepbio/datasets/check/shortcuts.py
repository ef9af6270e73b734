"""Shortcut baselines: how well k-mer counts, pixel statistics or lengths alone separate the classes."""

import warnings
from typing import NamedTuple

import numpy as np

from deepbio.datasets.columns import design_matrix
from deepbio.datasets.dataset import Dataset
from deepbio.datasets.split import Split
from deepbio.sequence import kmer_counts

LINEAR = "A linear view of the columns"
_MAX_EXAMPLES = 5000  # of each split


class Shortcut(NamedTuple):
    """A logistic regression on a simple view of the data, trained on the training split and measured on the test split."""

    view: str
    accuracy: float
    majority: float
    auroc: float


def shortcut_baseline(data: Dataset, *, seed: int = 0) -> Shortcut | None:
    """Train a logistic regression on a simple view and measure it on the test split. Return None if a class is missing.

    The view is the counts of 3-mers for DNA; the mean, standard deviation, corners and histogram of the pixels for images;
    the numbers of tokens and of different tokens for text; the columns for tables. At most 5,000 examples per split are used.

    Example:
        >>> from deepbio.datasets import load_dataset
        >>> shortcut_baseline(load_dataset("xor")).auroc < 0.8
        True
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    random = np.random.default_rng(seed)
    (name, train_x, train_y), (_, test_x, test_y) = (_view(data, split, random) for split in (data.train, data.test))
    classes = np.unique(train_y)
    if len(classes) < 2 or not np.array_equal(classes, np.unique(test_y)):
        return None
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200, tol=1e-3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a baseline that has not converged fully is accurate enough
        model.fit(train_x, train_y)
    p = model.predict_proba(test_x)
    auroc = roc_auc_score(test_y, p[:, 1] if len(classes) == 2 else p, multi_class="ovr")
    accuracy = float((classes[p.argmax(axis=1)] == test_y).mean())
    majority = float((test_y == np.bincount(train_y).argmax()).mean())
    return Shortcut(name, round(accuracy, 4), round(majority, 4), round(float(auroc), 4))


def _view(data: Dataset, split: Split, random: np.random.Generator) -> tuple[str, np.ndarray, np.ndarray]:
    chosen = np.sort(random.permutation(len(split))[:_MAX_EXAMPLES])
    x, y = np.asarray(split.x[chosen]), np.asarray(split.y)[chosen]
    if data.input.modality == "dna":
        return "Counts of 3-mers", kmer_counts(x, min(3, x.shape[1])).astype(np.float64), y
    if data.input.modality == "image":
        flat = x.reshape(len(x), -1).astype(np.float64)
        edge = x[:, (0, 0, -1, -1), (0, -1, 0, -1)].reshape(len(x), -1).astype(np.float64)
        bins = np.stack([np.bincount(row, minlength=16)[:16] for row in (flat // 16).astype(int)])
        return "Pixel statistics", np.column_stack([flat.mean(axis=1), flat.std(axis=1), edge, bins]), y
    if data.input.modality == "text":
        sizes = [((row != 0).sum(), len(np.unique(row))) for row in x]
        return "Lengths of the notes", np.array(sizes, dtype=np.float64), y
    return (
        LINEAR,
        (design_matrix(data.input, x) if data.input.categories or data.input.fill else x).astype(np.float64),
        y,
    )
