"""Suites: data sets x models x seeds under one training budget, read from a YAML file.

title: Two small tables
seeds: 5                      # 0 to 4, or a list
training: {epochs: 20}        # the budget: settings of `fit` for every model
baselines: [majority, logistic_regression]
baseline_seeds: 1             # of forests and boosting, if all seeds take too long; also per data set
datasets:
  - name: breast_cancer
    metrics: [auroc, accuracy]       # the first decides the order of the leaderboard
    models: [logistic, {name: mlp, config: {units: [64]}, training: {epochs: 50}}]
    published:
      - {name: A paper's model, metrics: {auroc: 0.99}, source: "doi:...", protocol: 5-fold cross-validation}
  - name: my_visits                  # files of your own: options of `Dataset.from_csv` and the like, paths from this file's folder
    files: {csv: visits.csv, label: diagnosis, group: patient}
    metrics: [accuracy]
    models: [mlp]
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from deepbio.benchmark.baselines import BASELINES, RANDOM_BASELINES, baselines_of
from deepbio.benchmark.suite_format import SuiteFacts
from deepbio.catalog import catalog_folder
from deepbio.datasets import dataset_card, names_files, rebuild
from deepbio.datasets.load import SOURCES
from deepbio.documents import check_content, parse_file
from deepbio.errors import DataError, nearest
from deepbio.metrics import metric
from deepbio.zoo.registry import model_spec

_FILES = {*SOURCES, "bed", "vcf", "bigwig", "genome"}  # options that name files or folders
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_KEYS = {
    "suite": ["title", "about", "seeds", "training", "baselines", "baseline_seeds", "threads", "datasets"],
    "data set": [
        "name",
        "label",
        "files",
        "options",
        "metrics",
        "training",
        "baselines",
        "baseline_seeds",
        "models",
        "published",
    ],
    "model": ["name", "label", "config", "training"],
    "published number": ["name", "metrics", "source", "protocol", "kind"],
}


@dataclass(frozen=True)
class SuiteRun:
    """One model or baseline on one data set with one seed: the unit of work of a suite.

    Args:
        dataset, options: Name and options of the data set.
        model, config, training: Name, options and settings of `fit`. A baseline has neither options nor settings.
        seed: Seed of weights, order and dropout.
        baseline: Whether `model` is one of `deepbio.benchmark.BASELINES`.
        threads: Number of processor threads. Another number can change the last digits of a sum.
        data_label, label: Names of data set and model in the leaderboard.
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
    def name(self) -> str:
        """Name of the model in the leaderboard."""
        return self.label or self.model

    @property
    def key(self) -> str:
        """Name of the run's files: data set, model, seed and a hash of all that decides its numbers."""
        decisive = {name: value for name, value in asdict(self).items() if name not in ("data_label", "label")}
        digest = hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()
        return f"{self.data_label or self.dataset}/{self.name}/seed-{self.seed}-{digest[:10]}"


@dataclass(frozen=True)
class Published:
    """A number that others published. It is shown beside ours and never computed here.

    The kind `"limit"` is the best that any model can reach, which is known for synthetic data.
    """

    name: str
    metrics: dict[str, float]
    source: str
    protocol: str
    kind: Literal["published", "limit"] = "published"


@dataclass(frozen=True)
class SuiteDataset:
    """One data set of a suite: its metrics (the first decides the order), its runs, the published numbers and its title."""

    name: str
    label: str
    metrics: tuple[str, ...]
    runs: tuple[SuiteRun, ...]
    published: tuple[Published, ...] = ()
    title: str = ""


@dataclass(frozen=True)
class Suite:
    """A named plan of runs, grouped by data set."""

    name: str
    title: str
    about: str
    datasets: tuple[SuiteDataset, ...]

    def runs(self) -> Iterator[SuiteRun]:
        """Yield every run, data set by data set."""
        for dataset in self.datasets:
            yield from dataset.runs

    def with_seeds(self, count: int) -> Suite:
        """Return the suite with its first `count` seeds only.

        Raises:
            DataError: `count` is less than 1.
        """
        if count < 1:
            raise DataError(f"A suite needs at least one seed; received {count}.")
        kept = sorted({run.seed for run in self.runs() if not run.baseline})[:count]
        return self._filtered(lambda run: run.seed in kept or (run.baseline and run.seed == 0))

    def only(self, wanted: str) -> Suite:
        """Return the part of the suite with the label `wanted`: a data set, or `DATASET/MODEL`.

        Raises:
            DataError: the suite has no such part.
        """
        names = {run.key.rsplit("/", 1)[0] for run in self.runs()}
        if wanted not in names | {name.split("/")[0] for name in names}:
            raise DataError(f"The suite {self.name} has no {wanted!r}. {nearest(wanted, names)}")
        return self._filtered(lambda run: f"{run.key}/".startswith(f"{wanted}/"))

    def _filtered(self, is_kept: Callable[[SuiteRun], bool]) -> Suite:
        datasets = [replace(part, runs=tuple(filter(is_kept, part.runs))) for part in self.datasets]
        return replace(self, datasets=tuple(part for part in datasets if part.runs))


def list_suites() -> list[str]:
    """Return the names of the suites that come with deepbio.

    Example:
        >>> "quick" in list_suites()
        True
    """
    return sorted(file.stem for file in catalog_folder("suites").glob("*.yaml"))


