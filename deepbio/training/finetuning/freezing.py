"""Which layers are frozen: by depth, by share, by name, and for how long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from deepbio.errors import TrainingError, nearest
from deepbio.training.finetuning.layer_groups import Unit

Which = int | float | str | Sequence[str] | None
Schedule = str | Mapping[int, Which] | None


def frozen_units(units: Sequence[Unit], freeze: Which) -> set[int]:
    """Return the places in `units` that are frozen from the start.

    Args:
        freeze: a number of levels counted from the input, a share of the levels under the head (0.5), `"trunk"` for all but the
            head, names or patterns of layers (`"conv1d*"`), or `None`.

    Raises:
        TrainingError: a number out of range, a pattern that no layer fits, or nothing is left to train.
    """
    frozen = _named(units, freeze, what="freeze", from_top=False)
    if frozen and len(frozen) == len(units):
        raise TrainingError("freeze leaves no layer to train. Freeze 'trunk' to train the head alone.")
    return frozen


def released_units(units: Sequence[Unit], schedule: Schedule, frozen: set[int], epoch: int) -> set[int]:
    """Return the places in `units` that the schedule has unfrozen by `epoch` (0 is the first).

    Args:
        schedule: `"gradual"` for one more level each epoch, from the head down (Howard, Ruder 2018, arXiv:1801.06146), or
            epochs done to what trains from then on: a number of levels counted from the head down, a share of them,
            `"all"`, or names and patterns.
        frozen: what is frozen from the start.
    """
    if schedule is None:
        return set()
    if schedule == "gradual":
        levels = sorted({units[i].level for i in frozen}, reverse=True)[:epoch]
        return {i for i in frozen if units[i].level in levels}
    assert isinstance(schedule, Mapping)
    released: set[int] = set()
    for after, what in schedule.items():
        if epoch >= after:
            released |= _named(units, what, what="unfreeze_schedule", from_top=True)
    return released & frozen


def check_schedule(schedule: Schedule) -> None:
    """Check that a schedule is one.

    Raises:
        TrainingError: what was expected.
    """
    if schedule is None or schedule == "gradual":
        return
    keys = list(schedule) if isinstance(schedule, Mapping) else []
    if not keys or any(not isinstance(after, int) or isinstance(after, bool) or after < 1 for after in keys):
        raise TrainingError(
            "unfreeze_schedule is 'gradual', or a dictionary of epochs done to what trains from then on, such as "
            f"{{2: 1, 5: 'all'}}; received {schedule!r}."
        )


def _named(units: Sequence[Unit], which: Any, *, what: str, from_top: bool) -> set[int]:
    trunk = [i for i, unit in enumerate(units) if not unit.head]
    levels = sorted({units[i].level for i in trunk}, reverse=from_top)
    if which is None:
        return set()
    if which == ("all" if from_top else "trunk"):
        return set(range(len(units))) if from_top else set(trunk)
    if isinstance(which, (int, float)) and not isinstance(which, bool):
        count = round(which * len(levels)) if isinstance(which, float) else which
        if not 0 <= count <= len(levels) or (isinstance(which, float) and which > 1):
            raise TrainingError(
                f"{what} as a number is 0 to {len(levels)} levels of this model, or a share from 0.0 to 1.0; received {which}."
            )
        return {i for i in trunk if units[i].level in levels[:count]}
    patterns = [which] if isinstance(which, str) else which
    if not isinstance(patterns, Sequence) or not all(isinstance(pattern, str) for pattern in patterns):
        raise TrainingError(f"{what} takes a number, a share, names or patterns of layers; received {which!r}.")
    found: set[int] = set()
    for pattern in patterns:
        matching = {i for i, unit in enumerate(units) if unit.matches(pattern)}
        if not matching:
            names = {name for unit in units for name in unit.names}
            word = "all" if from_top else "trunk"
            raise TrainingError(f"{what}: no layer fits {pattern!r}. {nearest(pattern, [*names, word])}")
        found |= matching
    return found
