"""What goes into a model, how it is read from files, and what comes out: `ModelInput`, `Reading` and `Task`, all JSON-able."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, get_args

import numpy as np

from deepbio.errors import DataError, nearest

Modality = Literal["dna", "image", "table", "text"]
Kind = Literal["binary", "multiclass", "multilabel", "regression", "counts", "per_position", "per_pixel", "profile"]
Activation = Literal["sigmoid", "softmax", "identity", "exp", "softmax_positions"]

MODALITIES: tuple[Modality, ...] = get_args(Modality)
RECORD = "_deepbio_record"  # attribute of a model: its record
RANKS = {"dna": 1, "image": 3, "table": 1, "text": 1}  # number of dimensions of one example
_DTYPES = {"dna": "uint8", "image": "uint8", "table": "float32", "text": "int32"}
_ACTIVATIONS: dict[str, Activation] = {
    "binary": "sigmoid",
    "multiclass": "softmax",
    "multilabel": "sigmoid",
    "regression": "identity",
    "counts": "exp",
    "per_position": "softmax",
    "per_pixel": "softmax",
    "profile": "softmax_positions",
}
# Keras's name of each activation, and the axis over which a softmax adds up to one.
KERAS_ACTIVATIONS: dict[Activation, tuple[str, int]] = {
    "sigmoid": ("sigmoid", -1),
    "softmax": ("softmax", -1),
    "softmax_positions": ("softmax", -2),
    "identity": ("linear", -1),
    "exp": ("exponential", -1),
}


@dataclass(frozen=True)
class ModelInput:
    """One example as the host sends it to the model: bytes, ids or floats, never one-hot.

    Args:
        modality: `"dna"`, `"image"`, `"table"` or `"text"`.
        shape: Shape of one example. DNA `(length,)` of uint8 codes (A C G T = 0 1 2 3, all else 4);
            image `(height, width, channels)` of uint8 pixels; table `(features,)` of float32; text `(tokens,)` of int32
            ids with 0 for padding.
        features: Names of the columns of a table.
        mean, std: Mean and standard deviation of each column of a table in the training split. The model standardises with them.
        categories: Categories of each column of a table, empty for numbers. A column of categories contains their positions,
            and -1 for a category that training did not contain. The model encodes them one-hot.
        fill: Value of a missing cell (NaN) in each column of a table: the median of the training split, or -1 for
            categories; None in columns that had no missing cell, where none is allowed.
        indicators: Whether the model also sees which cells of a column were missing.
        tokenizer: JSON of a tokenizer, as the `tokenizers` library writes it, for text. Fitted on the training split only.

    Example:
        >>> ModelInput("dna", (600,)).dtype
        'uint8'
    """

    modality: Modality
    shape: tuple[int, ...]
    features: tuple[str, ...] = ()
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    tokenizer: str | None = None
    categories: tuple[tuple[str, ...], ...] = ()
    fill: tuple[float | None, ...] = ()
    indicators: tuple[bool, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "categories", tuple(tuple(map(str, levels)) for levels in self.categories))
        if self.modality not in MODALITIES:
            raise DataError(f"Unknown modality {self.modality!r}. {nearest(str(self.modality), MODALITIES)}")
        object.__setattr__(self, "shape", tuple(int(n) for n in self.shape))
        rank = RANKS[self.modality]
        if len(self.shape) != rank or any(n < 1 for n in self.shape):
            expected = f"The shape of one {self.modality} example has {rank} positive dimension(s)"
            raise DataError(f"{expected}; received {self.shape}.")
        for name in ("features", "mean", "std", "categories", "fill", "indicators"):
            values = tuple(getattr(self, name))
            object.__setattr__(self, name, values)
            if values and len(values) != self.shape[0]:
                raise DataError(f"{name} names {len(values)} columns; the shape {self.shape} has {self.shape[0]}.")
        std = np.array(self.std, np.float64)
        for column in np.flatnonzero(~((std > 0) & np.isfinite(std))):
            expected = "The standard deviation of each column must be positive and finite"
            raise DataError(f"{expected}; column {column + 1} has {self.std[column]}.")

    @property
    def dtype(self) -> str:
        """Dtype that the host sends: uint8 for DNA and images, float32 for tables, int32 for text."""
        return _DTYPES[self.modality]

    @property
    def vocabulary_size(self) -> int:
        """Number of token ids of a text, including padding (0) and unknown (1)."""
        if self.tokenizer is None:
            raise DataError("This input has no tokenizer: build it with a text data set.")
        return len(json.loads(self.tokenizer)["model"]["vocab"])

    def categories_by_name(self) -> dict[str, list[str]]:
        """Return the categories of the columns of a table that have some.

        Example:
            >>> ModelInput("table", (2,), ("age", "sex"), categories=((), ("f", "m"))).categories_by_name()
            {'sex': ['f', 'm']}
        """
        named = zip(self.features, self.categories, strict=False)
        return {name: list(levels) for name, levels in named if levels}

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able dictionary that `from_dict` reads back."""
        return {key: value for key, value in asdict(self).items() if value not in ((), None)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ModelInput:
        """Build a `ModelInput` from a dictionary that `to_dict` returned.

        Raises:
            DataError: A key that is no field of `ModelInput`.

        Example:
            >>> ModelInput.from_dict({"modality": "dna", "shape": [60]}) == ModelInput("dna", (60,))
            True
        """
        valid = [field.name for field in fields(cls)]
        if unknown := [key for key in values if key not in valid]:
            raise DataError(f"An input has no {unknown[0]!r}. {nearest(unknown[0], valid)}")
        parts: Any = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
        return cls(**parts)


@dataclass(frozen=True)
class Reading:
    """How files become the input of a model: the kind of file, and the options with which its examples are read.

    A data set built from files records it (`Dataset.reading`), and a model trained on that data set keeps it in its preset, so
    that new files are read as those of training were.

    Args:
        source: Kind of file, named as the constructor of `Dataset`: `"csv"`, `"manifest"`, `"folder"`, `"bed"` and so on.
        options: Options of that constructor which decide how one example is read, such as `window` or `text`, as plain values.

    Example:
        >>> reading = Reading("folder", {"window": [40.0, 400.0]})
        >>> Reading.from_dict(reading.to_dict()) == reading
        True
    """

    source: str
    options: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able dictionary that `from_dict` reads back."""
        return {"source": self.source, "options": dict(self.options)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Reading:
        """Build a `Reading` from a dictionary that `to_dict` returned.

        Raises:
            DataError: The dictionary has no source and options.
        """
        source, options = values.get("source"), values.get("options", {})
        if not isinstance(source, str) or not isinstance(options, Mapping):
            raise DataError("Expected a reading as {'source': NAME, 'options': {...}}; received something else.")
        return cls(source, dict(options))


@dataclass(frozen=True)
class Task:
    """What the model predicts: kind, number of outputs and names of the labels. The kind decides activation and loss.

    The last layer of every model is linear. `probabilities` applies the activation to its logits.

    | kind | y | logits | activation |
    |---|---|---|---|
    | binary | (n,) 0/1 | (n, 1) | sigmoid |
    | multiclass | (n,) class index | (n, outputs) | softmax |
    | multilabel | (n, outputs) 0/1, NaN = unknown | (n, outputs) | sigmoid |
    | regression | (n, outputs) | (n, outputs) | identity |
    | counts | (n, outputs) | (n, outputs) | exp |
    | per_position | (n, length) class index | (n, length, outputs) | softmax |
    | per_pixel | (n, height, width) class index, -1 unknown | (n, height, width, outputs) | softmax |
    | profile | (n, length, outputs) counts | (n, length, outputs) | softmax over positions |

    Args:
        kind: Kind of the task.
        outputs: Number of outputs.
        labels: Names of the classes or outputs.
        mean, std: Of a regression, mean and standard deviation of each target in the training split. A model built for the task
            learns standardized targets, and its last layer returns values in the unit of the targets.

    Example:
        >>> Task.classify(("neither", "donor", "acceptor")).activation
        'softmax'
        >>> Task.classify(("benign", "malignant")).outputs
        1
    """

    kind: Kind
    outputs: int
    labels: tuple[str, ...] = ()
    mean: tuple[float, ...] = field(default=(), compare=False)
    std: tuple[float, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if self.kind not in _ACTIVATIONS:
            raise DataError(f"Unknown kind of task {self.kind!r}. {nearest(str(self.kind), _ACTIVATIONS)}")
        object.__setattr__(self, "labels", tuple(self.labels))
        for name in ("mean", "std"):
            values = tuple(float(value) for value in getattr(self, name))
            object.__setattr__(self, name, values)
            if values and (self.kind != "regression" or len(values) != self.outputs or not np.isfinite(values).all()):
                raise DataError(
                    f"{name} of the targets is one finite number per output of a regression; received {len(values)} for a "
                    f"{self.kind} task of {self.outputs} output(s)."
                )
        expected = self.num_classes
        if self.outputs < 1 or (self.kind == "binary" and self.outputs != 1):
            raise DataError(f"A {self.kind} task cannot have {self.outputs} outputs.")
        if self.labels and len(self.labels) != expected:
            needed = f"A {self.kind} task of {self.outputs} output(s) needs {expected} labels"
            raise DataError(f"{needed}; received {len(self.labels)}.")

    @classmethod
    def classify(cls, labels: tuple[str, ...] | list[str]) -> Task:
        """Return the task of choosing one of `labels`: binary for two (the second is positive), multiclass for more."""
        labels = tuple(labels)
        if len(labels) < 2:
            raise DataError(f"Classification needs at least two labels; received {list(labels)}.")
        return cls("binary", 1, labels) if len(labels) == 2 else cls("multiclass", len(labels), labels)

    @property
    def activation(self) -> Activation:
        """Name of the function that turns logits into probabilities, rates or values."""
        return _ACTIVATIONS[self.kind]

    @property
    def is_classification(self) -> bool:
        """Whether each example has exactly one class (binary or multiclass)."""
        return self.kind in ("binary", "multiclass")

    @property
    def num_classes(self) -> int:
        """Number of classes, where a binary task has two and one output; of other tasks the number of outputs."""
        return 2 if self.kind == "binary" else self.outputs

    @property
    def answers_once(self) -> bool:
        """Whether each example has one answer of classes, labels or values, rather than counts or one per position or pixel."""
        return self.kind in ("binary", "multiclass", "multilabel", "regression")

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Turn logits into probabilities, rates or values, in float64 and without overflow.

        Example:
            >>> Task("binary", 1).probabilities(np.array([[0.0]]))
            array([[0.5]])
        """
        z = np.asarray(logits, dtype=np.float64)
        function, axis = KERAS_ACTIVATIONS[self.activation]
        if function == "softmax":
            e = np.exp(z - z.max(axis=axis, keepdims=True))
            return e / e.sum(axis=axis, keepdims=True)
        if function == "sigmoid":
            e = np.exp(-np.abs(z))
            return np.where(z >= 0, 1.0, e) / (1.0 + e)
        return np.exp(z) if function == "exponential" else z

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able dictionary that `from_dict` reads back."""
        scale = {"mean": list(self.mean), "std": list(self.std)} if self.std else {}
        return {"kind": self.kind, "outputs": self.outputs, "labels": list(self.labels), **scale}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Task:
        """Build a `Task` from a dictionary that `to_dict` returned.

        Example:
            >>> Task.from_dict(Task("counts", 3).to_dict()) == Task("counts", 3)
            True
        """
        parts = (tuple(values.get(name, ())) for name in ("labels", "mean", "std"))
        return cls(values["kind"], values["outputs"], *parts)
