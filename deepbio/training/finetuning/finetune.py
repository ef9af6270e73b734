"""`finetune`: train a trained model on new data, by the rules where the caller leaves something open."""

import logging
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal, Unpack

import keras

from deepbio.augment import augmentation
from deepbio.datasets import Dataset
from deepbio.errors import TrainingError, advise_calls, nearest
from deepbio.training.finetuning.layer_groups import UnfreezeSchedule, Which
from deepbio.training.finetuning.plan import OF_PROBE, FineTuningPlan
from deepbio.training.finetuning.probe import can_be_solved, solve_head
from deepbio.training.finetuning.rules import METHODS, Facts, decide, rule_for
from deepbio.training.finetuning.start import Start, starting_point, warn_of_overlap
from deepbio.training.fit import fit
from deepbio.training.guards import check_data, check_dataset
from deepbio.training.run import Run
from deepbio.training.settings import FitOptions

log = logging.getLogger("deepbio")


@advise_calls(TrainingError, "Pass arrays as one data set: finetune(model, Dataset.from_arrays(x, y)).")
def finetune(
    model_or_name: keras.Model | str | os.PathLike[str],
    data: Dataset,
    *,
    method: str = "auto",
    head: str = "new",
    freeze: Which = None,
    unfreeze_schedule: UnfreezeSchedule = None,
    layer_decay: float | None = None,
    lora_rank: int | None = None,
    lora_on: Sequence[str] = ("*",),
    batch_norm: Literal["auto", "frozen", "learn"] = "auto",
    l2_sp: float | None = None,
    average: bool | None = None,
    copies: int | None = None,
    adapter: str = "auto",
    member: int | None = None,
    seed: int = 0,
    out: str | os.PathLike[str] | None = None,
    **options: Unpack[FitOptions],
) -> Run:
    """Train a trained model on new data. What is left open follows `deepbio.training.finetuning.rules`, a table.

    A model that is passed in keeps its weights: the fine-tuned one is `run.model`. A model that deepbio did not build is trained in
    place. If the weights are known to be trained on examples of the new data, a warning is logged.

    Args:
        model_or_name: What `get_model` takes or returns.
        data: New data of the same modality.
        method: `"linear_probe"` solves the head on embeddings that are computed once and cached; `"lp_ft"` does so and then trains
            everything; `"full"` trains everything from a random head; `"lora"` is LoRA of rank 8. `"auto"` chooses by the rules, or
            does what `freeze`, `unfreeze_schedule`, `layer_decay` and `lora_rank` say if one of them is passed.
        head: `"new"` for fresh weights in the last layer, `"keep"` to continue with the old task.
        freeze: What keeps its weights: a number of layer groups counted from the input, a fraction of the groups below the head
            (0.5), `"trunk"` (a linear probe by gradient steps), or names and patterns of layers (`"conv1d*"`); `layer_groups` lists
            names and groups. Batch normalisation in a frozen layer uses, and keeps, its old statistics. Layers with fresh weights
            always learn, at the full rate.
        unfreeze_schedule: `"gradual"` (one more group each epoch, from the head down), or a mapping of completed epochs to what
            trains from then on: `{2: 1, 5: "all"}` for the group below the head after two epochs, and everything after five.
        layer_decay: Learning rate of each group as a fraction of the next one's; 1 for one rate; 0.8 by default.
        lora_rank: Rank of LoRA's matrices, which learn beside the weights of a frozen trunk and are added to them at the end.
        lora_on: Names or patterns of the layers with LoRA.
        batch_norm: `"frozen"`: batch normalisation keeps its statistics, scales and offsets, as suits few examples.
        l2_sp: Factor of the squared distance of the trunk's weights from their start (L2-SP).
        average: Whether the weights become the mixture of start and end that is best on the validation split (WiSE-FT).
        copies: Number of copies of each training image that a solved head sees: itself and augmented ones (`augment`). For
            `"linear_probe"` and `"lp_ft"`.
        adapter: How another window or image size is handled: `"auto"` enlarges images to the trunk's size, changes the network's
            input if no weight depends on it, and else crops, pads, resizes or repeats channels before it; `"fit"` always does the
            latter; `"layers"` creates fresh weights in the layers that do not fit.
        member: Member of an ensemble that is named, from 1.
        seed: Seed of new weights, the order of examples and dropout.
        out: Folder of the preset to write; its recipe trains it again.
        **options: Keywords of `deepbio.fit`: `epochs`, `learning_rate`, `strategy`, `resume`, ... Those of gradient steps, and
            `batch_norm`, `l2_sp` and `average`, make `"auto"` choose between methods with such steps.

    Returns:
        The run, as `fit` returns it. Its folder is a preset like that of any other run.

    Raises:
        ModelError: The model does not fit the data.
        WeightsError: The model cannot be loaded.
        TrainingError: A layer, setting or schedule is unknown, or contradicts the method.

    Source: Kumar et al. 2022, arXiv:2202.10054 (LP-FT); Howard, Ruder 2018, arXiv:1801.06146 (rates by depth, gradual unfreezing);
    Hu et al. 2021, arXiv:2106.09685 (LoRA).

    Example:
        >>> from deepbio.datasets import load_dataset
        >>> from deepbio.zoo import get_model
        >>> data = load_dataset("xor")
        >>> trained = get_model("mlp", dataset=data, seed=0)
        >>> run = finetune(trained, data, method="linear_probe", verbose=False)
        >>> [bool((a == b).all()) for a, b in zip(trained.get_weights(), run.model.get_weights())][:2]
        [True, True]
    """
    check_dataset(data)
    if method not in METHODS:
        raise TrainingError(f"Unknown method {method!r}. {nearest(method, METHODS)}")
    by_hand = {
        "freeze": freeze,
        "unfreeze_schedule": unfreeze_schedule,
        "layer_decay": layer_decay,
        "lora_rank": lora_rank,
    }
    passed = sorted(name for name, value in by_hand.items() if value is not None)
    if passed and method in ("linear_probe", "lp_ft", "full") and passed != ["layer_decay"]:
        raise TrainingError(f"method={method!r} says what learns; leave out {', '.join(passed)}, or method.")
    if tuple(lora_on) != ("*",) and lora_rank is None and method != "lora":
        raise TrainingError("lora_on names layers for LoRA: pass lora_rank (--lora-rank) or method='lora' with it.")
    start = starting_point(model_or_name, data, head=head, adapter=adapter, seed=seed, member=member)
    warn_of_overlap(start.trained_on, data)
    of_steps = {"batch_norm": batch_norm != "auto", "l2_sp": l2_sp, "average": average}
    facts = facts_of(start, data, head=head, options={**options, **of_steps})
    if method == "auto" and passed:
        method = "custom"
    elif method == "auto":
        rule = rule_for("method", facts)
        method = rule.value
        log.info("Method %s, as there are %d training examples: %s (%s).", method, len(data.train), rule.when, rule.why)
    if copies not in (None, 1) and method not in ("linear_probe", "lp_ft"):
        raise TrainingError(f"copies is for a solved head (linear_probe or lp_ft); the method here is {method!r}.")
    if method == "lora":
        lora_rank = lora_rank or 8
    ruled = method in ("lp_ft", "full")
    plan = FineTuningPlan(
        freeze, unfreeze_schedule, 0.8 if layer_decay is None else layer_decay, lora_rank, lora_on,
        origin=start.origin, fresh=start.fresh, method=method,
        batch_norm=(decide("batch_norm", facts) if ruled else "learn") if batch_norm == "auto" else batch_norm,
        l2_sp=(decide("l2_sp", facts) if ruled else 0.0) if l2_sp is None else l2_sp,
        average=(method == "lp_ft" and decide("average", facts)) if average is None else average,
    )  # fmt: skip
    if plan.average and not data.task.answers_once:
        raise TrainingError(f"average=True needs classes, labels or values per example; the task is {data.task.kind}.")
    settings: Any = dict(options)
    if method == "linear_probe" and (odd := sorted(stepwise({**options, "l2_sp": l2_sp, "average": average}))):
        raise TrainingError(
            f"A linear probe is solved, not trained by steps: leave out {', '.join(odd)}, or use method='lp_ft'."
        )
    if method in ("linear_probe", "lp_ft"):
        check_data(data)
        augment = decide("augment", facts) if options.get("augment") is None else options.get("augment")
        by_rule = decide("copies", facts) if augmentation(augment, data.input, data.task) is not None else 1
        count: int = by_rule if copies is None else copies
        probe = solve_head(
            start.model, data, class_weight=options.get("class_weight"), seed=seed, augment=augment, copies=count,
            shrinkage=decide("shrinkage", facts),
        )  # fmt: skip
        plan = replace(plan, copies=count, solved=probe if method == "linear_probe" else None)
        if method == "linear_probe":
            settings["augment"] = augment  # for the recipe
    if ruled:
        settings = {**_steps_by_rule(facts, settings), **{k: v for k, v in settings.items() if v is not None}}
    return fit(start.model, data, out=out, seed=seed, plan=plan, **settings)


def stepwise(options: Any) -> set[str]:
    """Return the options that were passed and that only training by gradient steps has."""
    return {name for name, value in options.items() if value not in (None, False) and name not in OF_PROBE}


def facts_of(start: Start, data: Dataset, *, head: str, options: Any) -> Facts:
    """Return what the rules look at."""
    return Facts(
        modality=data.input.modality,
        examples=len(data.train),
        validation=len(data.valid),
        parameters=start.model.count_params(),
        solvable=head == "new" and len(start.fresh) <= 1 and can_be_solved(start.model, data.task),
        stepwise=bool(stepwise(options)),
    )


def _steps_by_rule(facts: Facts, asked: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of gradient steps that the rules choose, except what an optimizer or schedule object decides itself."""
    names = ["epochs", "batch_size", "augment", "learning_rate"]
    if not isinstance(asked.get("optimizer"), (str, type(None))):
        names.remove("learning_rate")
    return {name: decide(name, facts) for name in names if asked.get(name) is None}
