"""`FineTuningPlan`: which layers of a trained model learn, how fast, and from which epoch on; applied to one model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import keras
import numpy as np

from deepbio.errors import TrainingError
from deepbio.training.averaging import DistanceFromStart
from deepbio.training.finetuning.layer_groups import (
    GroupedLayer,
    UnfreezeSchedule,
    Which,
    check_schedule,
    frozen_layers,
    layer_groups,
    unfrozen_layers,
)
from deepbio.training.finetuning.lora import add_lora, merge_lora, train_only_lora
from deepbio.training.finetuning.probe import Probe

_END = 10**9  # an epoch after the last

OF_PROBE = {
    "augment", "class_weight", "metrics", "monitor", "strategy", "verbose", "overwrite", "calibration", "log_dir",
    "checkpoint_minutes", "keep_checkpoints", "cache", "precision", "sync_batch_norm",
}  # fmt: skip
"""Options of `fit` that a solved head can have, too; the others ask for gradient steps."""


@dataclass(frozen=True)
class FineTuningPlan:
    """How a trained model is fine-tuned; `finetune` documents the first five arguments.

    Args:
        freeze: What keeps its weights.
        unfreeze_schedule: What trains from which epoch on.
        layer_decay: Learning rate of each layer group as a fraction of the next one's.
        lora_rank: Rank of LoRA's matrices; `None` for no LoRA.
        lora_on: Names or patterns of the layers with LoRA.
        origin: Where the weights came from, for the recipe.
        fresh: Names of layers with fresh weights. They are never frozen and learn at the full rate.
        method: What the plan amounts to: one of `METHODS` except `"auto"`.
        batch_norm: `"frozen"`: batch normalisation keeps its statistics, scales and offsets; or `"learn"`.
        l2_sp: Factor of the squared distance from the start, for layers with trained weights (L2-SP); 0 for none.
        average: Whether the weights become the best mixture of start and end on the validation split (WiSE-FT).
        copies: Number of copies of each example that the head was solved on.
        solved: Head that is solved already; then no step is trained.

    Raises:
        TrainingError: A value is out of range, or contradicts another one.
    """

    freeze: Which = None
    unfreeze_schedule: UnfreezeSchedule = None
    layer_decay: float = 0.8
    lora_rank: int | None = None
    lora_on: Sequence[str] = ("*",)
    origin: dict[str, Any] = field(default_factory=dict)
    fresh: tuple[str, ...] = ()
    method: str = "custom"
    batch_norm: str = "learn"
    l2_sp: float = 0.0
    average: bool = False
    copies: int = 1
    solved: Probe | None = None

    def __post_init__(self) -> None:
        if self.batch_norm not in ("frozen", "learn"):
            raise TrainingError(f"batch_norm is 'frozen' or 'learn'; received {self.batch_norm!r}.")
        if not 0 <= self.l2_sp < float("inf"):
            raise TrainingError(f"l2_sp is 0 or a positive number; received {self.l2_sp!r}.")
        if not 0 < self.layer_decay <= 1:
            raise TrainingError(
                f"layer_decay is over 0 and at most 1 (one rate for all); received {self.layer_decay!r}."
            )
        rank = self.lora_rank
        if rank is not None and (not isinstance(rank, int) or isinstance(rank, bool) or rank < 1):
            raise TrainingError(f"lora_rank is a whole number of at least 1, or None; received {rank!r}.")
        check_schedule(self.unfreeze_schedule)
        if rank is not None and (self.freeze is not None or self.unfreeze_schedule is not None):
            raise TrainingError(
                "LoRA freezes the whole trunk by itself. Leave out freeze and unfreeze_schedule, or lora_rank; lora_on names the "
                "layers that learn."
            )
        if self.unfreeze_schedule is not None and self.freeze is None:
            raise TrainingError("unfreeze_schedule needs something frozen: pass freeze='trunk' (--freeze trunk).")

    @property
    def needs_copy(self) -> bool:
        """Whether a copy of the model must be trained, because LoRA adds matrices to it."""
        return self.lora_rank is not None

    def settings_of_recipe(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings of a run that a recipe repeats: of a solved head only those that it can have."""
        return {name: value for name, value in settings.items() if self.solved is None or name in OF_PROBE}

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as JSON-able values; the epochs of a schedule become text."""
        found = asdict(replace(self, solved=None))
        found.pop("solved")
        if self.solved is not None:
            found["strength"] = self.solved.strength
        if isinstance(found["unfreeze_schedule"], dict):
            found["unfreeze_schedule"] = {str(k): v for k, v in found["unfreeze_schedule"].items()}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}

    def apply(self, model: keras.Model, *, seed: int) -> AppliedPlan:
        """Apply the plan to a model, in the scope of the strategy that will train it."""
        return AppliedPlan(model, self, seed=seed)


class AppliedPlan:
    """A plan applied to one model: it freezes and unfreezes layers, and knows the learning rate of each variable.

    Args:
        model: Model that will be trained, in the scope of its strategy. With LoRA it must be a copy, which receives new weights.
        plan: Plan to apply.
        seed: Seed of LoRA's matrices.

    Attributes:
        layers: Layers of `model` with their groups.
        variables: Variables that train in some epoch.
        rates: Factor on the learning rate of each of them.
    """

    def __init__(self, model: keras.Model, plan: FineTuningPlan, *, seed: int) -> None:
        self._model, self._plan = model, plan
        self.layers = layer_groups(model)
        if not self.layers:
            raise TrainingError(f"{model.name} has no weights to fine-tune.")
        self._before = {layer: layer.layer.trainable for layer in self.layers}
        self._lora: set[GroupedLayer] = set()
        fresh = {layer for layer in self.layers if set(layer.names) & set(plan.fresh)}
        self._frozen = frozen_layers(self.layers, plan.freeze if plan.lora_rank is None else "trunk") - fresh
        if plan.lora_rank is not None:
            trunk = [layer for layer in self.layers if layer in self._frozen]
            self._lora = add_lora(trunk, plan.lora_rank, on=plan.lora_on, seed=seed)
        norms = {layer for layer in self.layers if isinstance(layer.layer, keras.layers.BatchNormalization)}
        self._still = norms - fresh if plan.batch_norm == "frozen" else set()
        self._now: set[GroupedLayer] | None = None
        self.start_epoch(_END)
        self.variables: list[Any] = model.trainable_variables
        top = max(layer.group for layer in self.layers)
        groups = {id(v): top if layer in fresh else layer.group for layer in self.layers for v in layer.layer.weights}
        self.rates = [plan.layer_decay ** (top - groups.get(id(v), top)) for v in self.variables]
        self._penalised: list[tuple[Any, Any]] = []
        if plan.l2_sp:
            known = {
                id(v) for layer in self.layers if layer not in fresh and not layer.head for v in layer.layer.weights
            }
            self._penalised = [(v, v.regularizer) for v in self.variables if id(v) in known]
            for variable, _ in self._penalised:
                variable.regularizer = DistanceFromStart(np.array(variable.numpy()), plan.l2_sp)
        self.start_epoch(0)

    def start_epoch(self, epoch: int) -> bool:
        """Freeze what is frozen in this epoch (0 is the first). Return whether that changed."""
        frozen = self._frozen - unfrozen_layers(self.layers, self._plan.unfreeze_schedule, self._frozen, epoch)
        if frozen == self._now:
            return False
        for layer in self.layers:
            if layer in self._lora:
                train_only_lora(layer.layer)
            else:
                layer.layer.trainable = layer not in frozen | self._still and self._before[layer]
        self._now = frozen
        return True

    def release(self) -> None:
        """Take the penalties of L2-SP off the variables."""
        for variable, regularizer in self._penalised:
            variable.regularizer = regularizer
        self._penalised = []

    def finish(self, model: keras.Model) -> None:
        """Add LoRA's products to the weights of the user's model, if there are any."""
        if self._lora:
            merge_lora(self._model, model)
