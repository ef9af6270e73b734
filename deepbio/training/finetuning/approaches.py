"""From scratch, linear probe, full fine-tuning and LoRA side by side, on the same data with the same settings."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras

from deepbio.datasets import Dataset
from deepbio.errors import TrainingError, nearest
from deepbio.training.finetuning.finetune import finetune
from deepbio.training.finetuning.start import starting_point
from deepbio.training.fit import fit
from deepbio.training.run import Run
from deepbio.zoo.build import build

APPROACHES: Mapping[str, dict[str, Any] | None] = {
    "scratch": None,
    "linear_probe": {"freeze": "trunk", "layer_decay": 1.0},
    "full": {},
    "lora": {"lora_rank": 8},
}


def compare_approaches(
    model_or_name: keras.Model | str | os.PathLike[str],
    data: Dataset,
    *,
    approaches: Sequence[str] = ("scratch", "linear_probe", "full"),
    out: str | os.PathLike[str] | None = None,
    seed: int = 0,
    adapter: str = "auto",
    **options: Any,
) -> dict[str, Run]:
    """Train the same architecture in several ways and put the validation figures side by side.

    Args:
        model_or_name: what `finetune` takes.
        data: new data. The test split is left alone.
        approaches: of `APPROACHES`: `"scratch"` (fresh weights), `"linear_probe"` (only the head learns), `"full"` (all learns,
            rates fall with depth), `"lora"` (rank 8).
        out: a folder for one run each and a `report.html` over all.
        adapter: see `finetune`.
        options: of `deepbio.fit`, the same for all.

    Returns:
        approach to run.
    """
    for name in approaches:
        if name not in APPROACHES:
            raise TrainingError(f"Unknown approach {name!r}. {nearest(name, APPROACHES)}")
    runs: dict[str, Run] = {}
    for name in approaches:
        how = APPROACHES[name]
        folder = None if out is None else Path(out) / name
        if how is not None:
            runs[name] = finetune(model_or_name, data, adapter=adapter, seed=seed, out=folder, **how, **options)
            continue
        record = starting_point(model_or_name, data, head="new", adapter=adapter, seed=seed).record
        assert record is not None  # else a new head is refused
        runs[name] = fit(build(record), data, out=folder, seed=seed, **options)
    if out is not None:
        _write_report(runs, data, Path(out))
    return runs


def _write_report(runs: Mapping[str, Run], data: Dataset, out: Path) -> Path:
    from deepbio.report import Result, write_report

    results = [
        Result(
            dataset=data.name, model=name.replace("_", " "), split="valid", task=data.task, y=run.valid.y, p=run.valid.p,
            metrics=run.valid.metrics, history=run.history, seconds=run.seconds, parameters=int(run.model.count_params()),
            facts={"seed": str(run.seed), "training examples": str(len(data.train))},
        )
        for name, run in runs.items()
    ]  # fmt: skip
    cards = {data.name: data.card.text} if data.card else {}
    return write_report(results, out / "report.html", title=f"Ways to train on {data.name}", cards=cards)
