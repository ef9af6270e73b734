"""Suites: data sets x models x seeds under one training budget, read from a YAML file.

title: Two small tables
seeds: 5                      # 0 to 4, or a list
training: {epochs: 20}        # the budget: settings of `fit` for every model
baselines: [majority, logistic_regression]
baseline_seeds: 1             # of forests and boosting, where all seeds would take too long; also for one data set
datasets:
  - name: breast_cancer
    metrics: [auroc, accuracy]       # the first decides the order of the leaderboard
    models: [logistic, {name: mlp, config: {units: [64]}, training: {epochs: 50}}]
    published:
      - {name: A paper's model, metrics: {auroc: 0.99}, source: "doi:...", protocol: 5-fold cross-validation}
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import yaml

from deepbio.benchmark.baselines import BASELINES, RANDOM_BASELINES
from deepbio.catalog import suites_folder
from deepbio.datasets import dataset_card
from deepbio.errors import DataError, nearest
from deepbio.metrics import metric
from deepbio.zoo.registry import model_spec

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_KEYS = {
    "suite": ("title", "about", "seeds", "training", "baselines", "baseline_seeds", "threads", "datasets"),
    "data set": (
        "name",
        "label",
        "options",
        "metrics",
        "training",
        "baselines",
        "baseline_seeds",
        "models",
        "published",
    ),
    "model": ("name", "label", "config", "training"),
    "published number": ("name", "metrics", "source", "protocol", "kind"),
}


@dataclass(frozen=True)
class Cell:
    """One model (or baseline) on one data set with one seed: the unit of work, and of what is lost when it stops.

    Args:
        dataset, options: name and options of the data set.
        model, config, training: name, options and settings of `fit`. A baseline has none of the last two.
        seed: of weights, order and dropout.
        baseline: whether `model` is one of `deepbio.benchmark.BASELINES`.
        threads: processor threads that compute it: another number can change the last digits of a sum.
        data_label, label: how the leaderboard names data set and model.
    """

    dataset: str
    model: str
    seed: int
    options: dict[str, Any] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    baseline: bool = False
    threads: int = 1
    data_label: str = ""
    label: str = ""

    @property
    def key(self) -> str:
        """Name of the cell's files: data set, model, seed and a hash of all that decides its numbers."""
        decisive = {name: value for name, value in asdict(self).items() if name not in ("data_label", "label")}
        digest = hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()
        return f"{self.data_label or self.dataset}/{self.label or self.model}/seed-{self.seed}-{digest[:10]}"


@dataclass(frozen=True)
class Published:
    """A number that others published, beside which ours stands: never computed here.

    With the kind `"limit"`: the best that any model could do, known where the data were made up.
    """

    name: str
    metrics: dict[str, float]
    source: str
    protocol: str
    kind: Literal["published", "limit"] = "published"


@dataclass(frozen=True)
class Entry:
    """One data set of a suite: its metrics (the first decides the order), its cells and the published numbers."""

    name: str
    label: str
    metrics: tuple[str, ...]
    cells: tuple[Cell, ...]
    published: tuple[Published, ...] = ()


@dataclass(frozen=True)
class Suite:
    """A named plan of cells, grouped by data set."""

    name: str
    title: str
    about: str
    entries: tuple[Entry, ...]

    def cells(self) -> Iterator[Cell]:
        """Yield every cell, data set by data set."""
        for entry in self.entries:
            yield from entry.cells

    def with_seeds(self, count: int) -> Suite:
        """Return the suite with its first `count` seeds only.

        Raises:
            DataError: `count` is under 1.
        """
        if count < 1:
            raise DataError(f"A suite needs at least one seed; received {count}.")
        kept = sorted({cell.seed for cell in self.cells() if not cell.baseline})[:count]
        entries = tuple(
            replace(entry, cells=tuple(c for c in entry.cells if c.seed in kept or (c.baseline and c.seed == 0)))
            for entry in self.entries
        )
        return replace(self, entries=entries)

    def only(self, wanted: str) -> Suite:
        """Return the part of the suite whose data set, or `DATASET/MODEL`, is named so.

        Raises:
            DataError: nothing is named so.
        """
        names = {cell.key.rsplit("/", 1)[0] for cell in self.cells()}
        if wanted not in names | {name.split("/")[0] for name in names}:
            raise DataError(f"The suite {self.name} has no {wanted!r}. {nearest(wanted, names)}")
        entries = tuple(
            replace(entry, cells=tuple(c for c in entry.cells if f"{c.key}/".startswith(f"{wanted}/")))
            for entry in self.entries
        )
        return replace(self, entries=tuple(entry for entry in entries if entry.cells))


def list_suites() -> list[str]:
    """Return the names of the suites that come with deepbio.

    Example:
        >>> "quick" in list_suites()
        True
    """
    return sorted(file.stem for file in suites_folder().glob("*.yaml"))


