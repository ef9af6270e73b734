"""Types of the documents in a preset folder: `preset.json`, `expect.json`, `metrics.json`, and the bounds on their numbers."""

import math
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from deepbio.documents import Number, OpenPart, Part, Sha256, Word
from deepbio.specs import Kind, Modality

MAX_VALUES = 2**30  # of one example
MAX_GOLDEN = 64  # examples of golden outputs

_Size = Annotated[int, Field(ge=1, le=2**31)]
_Words = Annotated[list[Word], Field(max_length=1_000_000)]
_Floats = Annotated[list[float], Field(max_length=1_000_000)]
_FileName = Annotated[str, Field(min_length=1, max_length=255)]


def _plain(value: Any) -> Any:
    """Check that an option is a plain value whose numbers are no larger than 2**53 and whose texts are short."""
    for one in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
        _plain(one)
    if isinstance(value, dict) and not all(isinstance(key, (str, int)) for key in value):
        raise ValueError("names must be text")
    if isinstance(value, (str, list, dict)):
        bound = 10_000_000 if isinstance(value, str) else 1_000_000
        if len(value) > bound:
            raise ValueError(f"at most {bound:,} characters or entries")
    elif value is not None and not isinstance(value, (bool, int, float)):
        raise ValueError("expected text, a number, a list or a mapping")
    elif isinstance(value, (int, float)) and not (math.isfinite(value) and abs(value) <= 2**53):
        raise ValueError("expected a finite number of at most 2**53")
    return value


Plain = Annotated[Any, BeforeValidator(_plain)]
Options = Annotated[dict[Word, Plain], Field(max_length=10_000)]


class InstalledFile(Part):
    """A file of an installed package."""

    distribution: Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9])?$")]
    version: Annotated[str, Field(pattern=r"^[A-Za-z0-9.+!_-]{1,60}$")]
    file: _FileName


class PresetFile(Part):
    """A file that a preset names, with its checksum, and where it is."""

    sha256: Sha256
    file: _FileName | None = None
    installed: InstalledFile | None = None
    url: Annotated[str, Field(max_length=2000)] | None = None
    size: Annotated[int, Field(ge=0, le=2**45)] | None = None
    layers: Annotated[dict[Word, Word], Field(max_length=10_000)] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> "PresetFile":
        if sum(source is not None for source in (self.file, self.installed, self.url)) != 1:
            raise ValueError("expected one of file, installed and url")
        return self


class InputFacts(Part):
    """`deepbio.specs.ModelInput` without its tokenizer."""

    modality: Modality
    shape: Annotated[list[_Size], Field(min_length=1, max_length=4)]
    features: _Words = []
    mean: _Floats = []
    std: _Floats = []
    categories: Annotated[list[_Words], Field(max_length=1_000_000)] = []
    fill: Annotated[list[float | None], Field(max_length=1_000_000)] = []
    indicators: Annotated[list[bool], Field(max_length=1_000_000)] = []
    tokenizer: Annotated[str, Field(max_length=2**26)] | None = None  # of a saved Keras model; a preset has a file

    @model_validator(mode="after")
    def _of_one_size(self) -> "InputFacts":
        if math.prod(self.shape) > MAX_VALUES:
            raise ValueError(f"expected at most 2**30 values in one example, received shape {self.shape}")
        return self


class TaskFacts(Part):
    """`deepbio.specs.Task`."""

    kind: Kind
    outputs: Annotated[int, Field(ge=1, le=1_000_000)]
    labels: _Words = []
    mean: _Floats = []
    std: _Floats = []


class ReadingFacts(Part):
    """`deepbio.specs.Reading`."""

    source: Word
    options: Options = {}


class DatasetFacts(Part):
    """Name, options and fingerprint of the data set of a preset."""

    name: Word
    options: Options = {}
    fingerprint: Word | None = None


class _RecordFacts(Part):
    """What a preset and a saved Keras model know of the model."""

    architecture: Word | None
    config: Options
    dataset: DatasetFacts | None = None
    seed: Number | None = None
    reading: ReadingFacts | None = None
    metrics: _Words = []
    postprocessing: Options | None = None


class RecordFacts(_RecordFacts):
    """`deepbio.zoo.record.ModelRecord` in the configuration of a saved Keras model."""

    input: InputFacts | None = None
    outputs: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    task: TaskFacts | None = None
    activation_built_in: bool = False
    members: Annotated[int, Field(ge=1, le=64)] = 1


class PresetFacts(_RecordFacts):
    """`preset.json`."""

    format: int
    keras: dict[str, Any] | None = None
    input: InputFacts
    outputs: Annotated[int, Field(ge=1, le=1_000_000)]
    task: TaskFacts
    parameters: Annotated[int, Field(ge=0, le=2**40)] | None = None
    versions: Annotated[dict[Word, Word], Field(max_length=100)] = {}
    notice: Annotated[str, Field(max_length=10_000)] | None = None
    weights: PresetFile | None = None
    members: Annotated[list[PresetFile], Field(min_length=1, max_length=64)] | None = None
    files: Annotated[list[PresetFile], Field(max_length=64)] = []
    tokenizer: PresetFile | None = None

    @model_validator(mode="after")
    def _whole(self) -> "PresetFacts":
        if (self.weights is None) == (self.members is None):
            raise ValueError("names no weights, or weights and members; expected one of the two")
        if self.architecture is None and self.keras is None:
            raise ValueError("expected an architecture, or a Keras model")
        if self.tokenizer is not None and self.tokenizer.file is None:
            raise ValueError("expected the tokenizer in the folder of the preset")
        return self


class GoldenFacts(Part):
    """`expect.json`."""

    examples: Annotated[int, Field(ge=1, le=MAX_GOLDEN)]
    inputs: Literal["deepbio.zoo.golden_outputs.golden_inputs"]
    source: Annotated[str, Field(max_length=10_000)] | None = None
    tolerance: Annotated[float, Field(gt=0, le=0.01)] = 1e-5
    logits: list[Any] | None = None
    predictions: list[Any] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> "GoldenFacts":
        if (self.logits is None) == (self.predictions is None):
            raise ValueError("expected one of logits and predictions")
        return self


class Estimate(OpenPart):
    """A metric with its interval."""

    value: float | None
    low: float | None = None
    high: float | None = None


class SplitMetrics(OpenPart):
    """Metrics of one split."""

    examples: Annotated[int, Field(ge=0, le=2**53)] = 0
    metrics: Annotated[dict[Word, Estimate], Field(max_length=1000)] = {}


class RobustnessFacts(OpenPart):
    """What `deepbio robustness` found, as `deepbio card --robustness` stores it."""

    suite: Word
    split: Word
    corruptions: Annotated[str, Field(max_length=1000)] = ""
    summary: Annotated[dict[Word, Estimate], Field(max_length=100)]


class MetricsFacts(OpenPart):
    """`metrics.json`."""

    train: SplitMetrics | None = None
    valid: SplitMetrics | None = None
    test: SplitMetrics | None = None
    train_seconds: float | None = None
    user_metrics: dict[Word, Any] | None = None
    joules: float | None = None
    robustness: RobustnessFacts | None = None
