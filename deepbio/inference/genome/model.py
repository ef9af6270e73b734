"""A model over a genome: predictions of windows on one strand or both, brought to the positions of the genome."""

from __future__ import annotations

from collections.abc import Iterator
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


class GenomeModel:
    """Predictions of windows of a genome.

    Args:
        model: Model that `check_model` accepted.
        passes: The model on its devices.
        strands: `"forward"`, `"reverse"` or `"both"`.
        expected_counts: Whether a profile is returned as expected counts.
    """

    def __init__(self, model: keras.Model, passes: Passes, *, strands: str, expected_counts: bool) -> None:
        record = describe(model)
        assert record.task is not None
        self.task: Task = record.task
        self.name = (record.weights or model.name).rstrip("/").rpartition("/")[2]
        self.length, self.positions = check_model(model, strands=strands, expected_counts=expected_counts)
        self.strands, self.step = strands, passes.size * passes.replicas
        self.thresholds = record.postprocessing.thresholds if record.postprocessing else ()
        self.values = "expected count at each base" if expected_counts else _VALUES[self.task.kind]
        self._model, self._passes, self._counts = model, passes, expected_counts

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
        outputs = self._passes(codes)
        if self._counts:
            return np.exp(outputs.astype(np.float64))
        return postprocess(self._model, outputs, task=None, logits=False, calibrated=True)

    def _of_bases(self, windows: Windows, p: np.ndarray) -> Iterator[np.ndarray]:
        """Yield the values of each window's bases, in the direction of the plus strand."""
        assert self.positions is not None
        before = self.length // 2 - self.positions // 2  # as in `deepbio.inference.positions`
        after = self.length - self.positions - before
        spans = zip(windows.starts.tolist(), windows.ends.tolist(), windows.window_starts.tolist(), strict=True)
        for (start, end, first), minus, values in zip(spans, windows.minus.tolist(), p, strict=True):
            first += after if minus else before
            yield (values[::-1] if minus else values)[start - first : end - first].astype(np.float32)
