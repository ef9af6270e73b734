"""Simple baselines from scikit-learn, on the same splits and the same inputs as the models."""

import importlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deepbio.datasets import Dataset, Split
from deepbio.datasets.columns import design_matrix
from deepbio.errors import ModelError, nearest
from deepbio.specs import ModelInput

CLASSIFIERS = ("majority", "logistic_regression", "kmer_logistic_regression", "random_forest", "gradient_boosting")
REGRESSORS = ("mean", "ridge", "random_forest", "gradient_boosting")
BASELINES = (*CLASSIFIERS, "mean", "ridge")
# The others do not depend on the seed.
RANDOM_BASELINES = ("random_forest", "gradient_boosting")
KMER = 5


@dataclass(frozen=True, eq=False)
class FittedBaseline:
    """A baseline that is fitted on the training split.

    Args:
        name: Name of the baseline.
        data: Data set that it was fitted on.
        estimators: One scikit-learn estimator, or one per label or target; none for `majority` and `mean`.
        frequency: Frequency of each class or label in the training split, or mean of each target.
        tfidf: TF-IDF weights of the training split, for text.
    """

    name: str
    data: Dataset = field(repr=False)
    estimators: list[Any] = field(repr=False)
    frequency: np.ndarray = field(repr=False)
    tfidf: Any = field(default=None, repr=False)

    @property
    def parameters(self) -> int:
        """Number of fitted numbers: coefficients, or nodes of trees (0 for `majority`)."""
        return sum(_size(estimator) for estimator in self.estimators)

    def predict(self, split: Split) -> np.ndarray:
        """Return probabilities or numbers: `(n,)` for a binary task, else `(n, outputs)`."""
        task = self.data.task
        p = np.tile(self.frequency, (len(split), 1))
        if self.estimators:
            x = _features(self.name, self.data.input, split, self.tfidf)
            if task.kind == "regression":
                p = np.stack([estimator.predict(x) for estimator in self.estimators], axis=1)
            elif task.kind == "multilabel":
                p = np.stack([_column(estimator.predict_proba(x), estimator) for estimator in self.estimators], axis=1)
            else:
                p[:] = 0.0
                p[:, self.estimators[0].classes_] = self.estimators[0].predict_proba(x)
        return p[:, 1] if task.kind == "binary" else p


def fit_baseline(name: str, data: Dataset, *, seed: int = 0, threads: int = -1) -> FittedBaseline:
    """Fit a baseline on the training split.

    Args:
        name: Name of the baseline.

            - `"majority"`: class frequencies of the training split
            - `"logistic_regression"`: L2, C = 1 (0.1 for one-hot DNA, 10 for text)
            - `"kmer_logistic_regression"`: on counts of 5-mers, for DNA
            - `"random_forest"`: 500 trees
            - `"gradient_boosting"`: scikit-learn's histogram trees, 100 rounds; not for text
            - `"mean"`: means of the training split, for numbers
            - `"ridge"`: linear regression with L2, alpha = 1 (100 for one-hot DNA and pixels), for numbers
        data: Data set. Features are the columns of a table, pixels, one-hot DNA, or TF-IDF weights of words.
        seed: Seed of the trees.
        threads: Number of threads; -1 for all. It does not change the result.

    Raises:
        ModelError: the baseline is unknown, or does not suit the data.
    """
    if name not in BASELINES:
        raise ModelError(f"Unknown baseline {name!r}. {nearest(name, BASELINES)}")
    task, modality = data.task, data.input.modality
    if name not in baselines_of(task.kind):
        suitable = ", ".join(baselines_of(task.kind)) or "none"
        raise ModelError(
            f"The baseline {name!r} does not suit {data.name}, which is {task.kind}. Those that do: {suitable}."
        )
    if name == "kmer_logistic_regression" and modality != "dna":
        raise ModelError(f"kmer_logistic_regression counts k-mers of DNA; {data.name} is {modality}.")
    if name == "gradient_boosting" and modality == "text":
        raise ModelError(
            "gradient_boosting does not accept sparse text features; use logistic_regression or random_forest."
        )
    y = np.asarray(data.train.y)
    y = y.reshape(len(y), -1) if task.kind == "regression" else y
    if task.kind in ("multilabel", "regression"):
        frequency = np.nanmean(y, axis=0)
    else:
        classes = task.num_classes
        frequency = np.bincount(y, minlength=classes) / len(y)
    if name in ("majority", "mean"):
        return FittedBaseline(name, data, [], frequency)
    tfidf = _fit_tfidf(data) if modality == "text" else None
    x = _features(name, data.input, data.train, tfidf)
    estimators = []
    numbers = task.kind == "regression"
    for target in y.T if task.kind == "multilabel" or numbers else [y]:
        known = ~np.isnan(target) if target.dtype.kind == "f" else slice(None)
        one_value = not numbers and len(np.unique(target[known])) == 1  # a label that all examples have, or none
        estimator = (
            _constant() if one_value else (_regressor if numbers else _classifier)(name, modality, seed, threads)
        )
        estimators.append(estimator.fit(x[known], target[known] if numbers else target[known].astype(np.int64)))
    return FittedBaseline(name, data, estimators, frequency, tfidf)


