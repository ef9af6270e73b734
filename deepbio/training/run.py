"""`Run`: the result of `fit`, and the folder that it writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from deepbio.datasets import Dataset
from deepbio.datasets.batches import StreamedSplit
from deepbio.inference.evaluate import Evaluation
from deepbio.replacement import replace_files
from deepbio.training.logs import as_csv
from deepbio.training.settings import Settings
from deepbio.zoo import describe, save_preset
from deepbio.zoo.preprocessing import preprocessing_in_words
from deepbio.zoo.preset import write_json

if TYPE_CHECKING:
    import keras

    from deepbio.report import Result
    from deepbio.training.finetuning.plan import FineTuningPlan


@dataclass(frozen=True, eq=False)
class Run:
    """A finished training run.

    Args:
        model: Model with its final (or best) weights.
        settings: Settings as they were used.
        history: Values per epoch: `loss`, `val_loss`, the monitored metric, the user's metrics, `learning_rate`, `seconds`.
        valid: Evaluation on the validation split. The test split is not used by `fit`.
        user_metrics: Metrics of `fit(metrics=...)` by name, for the final weights on the validation split.
        seed: Seed of order and dropout.
        seconds: Seconds of training.
        folder: Folder of the preset, if `out` was given.
        plan: Fine-tuning plan; `None` if the training began from scratch.
        joules: Energy of the processor packages while it trained; `None` if it cannot be read or the run was resumed.
    """

    model: keras.Model = field(repr=False)
    settings: Settings
    history: dict[str, list[float]] = field(repr=False)
    valid: Evaluation
    user_metrics: dict[str, float]
    seed: int
    seconds: float
    folder: Path | None = None
    plan: FineTuningPlan | None = field(default=None, repr=False)
    joules: float | None = None


def write_run(run: Run, data: Dataset, out: Path) -> None:
    """Write a run's preset folder: history, metrics, recipe, card and the preset itself, all of them or none."""
    record = describe(run.model)
    dataset = {"name": data.name, "options": data.options, "fingerprint": data.fingerprint()}
    rows = (dict(zip(run.history, values, strict=True)) for values in zip(*run.history.values(), strict=True))
    rows = [{"epoch": i, **{k: f"{v:.6g}" for k, v in row.items()}} for i, row in enumerate(rows, start=1)]
    extra = {"user_metrics": run.user_metrics} if run.user_metrics else {}
    extra |= {} if run.joules is None else {"joules": round(run.joules, 1)}
    metrics = {"valid": run.valid.to_dict(), "train_seconds": round(run.seconds, 3), **extra}
    calibration = record.postprocessing.calibration if record.postprocessing else None
    settings = {**run.settings.to_dict(), "patience": run.settings.patience or 0}
    if run.plan is not None:
        settings = run.plan.settings_of_recipe(settings)
    recipe = {
        "model": {"name": record.architecture, "config": _plain(record.config), "seed": record.seed},
        "dataset": {"name": data.name, "options": _plain(data.options), "fingerprint": dataset["fingerprint"]},
        "training": {**_plain(settings), "seed": run.seed},
    }
    if run.plan is not None:
        recipe["finetune"] = _plain(run.plan.to_dict())
    if calibration is not None:
        recipe["training"]["calibration"] = calibration.to_dict()["method"]
    text = yaml.safe_dump(recipe, sort_keys=False)
    files = {"history.csv": as_csv(rows), "recipe.yaml": text, "card.md": _card(run, data)}
    with replace_files(out) as stage:
        write_json(stage / "metrics.json", metrics)
        for name, content in files.items():
            (stage / name).write_text(content, encoding="utf-8")
        write_run_report(run, data, stage, recipe=text)
        save_preset(run.model, stage, dataset=dataset)


def _card(run: Run, data: Dataset) -> str:
    from deepbio.report.model_card import rounded

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
        **({"finetuned_from": run.plan.origin["model"]} if run.plan and run.plan.origin.get("model") else {}),
        "seed": run.seed,
        "valid": rounded(run.valid.metrics),
    }
    made = "fine-tuned" if run.plan is not None else "trained"
    lost = run.settings.to_dict().get("not_reproducible")
    again = f"cannot train it again without its {', '.join(lost)}" if lost else "trains it again"
    front = yaml.safe_dump(facts, sort_keys=False, allow_unicode=True)
    return (
        f"---\n{front}---\n"
        f"`{facts['architecture']}` {made} on `{data.name}` by deepbio. `recipe.yaml` {again}.\n\n"
        f"{preprocessing_in_words(run.model)}\n\n"
        f"Intended use: research and teaching. Not for the care of patients.\n\n"
        f"The figures under `valid` are estimates on the validation split with 95% intervals. The split also served to\n"
        f"choose the weights if training stopped early, so they are optimistic; evaluate on the test split once.\n"
    )


def _plain(values: Any) -> Any:
    if isinstance(values, Mapping):
        return {key: _plain(value) for key, value in values.items()}
    return [_plain(value) for value in values] if isinstance(values, (list, tuple)) else values


def write_run_report(run: Run, data: Dataset, out: Path, *, recipe: str = "") -> Path:
    """Write `report.html` of a run: curves and metrics of the validation split, card and recipe."""
    from deepbio.datasets import read_card

    name = describe(run.model).architecture or run.model.name
    result = run_result(run, data, model=name, card=read_card(out).text, recipe=recipe)
    return write_results([result], data, out, title=f"{name} on {data.name}")


def run_result(run: Run, data: Dataset, *, model: str, **more: Any) -> Result:
    """Return a run as a result for a report, under the name `model`."""
    from deepbio.report import Result

    # a report marks the best epoch, and does not know which way is better for the user's own metrics
    own = run.user_metrics.keys() - {metric for metric in run.settings.metrics if isinstance(metric, str)}
    history = {name: values for name, values in run.history.items() if name.removeprefix("val_") not in own}
    facts = {"seed": str(run.seed), **_training_size(data)}
    more |= {"history": history, "seconds": run.seconds, "parameters": int(run.model.count_params()), "facts": facts}
    return Result.of(run.valid, data, model=model, split="valid", **more)


def _training_size(data: Dataset) -> dict[str, str]:
    if isinstance(data.train, StreamedSplit):
        return {"training batches": str(data.train.steps)}
    return {"training examples": str(len(data.train))}


def write_results(results: Sequence[Result], data: Dataset, out: Path, *, title: str) -> Path:
    """Write `report.html` of results on one data set."""
    from deepbio.report import write_report

    cards = {data.name: data.card.text} if data.card else {}
    return write_report(results, out / "report.html", title=title, cards=cards)
