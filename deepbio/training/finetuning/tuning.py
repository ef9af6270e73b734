"""`Tuning`: what of a trained model moves, how fast, and from which epoch on; and the tuner that does it to one model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import keras

from deepbio.errors import TrainingError
from deepbio.training.finetuning.freezing import Schedule, Which, check_schedule, frozen_units, released_units
from deepbio.training.finetuning.layer_groups import units_of
from deepbio.training.finetuning.lora import add_lora, merge_lora, train_only_lora


@dataclass(frozen=True)
class Tuning:
    """How a trained model is tuned.

    Args:
        freeze: what stays as it is: a number of levels from the input, a share of the levels under the head, `"trunk"`, names or
            patterns, or `None`. Batch normalisation in a frozen layer uses, and keeps, the statistics of its training.
        unfreeze_schedule: what trains from which epoch on; see `deepbio.training.finetuning.freezing`.
        layer_decay: the learning rate of a level is this share of the next level's; the head has the whole. 1 is one rate for all.
        lora_rank: with a rank, the trunk is frozen and products of two thin matrices learn beside it.
        lora_on: names or patterns of the layers that get such matrices.
        origin: of the recipe: where the weights came from.
        fresh: layers with fresh weights, by kind and place: never frozen, and at the whole rate, for there is nothing to keep.
    """

    freeze: Which = None
    unfreeze_schedule: Schedule = None
    layer_decay: float = 0.8
    lora_rank: int | None = None
    lora_on: Sequence[str] = ("*",)
    origin: dict[str, Any] = field(default_factory=dict)
    fresh: tuple[str, ...] = ()

    def __post_init__(self) -> None:
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
                "LoRA freezes the whole trunk by itself. Leave out freeze and unfreeze_schedule, or lora_rank; lora_on says "
                "which layers learn."
            )
        if self.unfreeze_schedule is not None and self.freeze is None:
            raise TrainingError("unfreeze_schedule needs something frozen: pass freeze='trunk' (--freeze trunk).")

    @property
    def needs_copy(self) -> bool:
        """Whether a copy of the model is trained, because matrices are added to it."""
        return self.lora_rank is not None

    def to_dict(self) -> dict[str, Any]:
        """Return the tuning as JSON-able values; a schedule's epochs are text there."""
        found = asdict(self)
        if isinstance(found["unfreeze_schedule"], dict):
            found["unfreeze_schedule"] = {str(k): v for k, v in found["unfreeze_schedule"].items()}
        for name in ("freeze", "lora_on", "fresh"):
            if isinstance(found[name], (list, tuple)):
                found[name] = list(found[name])
        return found

    def tuner(self, model: keras.Model, *, seed: int) -> Tuner:
        """Prepare a model, in the scope of the strategy that will train it."""
        return Tuner(model, self, seed=seed)


class Tuner:
    """Freezes, unfreezes and paces the layers of one model.

    Args:
        model: the one that will be trained; with LoRA a copy, which gets new weights here.
        seed: of those.
    """

    def __init__(self, model: keras.Model, tuning: Tuning, *, seed: int) -> None:
        self._model, self._tuning = model, tuning
        self.units = units_of(model)
        if not self.units:
            raise TrainingError(f"{model.name} has no weights to tune.")
        self._before = [unit.layer.trainable for unit in self.units]
        self._lora: set[int] = set()
        fresh = {i for i, unit in enumerate(self.units) if set(unit.names) & set(tuning.fresh)}
        if tuning.lora_rank is not None:
            self._frozen = frozen_units(self.units, "trunk") - fresh
            old = [unit for i, unit in enumerate(self.units) if i in self._frozen]
            self._lora = {
                self.units.index(old[i]) for i in add_lora(old, tuning.lora_rank, on=tuning.lora_on, seed=seed)
            }
        else:
            self._frozen = frozen_units(self.units, tuning.freeze) - fresh
            released_units(self.units, tuning.unfreeze_schedule, self._frozen, epoch=10**9)  # a typo is told now
        self._now: frozenset[int] | None = None
        self._set(frozenset(self._ever()))
        self.variables: list[Any] = model.trainable_variables
        top = max(unit.level for unit in self.units)
        own = {
            id(v): top if i in fresh else unit.level for i, unit in enumerate(self.units) for v in unit.layer.weights
        }
        self.rates = [tuning.layer_decay ** (top - own.get(id(v), top)) for v in self.variables]
        self.start_epoch(0)

    def start_epoch(self, epoch: int) -> bool:
        """Freeze what is frozen in this epoch (0 is the first); say whether that is other than before."""
        released = released_units(self.units, self._tuning.unfreeze_schedule, self._frozen, epoch)
        return self._set(frozenset(self._frozen - released))

    def finish(self, model: keras.Model) -> None:
        """Leave no trace: add up LoRA's products in `model`, or put back which layers were trainable."""
        if self._lora:
            merge_lora(self._model, model)
            return
        for unit, trainable in zip(self.units, self._before, strict=True):
            unit.layer.trainable = trainable

    def _ever(self) -> set[int]:
        """What is frozen to the end."""
        schedule = self._tuning.unfreeze_schedule
        return self._frozen - released_units(self.units, schedule, self._frozen, epoch=10**9)

    def _set(self, frozen: frozenset[int]) -> bool:
        if frozen == self._now:
            return False
        for i, unit in enumerate(self.units):
            if i in self._lora:
                train_only_lora(unit.layer)
            else:
                unit.layer.trainable = i not in frozen and self._before[i]
        self._now = frozen
        return True