def read_suite(name: str | Path) -> Suite:
    """Read a suite that comes with deepbio by its name, or any other by the path of its YAML file.

    Raises:
        DataError: no such suite, or a data set, model, baseline, metric or key that does not exist, with the nearest names.
        ModelError: an unknown model.

    Example:
        >>> suite = read_suite("quick")
        >>> len({cell.key for cell in suite.cells()}) == len(list(suite.cells()))
        True
    """
    file = Path(name)
    if file.suffix not in (".yaml", ".yml"):
        file = suites_folder() / f"{name}.yaml"
        if not file.is_file():
            raise DataError(f"Unknown suite {str(name)!r}. {nearest(str(name), list_suites())}")
    try:
        plan = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"Expected a suite at {file}; {error.strerror}.") from error
    except yaml.YAMLError as error:
        raise DataError(f"{file} is not valid YAML: {error}") from error
    _check_keys(plan, "suite", file, needed=("title", "datasets"))
    entries = tuple(_entry(part, plan, file) for part in plan["datasets"])
    keys = [cell.key for entry in entries for cell in entry.cells]
    if len(set(keys)) < len(keys):
        twice = sorted({key.rsplit("/", 1)[0] for key in keys if keys.count(key) > 1})
        raise DataError(f"{file} plans {', '.join(twice)} twice. Give one of them another label.")
    return Suite(file.stem, plan["title"], str(plan.get("about", "")).strip(), entries)


def _entry(part: Any, plan: Mapping[str, Any], file: Path) -> Entry:
    _check_keys(part, "data set", file, needed=("name", "metrics", "models"))
    card = dataset_card(part["name"])
    label = _label(part, file)
    for name in part["metrics"]:
        if card["task"] not in metric(name).kinds:
            raise DataError(f"{file}: the metric {name!r} does not suit {card.name}, which is {card['task']}.")
    seeds = plan.get("seeds", 1)
    seeds = list(range(seeds)) if isinstance(seeds, int) else [int(seed) for seed in seeds]
    common: dict[str, Any] = {"dataset": card.name, "options": dict(part.get("options") or {}), "data_label": label}
    common["threads"] = int(plan.get("threads", 1))
    cells = []
    for said in part["models"]:
        model: Any = {"name": said} if isinstance(said, str) else said
        _check_keys(model, "model", file, needed=("name",))
        model_spec(model["name"].split(".")[0])
        training = {**(plan.get("training") or {}), **(part.get("training") or {}), **(model.get("training") or {})}
        more = {"config": dict(model.get("config") or {}), "training": training, "label": _label(model, file)}
        cells += [Cell(model=model["name"], seed=seed, **common, **more) for seed in seeds]
    for name in part.get("baselines", plan.get("baselines", [])):
        if name not in BASELINES:
            raise DataError(f"{file}: unknown baseline {name!r}. {nearest(str(name), BASELINES)}")
        most = part.get("baseline_seeds", plan.get("baseline_seeds", len(seeds)))
        drawn = seeds[: int(most)] if name in RANDOM_BASELINES else [0]
        cells += [Cell(model=name, seed=seed, baseline=True, label=name, **common) for seed in drawn]
    published = tuple(_published(number, part["metrics"], file) for number in part.get("published") or [])
    return Entry(card.name, label, tuple(part["metrics"]), tuple(cells), published)


def _published(part: Any, metrics: list[str], file: Path) -> Published:
    _check_keys(part, "published number", file, needed=("name", "metrics", "source", "protocol"))
    kind = part.get("kind", "published")
    if kind not in ("published", "limit"):
        raise DataError(f"{file}: {part['name']} is of the kind {kind!r}. {nearest(str(kind), ('published', 'limit'))}")
    for name in part["metrics"]:
        if name not in metrics:
            raise DataError(f"{file}: {part['name']} gives {name!r}, which is no column here. {nearest(name, metrics)}")
    numbers = {name: float(value) for name, value in part["metrics"].items()}
    return Published(part["name"], numbers, part["source"], part["protocol"], kind)


def _label(part: Mapping[str, Any], file: Path) -> str:
    label = str(part.get("label", part["name"]))
    if not _NAME.fullmatch(label):
        raise DataError(f"{file}: a label holds letters, digits, '_', '.' and '-'; received {label!r}.")
    return label


def _check_keys(part: Any, what: str, file: Path, *, needed: tuple[str, ...]) -> None:
    if not isinstance(part, Mapping):
        raise DataError(f"{file}: a {what} is a mapping of names to values; received {part!r}.")
    for key in part:
        if key not in _KEYS[what]:
            raise DataError(f"{file}: a {what} has no {key!r}. {nearest(str(key), _KEYS[what])}")
    for key in needed:
        if not part.get(key):
            raise DataError(f"{file}: a {what} needs {key!r}.")
