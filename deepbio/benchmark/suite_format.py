"""Types of the entries of a suite's YAML file. Names of entries are checked where the suite is read, which suggests the nearest."""

from typing import Annotated, Any

from pydantic import Field

from deepbio.documents import OpenPart, Word

_Options = dict[Word, Any]
_Count = Annotated[int, Field(ge=0, le=10_000)]
_Seed = Annotated[int, Field(ge=0, lt=2**31)]


class PublishedFacts(OpenPart):
    """A number that others published."""

    name: Word | None = None
    metrics: dict[Word, float] = {}
    source: Word | None = None
    protocol: Word | None = None
    kind: Word = "published"


class ModelFacts(OpenPart):
    """A model, its options and its training."""

    name: Word | None = None
    label: Word | None = None
    config: _Options | None = None
    training: _Options | None = None


class DatasetFacts(OpenPart):
    """A data set, and the models and baselines to run on it."""

    name: Word | None = None
    label: Word | None = None
    files: _Options | None = None
    options: _Options | None = None
    metrics: list[Word] = []
    training: _Options | None = None
    baselines: list[Word] = []
    baseline_seeds: _Count = 0
    models: list[Word | ModelFacts] = []
    published: list[PublishedFacts] | None = None


class SuiteFacts(OpenPart):
    """The file of a suite."""

    title: Word | None = None
    about: Annotated[str, Field(max_length=20_000)] | None = None
    seeds: _Count | list[_Seed] = 1
    training: _Options | None = None
    baselines: list[Word] = []
    baseline_seeds: _Count = 0
    threads: _Count = 1
    datasets: list[DatasetFacts] = []
