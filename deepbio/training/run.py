"""`Run`: what `fit` gives back, and the folder it leaves."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from deepbio.datasets import Dataset
from deepbio.files import write_atomically
from deepbio.inference.evaluate import Evaluation
from deepbio.training.settings import Settings
from deepbio.zoo import describe, save_preset
from deepbio.zoo.preprocessing import preprocessing_in_words
from deepbio.zoo.preset import write_json

if TYPE_CHECKING:
    import keras

    from deepbio.training.finetuning.tuning import Tuning


@dataclass(frozen=True, eq=False)
class Run:
    """A finished training run.

    Args:
        model: with its final (or best) weights.
        settings: as they were used.
        history: per epoch: `loss`, `val_loss`, the monitored metric, `seconds`.
        valid: evaluation on the validation split. The test split is not touched by `fit`.
        seed: of order and dropout.
        seconds: of training.
        folder: of the preset, where `out` was given.
        tuning: of a trained model; `None` where the training began anew.
        joules: energy of the processor packages while it trained; `None` where it cannot be read, or the run was resumed.
    """

    model: keras.Model = field(repr=False)
    settings: Settings
    history: dict[str, list[float]] = field(repr=False)
    valid: Evaluation
    seed: int
    seconds: float
    folder: Path | None = None
    tuning: Tuning | None = field(default=None, repr=False)
    joules: float | None = None


def write_run(run: Run, data: Dataset, out: Path) -> None:
    """Write a run's preset folder: history, metrics, recipe, card, and the preset itself last."""
    record = describe(run.model)
    dataset = {"name": data.name, "options": data.options, "fingerprint": data.fingerprint()}
    with write_atomically(out / "history.csv") as beside:
        beside.write_text(_history_csv(run.history), encoding="utf-8")
    energy = {} if run.joules is None else {"joules": round(run.joules, 1)}
    write_json(out / "metrics.json", {"valid": run.valid.to_dict(), "train_seconds": round(run.seconds, 3), **energy})
    calibration = record.postprocessing.calibration if record.postprocessing else None
    recipe = {
        "model": {"name": record.architecture, "config": _plain(record.config), "seed": record.seed},
        "dataset": {"name": data.name, "options": _plain(data.options), "fingerprint": dataset["fingerprint"]},
        "training": {**_plain(run.settings.to_dict()), "patience": run.settings.patience or 0, "seed": run.seed},
    }
    if run.tuning is not None:
        recipe["finetune"] = _plain(run.tuning.to_dict())
    if calibration is not None:
        recipe["training"]["calibration"] = calibration.to_dict()["method"]
    text = yaml.safe_dump(recipe, sort_keys=False)
    with write_atomically(out / "recipe.yaml") as beside:
        beside.write_text(text, encoding="utf-8")
    with write_atomically(out / "card.md") as beside:
        beside.write_text(_card(run, data), encoding="utf-8")
    write_run_report(run, data, out, recipe=text)
    save_preset(run.model, out, dataset=dataset)


def _history_csv(history: Mapping[str, list[float]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["epoch", *history])
    for epoch, values in enumerate(zip(*history.values(), strict=True), start=1):
        writer.writerow([epoch, *(f"{value:.6g}" for value in values)])
    return text.getvalue()


def _card(run: Run, data: Dataset) -> str:
    record = describe(run.model)
    facts: dict[str, Any] = {
        "name": f"{record.architecture or run.model.name}.{data.name}",
        "architecture": record.architecture,
        "dataset": data.name,
        "task": data.task.kind,
        "labels": list(data.labels),
        "licence": "unstated; set it before you share the weights",
        "data_licence": data.card["licence"] if data.card else "unstated",
        "data_citation": data.card["citation"] if data.card else "unstated",
        **({"finetuned_from": run.tuning.origin["model"]} if run.tuning and run.tuning.origin.get("model") else {}),
        "seed": run.seed,
        "valid": {
            name: [round(float(v), 4) for v in (e.value, e.low, e.high)] for name, e in run.valid.metrics.items()
        },
    }
    made = "tuned" if run.tuning is not None else "trained"
    front = yaml.safe_dump(facts, sort_keys=False, allow_unicode=True)
    return (
        f"---\n{front}---\n"
        f"`{facts['architecture']}` {made} on `{data.name}` by deepbio. `recipe.yaml` trains it again.\n\n"
        f"{preprocessing_in_words(run.model)}\n\n"
        f"Intended use: research and teaching. Not for the care of patients.\n\n"
        f"The figures under `valid` are estimates on the validation split with 95% bootstrap intervals. The split also served to\n"
        f"choose the weights where training stopped early, so they are optimistic; evaluate on the test split once.\n"
    )


def _plain(values: Any) -> Any:
    if isinstance(values, Mapping):
        return {key: _plain(value) for key, value in values.items()}
    return [_plain(value) for value in values] if isinstance(values, (list, tuple)) else values


def write_run_report(run: Run, data: Dataset, out: Path, *, recipe: str = "") -> Path:
    """Write `report.html` of a run: curves and figures of the validation split, card and recipe."""
    from deepbio.datasets import read_card
    from deepbio.report import Result, write_report

    record = describe(run.model)
    result = Result(
        dataset=data.name, model=record.architecture or run.model.name, split="valid", task=data.task, y=run.valid.y,
        p=run.valid.p, metrics=run.valid.metrics, history=run.history, seconds=run.seconds,
        parameters=int(run.model.count_params()), facts={"seed": str(run.seed), "training examples": str(len(data.train))},
        groups=data.valid.groups, card=read_card(out).text, recipe=recipe,
    )  # fmt: skip
    cards = {data.name: data.card.text} if data.card else {}
    return write_report([result], out / "report.html", title=f"{result.model} on {data.name}", cards=cards)
