"""`finetune`: train a trained model on new data, with some of it frozen, slowed down, or left alone."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import keras

from deepbio.datasets import Dataset
from deepbio.training.finetuning.freezing import Schedule, Which
from deepbio.training.finetuning.overlap import warn_of_overlap
from deepbio.training.finetuning.start import starting_point
from deepbio.training.finetuning.tuning import Tuning
from deepbio.training.fit import fit
from deepbio.training.run import Run


def finetune(
    model_or_name: keras.Model | str | os.PathLike[str],
    data: Dataset,
    *,
    head: str = "new",
    freeze: Which = None,
    unfreeze_schedule: Schedule = None,
    layer_decay: float = 0.8,
    lora_rank: int | None = None,
    lora_on: Sequence[str] = ("*",),
    adapter: str = "auto",
    seed: int = 0,
    out: str | os.PathLike[str] | None = None,
    **options: Any,
) -> Run:
    """Train a trained model on new data and give the run, whose folder is a preset like that of any other.

    A model that is passed in keeps its weights: the tuned one is `run.model`. A model that deepbio did not build is tuned in
    place. Where examples of the new data are known to stand in the weights' training data, a warning says so.

    Args:
        model_or_name: what `get_model` takes or gives.
        data: new data of the same modality.
        head: `"new"` for fresh weights in the last layer, `"keep"` to go on with the old task.
        freeze: what keeps its weights: a number of levels counted from the input, a share of the levels under the head
            (0.5), `"trunk"` (a linear probe), or names and patterns of layers (`"conv1d*"`); `units_of` gives names and levels.
            Batch normalisation in a frozen layer uses, and keeps, its old statistics. Layers with fresh weights always learn, at
            the whole rate.
        unfreeze_schedule: `"gradual"` (a level more each epoch, from the head down) or epochs done to what trains from then on:
            `{2: 1, 5: "all"}` for the level under the head after two epochs, and everything after five.
        layer_decay: the learning rate of each level is this share of the next one's; 1 for one rate.
        lora_rank: freeze the trunk, and let products of matrices of this rank learn beside its weights; they are added up at the end.
        lora_on: names or patterns of the layers for that.
        adapter: for another window or image size: `"auto"` changes the network's input where no weight depends on it, and else
            crops, pads, resizes or repeats channels before it; `"fit"` always does the latter; `"layers"` gives fresh weights to
            the layers that do not fit.
        seed: of the new weights, the order of examples and dropout.
        out: folder of the preset to write; its recipe trains it again.
        options: of `deepbio.fit`: `epochs`, `learning_rate`, `batch_size`, `strategy`, `resume`, ... Defaults are those of the
            architecture.

    Raises:
        ModelError, WeightsError: the model cannot be loaded or does not fit the data.
        TrainingError: an unknown layer, setting or schedule.

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
    tuning = Tuning(
        freeze=freeze,
        unfreeze_schedule=unfreeze_schedule,
        layer_decay=layer_decay,
        lora_rank=lora_rank,
        lora_on=lora_on,
    )
    start = starting_point(model_or_name, data, head=head, adapter=adapter, seed=seed)
    warn_of_overlap(start.trained_on, data)
    tuning = replace(tuning, origin=start.origin, fresh=start.fresh)
    return fit(start.model, data, out=out, seed=seed, tuning=tuning, **options)
