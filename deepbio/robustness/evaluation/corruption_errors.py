"""`corruption_errors`: the balanced error of a model under each corruption and severity, with intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.errors import DataError
from deepbio.inference import predict
from deepbio.metrics import Estimate, bootstrap_weights, interval
from deepbio.robustness.corruptions.corruption import SEVERITIES, Corruption

if TYPE_CHECKING:
    import keras

_RESAMPLES = 1000


@dataclass(frozen=True, eq=False)
class CorruptionErrors:
    """Which predictions are wrong, without damage and under each corruption.

    All errors are balanced: the mean over classes of the fraction that is predicted wrongly. Intervals are those of a bootstrap
    of the examples of each class, the same resamples for every corruption.

    Args:
        names: Names of the corruptions.
        groups: Group of each corruption.
        y: Class of each example.
        clean: Which predictions are wrong without damage, bool `(n,)`.
        wrong: Which are wrong under each corruption and severity, bool `(corruptions, severities, n)`.
        severities: Severities.
    """

    names: tuple[str, ...]
    groups: tuple[str, ...]
    y: np.ndarray = field(repr=False)
    clean: np.ndarray = field(repr=False)
    wrong: np.ndarray = field(repr=False)
    severities: tuple[int, ...] = SEVERITIES

    def clean_error(self) -> Estimate:
        """Return the balanced error without damage."""
        return self._estimate(lambda clean, wrong: clean)

    def error(self, name: str, severity: int | None = None) -> Estimate:
        """Return the balanced error under one corruption, the mean over severities if none is named."""
        k = self._index(name)
        if severity is None:
            return self._estimate(lambda clean, wrong: wrong[k].mean(axis=0))
        if severity not in self.severities:
            raise DataError(f"The severities are {self.severities}; received {severity}.")
        s = self.severities.index(severity)
        return self._estimate(lambda clean, wrong: wrong[k, s])

    def mean_error(self) -> Estimate:
        """Return the mean over corruptions and severities."""
        return self._estimate(lambda clean, wrong: wrong.mean(axis=(0, 1)))

    def increase(self) -> Estimate:
        """Return how much larger the mean error is than that without damage."""
        return self._estimate(lambda clean, wrong: wrong.mean(axis=(0, 1)) - clean, bounds=None)

    def mce(self, reference: Mapping[str, float]) -> Estimate:
        """Return the mean corruption error: errors as a multiple of a reference model's, averaged over corruptions.

        Hendrycks and Dietterich 2019 (arXiv:1903.12261), with balanced errors as MedMNIST-C has them.

        Args:
            reference: Error of the reference model by corruption, each a mean over severities.
        """
        against = self._reference(reference)
        return self._estimate(lambda clean, wrong: (wrong.mean(axis=1) / against[:, None]).mean(axis=0), bounds=None)

    def relative_mce(self, reference: Mapping[str, float], clean: float) -> Estimate:
        """Return the relative corruption error: increases of the error as a multiple of a reference model's.

        Args:
            reference: Error of the reference model by corruption, each a mean over severities.
            clean: Error of the reference model without damage.
        """
        against = self._reference(reference) - clean
        if (against == 0).any():
            raise DataError("A reference model whose error does not increase has no relative error to compare with.")
        return self._estimate(
            lambda own, wrong: ((wrong.mean(axis=1) - own) / against[:, None]).mean(axis=0), bounds=None
        )

    def _reference(self, reference: Mapping[str, float]) -> np.ndarray:
        missing = [name for name in self.names if name not in reference]
        if missing:
            raise DataError(f"The reference needs an error of each corruption; {', '.join(missing)} are missing.")
        return np.array([reference[name] for name in self.names])

    def _index(self, name: str) -> int:
        if name not in self.names:
            raise DataError(f"The corruptions are {', '.join(self.names)}; received {name!r}.")
        return self.names.index(name)

    def _estimate(
        self, statistic: Callable[[np.ndarray, np.ndarray], np.ndarray], bounds: tuple[float, float] | None = (0.0, 1.0)
    ) -> Estimate:
        value, resampled = statistic(*self._errors[0])[0], statistic(*self._errors[1])
        smallest = int(np.unique(self.y, return_counts=True)[1].min())
        return interval(float(value), resampled, bounds=bounds, units=smallest)

    @property
    def _errors(self) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
        """The balanced errors of the examples themselves and of the resamples: clean, and under each corruption."""
        if "_computed" not in self.__dict__:
            rows = np.concatenate([self.clean[None], self.wrong.reshape(-1, len(self.y))]).astype(np.float64)
            found = []
            for weights in (np.ones((1, len(self.y))), np.concatenate(list(self._resamples()))):
                each = np.zeros((len(weights), len(rows)))
                classes = np.unique(self.y)
                for k in classes:
                    own = np.where(self.y == k, weights, 0.0)
                    each += own @ rows.T / own.sum(axis=1, keepdims=True) / len(classes)
                shape = (*self.wrong.shape[:2], len(weights))
                found.append((each[:, 0], each[:, 1:].T.reshape(shape)))
            object.__setattr__(self, "_computed", tuple(found))
        return self.__dict__["_computed"]

    def _resamples(self):
        return bootstrap_weights(len(self.y), n_resamples=_RESAMPLES, seed=0, strata=self.y)


def corruption_errors(
    model: keras.Model,
    x: Any,
    y: np.ndarray,
    corruptions: Mapping[str, Corruption],
    *,
    severities: Sequence[int] = SEVERITIES,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> CorruptionErrors:
    """Predict damaged examples.

    Args:
        model: Model of classes, binary or multiclass.
        x: Examples as `predict` takes them: images, DNA codes, rows of a table, or a list of notes.
        y: Class of each example.
        corruptions: Corruptions by name, such as `imagenet_c(28)`, `medmnist_c("pathmnist")`, `DNA_CORRUPTIONS`,
            `NOTE_CORRUPTIONS` or `table_corruptions(train)`.
        severities: Severities from 1 to 5.
        seed: Random seed.
        progress: Function that is called with the number of corruptions done and their total.

    Raises:
        DataError: No corruption or example, or classes that do not fit.

    Example:
        >>> from deepbio.robustness import imagenet_c
        >>> from deepbio.zoo import get_model
        >>> model = get_model("lenet5", input_shape=(28, 28, 1), outputs=2, seed=1)
        >>> images = np.random.default_rng(0).integers(0, 256, (8, 28, 28, 1)).astype(np.uint8)
        >>> found = corruption_errors(model, images, np.arange(8) % 2, imagenet_c(28), severities=[1, 5])
        >>> found.wrong.shape
        (15, 2, 8)
    """
    truth = np.asarray(y)
    if not corruptions or not len(truth):
        raise DataError("Expected one corruption and one example at least.")
    if truth.shape != (len(x),) or truth.dtype.kind not in "iub":
        raise DataError(f"y is one class per example ({len(x)}); received {truth.dtype} {truth.shape}.")

    def wrong_of(examples: Any) -> np.ndarray:
        z = np.asarray(predict(model, examples, logits=True, calibrated=False))
        return ((z.reshape(-1) > 0) if z.size == len(truth) else z.argmax(axis=-1)) != truth

    found = []
    for k, one in enumerate(corruptions.values()):
        found.append([wrong_of(one(x, severity, seed=seed)) for severity in severities])
        if progress is not None:
            progress(k + 1, len(corruptions))
    names, groups = tuple(corruptions), tuple(one.group for one in corruptions.values())
    return CorruptionErrors(names, groups, truth, wrong_of(x), np.array(found), tuple(severities))
