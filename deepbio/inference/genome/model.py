"""A model over a genome: predictions of windows on one strand or both, brought to the positions of the genome."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from deepbio.errors import ModelError
from deepbio.inference.genome.lines import Predicted
from deepbio.inference.genome.windows import Windows
from deepbio.inference.passes import Passes
from deepbio.inference.predict import postprocess
from deepbio.sequence import reverse_complement
from deepbio.specs import Task
from deepbio.zoo import describe

if TYPE_CHECKING:
    import keras

_VALUES = {
    "binary": "probability of the label",
    "multiclass": "probability of each label",
    "multilabel": "probability of each label",
    "regression": "predicted value",
    "counts": "expected count in the window",
    "per_position": "probability of each label at each base",
    "profile": "fraction of the window's counts at each base",
}


def check_model(model: keras.Model, *, strands: str, expected_counts: bool) -> tuple[int, int | None]:
    """Return the length of a model's windows, and the number of positions that it predicts, None without positions.

    Raises:
        ModelError: the model does not take DNA or has no task, or an option does not suit it.
    """
    record = describe(model)
    if record.input is None or record.input.modality != "dna":
        raise ModelError(f"A genome is predicted by models that take DNA; {model.name} takes another input.")
    task = record.task
    if task is None:
        raise ModelError(
            f"{model.name} does not know its task: build it with get_model(..., dataset=...), or load a preset."
        )
    if expected_counts and (
        task.kind != "profile" or record.config.get("head", "both") != "both" or record.architecture != "bpnet"
    ):
        raise ModelError(
            "Expected counts are for bpnet with both heads, whose outputs are logarithms of counts; leave the option out."
        )
    if task.kind not in ("per_position", "profile"):
        return model.input_shape[1], None
    length, positions = model.input_shape[1], model.output_shape[1]
    if strands != "forward" and (length - positions) % 2:
        raise ModelError(
            f"The {positions} positions are not in the middle of windows of {length} bases: use strands='forward'."
        )
    if strands == "both" and {"acceptor", "donor"} & set(task.labels):
        raise ModelError(
            "Splice sites are on one strand: their average over both means nothing. Write strands='forward' for genes of the plus "
            "strand and strands='reverse' for those of the minus strand."
        )
    return length, positions


def check_models(models: Sequence[keras.Model], *, strands: str, expected_counts: bool) -> tuple[int, int | None]:
    """Return the length of the windows of one or several models, and the number of positions that they predict.

    Raises:
        ModelError: there is no model, `check_model` refuses one, or they differ in windows, positions or task.
    """
    if not models:
        raise ModelError("A prediction over a genome needs at least one model; the list is empty.")
    found = [check_model(model, strands=strands, expected_counts=expected_counts) for model in models]
    if len(set(found)) > 1:
        sizes = (f"{n} bases" + (f" for {positions} positions" if positions else "") for n, positions in found)
        raise ModelError(f"Models that are averaged take equal windows; received {', '.join(sizes)}.")
    tasks = [describe(model).task for model in models]
    if other := next((task for task in tasks if task != tasks[0]), None):
        raise ModelError(f"Models that are averaged predict the same; received {tasks[0]} and {other}.")
    return found[0]


class GenomeModel:
    """Predictions of windows of a genome by one model, or the averages of those of several.

    Args:
        models: Models that `check_models` accepted.
        passes: Each model on its devices.
        strands: `"forward"`, `"reverse"` or `"both"`.
        expected_counts: Whether a profile is returned as expected counts.
    """

    def __init__(
        self, models: Sequence[keras.Model], passes: Sequence[Passes], *, strands: str, expected_counts: bool
    ) -> None:
        records = [describe(model) for model in models]
        assert records[0].task is not None
        self.task: Task = records[0].task
        names = [
            (record.weights or model.name).rstrip("/").rpartition("/")[2]
            for record, model in zip(records, models, strict=True)
        ]
        self.name = names[0] if len(names) == 1 else f"average of {', '.join(names)}"
        self.length, self.positions = check_models(models, strands=strands, expected_counts=expected_counts)
        self.strands, self.step = strands, passes[0].size * passes[0].replicas
        # thresholds are of the probabilities of one model, not of an average
        known = records[0].postprocessing if len(records) == 1 else None
        self.thresholds = known.thresholds if known else ()
        self.values = "expected count at each base" if expected_counts else _VALUES[self.task.kind]
        self._members, self._counts = list(zip(models, passes, strict=True)), expected_counts

    @property
    def outputs(self) -> list[str]:
        """Names of the values; two classes have one, the probability of the second."""
        labels = list(self.task.labels)
        if self.task.kind == "binary":
            return labels[1:] or ["1"]
        return labels or [str(i) for i in range(self.task.outputs)]

    def predict(self, windows: Windows) -> Predicted:
        """Predict windows."""
        found = []
        if self.strands != "reverse":
            found.append(self._one(windows.codes))
        if self.strands != "forward":
            reverse = self._one(reverse_complement(windows.codes))
            found.append(reverse if self.positions is None else reverse[:, ::-1])
        p = np.mean(found, axis=0)
        strands = np.where(windows.minus ^ (self.strands == "reverse"), "-", "+" if self.strands != "both" else ".")
        if self.positions is None:
            values = list(p.reshape(len(p), 1, -1).astype(np.float32))
            return Predicted(
                windows.ids, windows.chromosomes, windows.starts, windows.ends, strands.tolist(), p, values
            )
        values = list(self._of_bases(windows, p))
        return Predicted(windows.ids, windows.chromosomes, windows.starts, windows.ends, strands.tolist(), p, values)

    def _one(self, codes: np.ndarray) -> np.ndarray:
        found = [self._of_member(model, passes(codes)) for model, passes in self._members]
        return found[0] if len(found) == 1 else np.mean(found, axis=0)

    def _of_member(self, model: keras.Model, outputs: np.ndarray) -> np.ndarray:
        if self._counts:
            return np.exp(outputs.astype(np.float64))
        return postprocess(model, outputs, task=None, logits=False, calibrated=True)

    def _of_bases(self, windows: Windows, p: np.ndarray) -> Iterator[np.ndarray]:
        """Yield the values of each window's bases, in the direction of the plus strand."""
        assert self.positions is not None
        before = self.length // 2 - self.positions // 2  # as in `deepbio.inference.positions`
        after = self.length - self.positions - before
        spans = zip(windows.starts.tolist(), windows.ends.tolist(), windows.window_starts.tolist(), strict=True)
        for (start, end, first), minus, values in zip(spans, windows.minus.tolist(), p, strict=True):
            first += after if minus else before
            yield (values[::-1] if minus else values)[start - first : end - first].astype(np.float32)