def read_suite(name: str | Path) -> Suite:
    """Read a suite that comes with deepbio by its name, or another by the path of its YAML file.

    Raises:
        DataError: the suite, or a data set, baseline, metric or key in it, does not exist; the message suggests the nearest
            name.
        ModelError: a model does not exist.

    Example:
        >>> suite = read_suite("quick")
        >>> len({run.key for run in suite.runs()}) == len(list(suite.runs()))
        True
    """
    file = Path(name)
    if file.suffix not in (".yaml", ".yml"):
        file = catalog_folder("suites") / f"{name}.yaml"
        if not file.is_file():
            raise DataError(f"Unknown suite {str(name)!r}. {nearest(str(name), list_suites())}")
    try:
        plan = parse_file(file)
    except OSError as error:
        raise DataError(f"Expected a suite at {file}; {error.strerror}.") from error
    _check_keys(plan, "suite", file, required=("title", "datasets"))
    check_content(plan, SuiteFacts, str(file))
    datasets = tuple(_read_dataset(part, plan, file) for part in plan["datasets"])
    keys = [run.key for dataset in datasets for run in dataset.runs]
    if len(set(keys)) < len(keys):
        repeated = sorted({key.rsplit("/", 1)[0] for key in keys if keys.count(key) > 1})
        raise DataError(f"{file} contains {', '.join(repeated)} twice. Set another `label` for one of them.")
    return Suite(file.stem, plan["title"], str(plan.get("about", "")).strip(), datasets)


def _read_dataset(part: Any, plan: Mapping[str, Any], file: Path) -> SuiteDataset:
    _check_keys(part, "data set", file, required=("name", "metrics"))
    if not part.get("models") and not part.get("baselines", plan.get("baselines")):
        raise DataError(f"{file}: a data set needs 'models', 'baselines' or both.")
    options = {**(part.get("options") or {}), **(part.get("files") or {})}
    if names_files(options):
        options = {key: _beside(file, value) if key in _FILES else value for key, value in options.items()}
        data = rebuild(str(part["name"]), options)
        dataset, kind, title = data.name, data.task.kind, "Own files"
    else:
        card = dataset_card(part["name"])
        dataset, kind, title = card.name, card["task"], card["title"]
    label = _label(part, file)
    for name in part["metrics"]:
        if kind not in metric(name).kinds:
            raise DataError(f"{file}: the metric {name!r} does not suit {dataset}, which is {kind}.")
    seeds = plan.get("seeds", 1)
    seeds = list(range(seeds)) if isinstance(seeds, int) else [int(seed) for seed in seeds]
    common: dict[str, Any] = {"dataset": dataset, "options": options, "data_label": label}
    common["threads"] = int(plan.get("threads", 1))
    runs = []
    for entry in part.get("models") or []:
        model: Any = {"name": entry} if isinstance(entry, str) else entry
        _check_keys(model, "model", file, required=("name",))
        model_spec(model["name"].split(".")[0])
        training = {**(plan.get("training") or {}), **(part.get("training") or {}), **(model.get("training") or {})}
        more = {"config": dict(model.get("config") or {}), "training": training, "label": _label(model, file)}
        runs += [SuiteRun(model=model["name"], seed=seed, **common, **more) for seed in seeds]
    for name in part.get("baselines", plan.get("baselines", [])):
        if name not in BASELINES:
            raise DataError(f"{file}: unknown baseline {name!r}. {nearest(str(name), BASELINES)}")
        if name not in baselines_of(kind):
            suitable = ", ".join(baselines_of(kind)) or "none"
            raise DataError(
                f"{file}: the baseline {name!r} does not suit {dataset}, which is {kind}. Those that do: {suitable}."
            )
        count = int(part.get("baseline_seeds", plan.get("baseline_seeds", len(seeds))))
        used = seeds[:count] if name in RANDOM_BASELINES else [0]
        runs += [SuiteRun(model=name, seed=seed, baseline=True, label=name, **common) for seed in used]
    published = tuple(_read_published(number, part["metrics"], file) for number in part.get("published") or [])
    return SuiteDataset(dataset, label, tuple(part["metrics"]), tuple(runs), published, title)


def _beside(file: Path, value: Any) -> Any:
    """Return a path, or a mapping of paths, as seen from the folder of the suite's file."""
    if isinstance(value, Mapping):
        return {name: _beside(file, one) for name, one in value.items()}
    return str((file.parent / str(value)).resolve())


def _read_published(part: Any, metrics: list[str], file: Path) -> Published:
    _check_keys(part, "published number", file, required=("name", "metrics", "source", "protocol"))
    kind = part.get("kind", "published")
    if kind not in ("published", "limit"):
        raise DataError(f"{file}: {part['name']} is of the kind {kind!r}. {nearest(str(kind), ('published', 'limit'))}")
    for name in part["metrics"]:
        if name not in metrics:
            raise DataError(f"{file}: {part['name']} has {name!r}, which is no column here. {nearest(name, metrics)}")
        low, high = metric(name).bounds or (-math.inf, math.inf)
        if not low <= part["metrics"][name] <= high:
            raise DataError(
                f"{file}: {name} is between {low:g} and {high:g}; {part['name']} has {part['metrics'][name]:g}. Divide percentages "
                "by 100."
            )
    numbers = {name: float(value) for name, value in part["metrics"].items()}
    return Published(part["name"], numbers, part["source"], part["protocol"], kind)


def _label(part: Mapping[str, Any], file: Path) -> str:
    label = str(part.get("label", part["name"]))
    if not _NAME.fullmatch(label):
        raise DataError(f"{file}: a label consists of letters, digits, '_', '.' and '-'; received {label!r}.")
    return label


def _check_keys(part: Any, what: str, file: Path, *, required: tuple[str, ...]) -> None:
    if not isinstance(part, Mapping):
        raise DataError(f"{file}: a {what} is a mapping of names to values; received {part!r}.")
    for key in part:
        if key not in _KEYS[what]:
            raise DataError(f"{file}: a {what} has no {key!r}. {nearest(str(key), _KEYS[what])}")
    for key in required:
        if not part.get(key):
            raise DataError(f"{file}: a {what} needs {key!r}.")
