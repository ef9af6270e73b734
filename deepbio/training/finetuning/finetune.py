"""`finetune`: train a trained model on new data; `compare_approaches`: several ways to do so, side by side."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Unpack

import keras

from deepbio.datasets import Dataset
from deepbio.errors import TrainingError, nearest
from deepbio.training.finetuning.layer_groups import UnfreezeSchedule, Which
from deepbio.training.finetuning.plan import FineTuningPlan
from deepbio.training.finetuning.start import starting_point, warn_of_overlap
from deepbio.training.fit import fit
from deepbio.training.run import Run, run_result, write_results
from deepbio.training.settings import FitOptions
from deepbio.zoo.build import build

APPROACHES: Mapping[str, dict[str, Any] | None] = {
    "scratch": None,
    "linear_probe": {"freeze": "trunk", "layer_decay": 1.0},
    "full": {},
    "lora": {"lora_rank": 8},
}


def finetune(
    model_or_name: keras.Model | str | os.PathLike[str],
    data: Dataset,
    *,
    head: str = "new",
    freeze: Which = None,
    unfreeze_schedule: UnfreezeSchedule = None,
    layer_decay: float = 0.8,
    lora_rank: int | None = None,
    lora_on: Sequence[str] = ("*",),
    adapter: str = "auto",
    seed: int = 0,
    out: str | os.PathLike[str] | None = None,
    **options: Unpack[FitOptions],
) -> Run:
    """Train a trained model on new data: part frozen, rates by depth, or LoRA.

    A model that is passed in keeps its weights: the fine-tuned one is `run.model`. A model that deepbio did not build is trained in
    place. If the weights are known to be trained on examples of the new data, a warning is logged.

    Args:
        model_or_name: What `get_model` takes or returns.
        data: New data of the same modality.
        head: `"new"` for fresh weights in the last layer, `"keep"` to continue with the old task.
        freeze: What keeps its weights: a number of layer groups counted from the input, a fraction of the groups below the head
            (0.5), `"trunk"` (a linear probe), or names and patterns of layers (`"conv1d*"`); `layer_groups` lists names and groups.
            Batch normalisation in a frozen layer uses, and keeps, its old statistics. Layers with fresh weights always learn, at
            the full rate.
        unfreeze_schedule: `"gradual"` (one more group each epoch, from the head down), or a mapping of completed epochs to what
            trains from then on: `{2: 1, 5: "all"}` for the group below the head after two epochs, and everything after five.
        layer_decay: Learning rate of each group as a fraction of the next one's; 1 for one rate.
        lora_rank: Rank of LoRA's matrices, which learn beside the weights of a frozen trunk and are added to them at the end.
        lora_on: Names or patterns of the layers with LoRA.
        adapter: How another window or image size is handled: `"auto"` changes the network's input if no weight depends on it, and
            else crops, pads, resizes or repeats channels before it; `"fit"` always does the latter; `"layers"` creates fresh
            weights in the layers that do not fit.
        seed: Seed of new weights, the order of examples and dropout.
        out: Folder of the preset to write; its recipe trains it again.
        **options: Keywords of `deepbio.fit`: `epochs`, `learning_rate`, `strategy`, `resume`, ...

    Returns:
        The run, as `fit` returns it. Its folder is a preset like that of any other run.

    Raises:
        ModelError: The model does not fit the data.
        WeightsError: The model cannot be loaded.
        TrainingError: A layer, setting or schedule is unknown.

    Source: Howard, Ruder 2018, arXiv:1801.06146 (rates by depth, gradual unfreezing); Hu et al. 2021, arXiv:2106.09685 (LoRA).

    Example:
        >>> from deepbio.datasets import load_dataset
        >>> from deepbio.zoo import get_model
        >>> data = load_dataset("xor")
        >>> trained = get_model("mlp", dataset=data, seed=0)
        >>> run = finetune(trained, data, freeze="trunk", epochs=1, verbose=False)
        >>> [bool((a == b).all()) for a, b in zip(trained.get_weights(), run.model.get_weights())][:2]
        [True, True]
    """
    plan = FineTuningPlan(freeze, unfreeze_schedule, layer_decay, lora_rank, lora_on)
    start = starting_point(model_or_name, data, head=head, adapter=adapter, seed=seed)
    warn_of_overlap(start.trained_on, data)
    plan = replace(plan, origin=start.origin, fresh=start.fresh)
    return fit(start.model, data, out=out, seed=seed, plan=plan, **options)


def compare_approaches(
    model_or_name: keras.Model | str | os.PathLike[str],
    data: Dataset,
    *,
    approaches: Sequence[str] = ("scratch", "linear_probe", "full"),
    out: str | os.PathLike[str] | None = None,
    seed: int = 0,
    adapter: str = "auto",
    **options: Unpack[FitOptions],
) -> dict[str, Run]:
    """Train the same architecture in several ways, and write one report of their metrics on the validation split.

    Args:
        model_or_name: What `finetune` takes.
        data: New data. The test split is not used.
        approaches: Names in `APPROACHES`: `"scratch"` (fresh weights), `"linear_probe"` (only the head learns), `"full"`
            (everything learns, at rates that fall with depth) and `"lora"` (rank 8).
        out: Folder for one run each and a `report.html` of all.
        seed: Seed of new weights, the order of examples and dropout.
        adapter: See `finetune`.
        **options: Keywords of `deepbio.fit`, the same for all.

    Returns:
        Mapping of approach to run.

    Raises:
        TrainingError: An approach is unknown; else as `finetune`.
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
        results = [run_result(run, data, model=name.replace("_", " ")) for name, run in runs.items()]
        write_results(results, data, Path(out), title=f"Ways to train on {data.name}")
    return runs