def baseline(name: str, data: Dataset, *, seed: int = 0) -> np.ndarray:
    """Fit a baseline on the training split and predict the test split; see `fit_baseline`.

    Returns:
        Probabilities or numbers, `(n,)` for a binary task, else `(n, outputs)`.
    """
    return fit_baseline(name, data, seed=seed).predict(data.test)


def baselines_of(kind: str) -> tuple[str, ...]:
    """Return the names of the baselines that suit a kind of task. Survival times are no task of deepbio.

    Example:
        >>> baselines_of("regression")
        ('mean', 'ridge', 'random_forest', 'gradient_boosting')
    """
    if kind == "regression":
        return REGRESSORS
    return CLASSIFIERS if kind in ("binary", "multiclass", "multilabel") else ()


def _regressor(name: str, modality: str, seed: int, threads: int) -> Any:
    if name in RANDOM_BASELINES:
        ensemble: Any = importlib.import_module("sklearn.ensemble")
        if name == "random_forest":
            return ensemble.RandomForestRegressor(500, random_state=seed, n_jobs=threads)
        return ensemble.HistGradientBoostingRegressor(random_state=seed)
    from sklearn.linear_model import Ridge

    return Ridge(alpha={"dna": 100.0, "image": 100.0}.get(modality, 1.0))


def _constant() -> Any:
    from sklearn.dummy import DummyClassifier

    return DummyClassifier()


def _classifier(name: str, modality: str, seed: int, threads: int) -> Any:
    if name in RANDOM_BASELINES:
        ensemble: Any = importlib.import_module("sklearn.ensemble")  # slow to import, needed here only
        if name == "random_forest":
            return ensemble.RandomForestClassifier(500, random_state=seed, n_jobs=threads)
        return ensemble.HistGradientBoostingClassifier(random_state=seed)
    from sklearn.linear_model import LogisticRegression

    if name == "kmer_logistic_regression":
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        return make_pipeline(StandardScaler(), LogisticRegression(C=0.001, max_iter=5000))
    return LogisticRegression(C={"dna": 0.1, "text": 10.0}.get(modality, 1.0), max_iter=5000)


def _features(name: str, input: ModelInput, split: Split, tfidf: Any) -> Any:
    if tfidf is not None:
        return tfidf.transform(_word_counts(split, input.vocabulary_size))
    if name == "kmer_logistic_regression":
        from deepbio.sequence import kmer_counts

        return np.sqrt(kmer_counts(np.asarray(split.x[np.arange(len(split))]), KMER)).astype(np.float32)
    return flat_features(input, split.x)


def _fit_tfidf(data: Dataset) -> Any:
    from sklearn.feature_extraction.text import TfidfTransformer

    return TfidfTransformer(sublinear_tf=True).fit(_word_counts(data.train, data.input.vocabulary_size))


def flat_features(input: ModelInput, x: Any) -> np.ndarray:
    """Return one row of numbers per example: standardized columns, pixels from 0 to 1, or one-hot DNA.

    Returns:
        Float32 `(n, values)`.
    """
    x = x[np.arange(len(x))]
    if input.modality == "dna":
        return (x[:, :, None] == np.arange(4)).reshape(len(x), -1).astype(np.float32)
    if input.modality == "image":
        return x.reshape(len(x), -1).astype(np.float32) / 255
    return design_matrix(input, x)


def _word_counts(split: Split, vocabulary: int) -> Any:
    from scipy.sparse import coo_array

    ids = split.x[np.arange(len(split))]
    rows, columns = np.nonzero(ids)
    counts = coo_array((np.ones(len(rows)), (rows, ids[rows, columns])), shape=(len(ids), vocabulary))
    return counts.tocsr()


def _column(p: np.ndarray, estimator: Any) -> np.ndarray:
    """Return the probability of 1 from an estimator that may have been fitted on one class only."""
    return p[:, list(estimator.classes_).index(1)] if 1 in estimator.classes_ else np.zeros(len(p))


def _size(estimator: Any) -> int:
    last = estimator[-1] if hasattr(estimator, "steps") else estimator
    if hasattr(last, "coef_"):
        return int(last.coef_.size + np.size(last.intercept_))
    if hasattr(last, "class_prior_"):  # of a constant
        return 1
    if hasattr(last, "estimators_"):
        return int(sum(tree.tree_.node_count for tree in last.estimators_))
    return int(sum(len(tree.nodes) for round_ in last._predictors for tree in round_))
