"""Which positions of each step a changed window reaches: sizes that are the same for every start, so that a graph has fixed shapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepbio.incremental.steps import Step


@dataclass(frozen=True, eq=False)
class Reach:
    """Windows of each step for a changed window of the input.

    Args:
        sizes: Number of positions of each step's window; 0 for a step without positions.
        firsts: First position of each step's window, int32 `(steps, starts)`, by the first changed position of the input.
        combined: By step without a window of its own, the step whose window it combines: a dense layer over flattened positions, a
            global mean or a global maximum.
    """

    sizes: tuple[int, ...]
    firsts: np.ndarray
    combined: dict[int, int]

    def computes(self, k: int) -> bool:
        """Return whether a step is computed from a window: its own, or one that it combines."""
        return bool(self.sizes[k]) or k in self.combined


def reach_of(steps: Sequence[Step], width: int) -> Reach:
    """Return the windows of every step for `width` changed positions of the input.

    A window has every changed position that some output needs. Its size is the largest of all starts; where fewer positions are
    changed, it takes unchanged ones too.

    Args:
        steps: Steps of a model.
        width: Number of changed positions.
    """
    needed = needed_positions(steps)
    starts = np.arange(steps[0].shape[0] - width + 1)
    windows: list[tuple[np.ndarray, np.ndarray] | None] = [(starts, starts + width - 1)]
    sizes, firsts = [width], [starts]
    for step, (low, high) in zip(steps[1:], needed[1:], strict=True):
        inputs = [window for i in step.inputs if (window := windows[i]) is not None]
        if not step.is_positional or step.kind == "whole" or len(inputs) < len(step.inputs):
            windows.append(None)
            sizes.append(0)
            firsts.append(np.zeros_like(starts))
            continue
        first, last = np.min([f for f, _ in inputs], axis=0), np.max([e for _, e in inputs], axis=0)
        if step.kind == "shift":
            first, last = first + step.left, last + step.left
        elif step.kind == "flip":
            first, last = step.shape[0] - 1 - last, step.shape[0] - 1 - first
        elif step.kind in ("convolution", "pool"):
            first = -((step.span - 1 - step.left - first) // step.stride)
            last = (last + step.left) // step.stride
        first, last = np.clip(first, low, high), np.clip(last, low, high)
        last = np.maximum(first, last)
        size = int((last - first).max()) + 1
        first = np.minimum(first, high - size + 1)
        windows.append((first, first + size - 1))
        sizes.append(size)
        firsts.append(first)
    return Reach(tuple(sizes), np.stack(firsts).astype(np.int32), _combined(steps, sizes))


def _combined(steps: Sequence[Step], sizes: Sequence[int]) -> dict[int, int]:
    found = {}
    for k, step in enumerate(steps):
        i = step.inputs[0] if step.inputs else 0
        if step.kind == "dense" and steps[i].kind == "flatten":
            i = steps[i].inputs[0]
        elif step.kind not in ("global_mean", "global_max"):
            continue
        if sizes[i]:
            found[k] = i
    return found


def needed_positions(steps: Sequence[Step]) -> list[tuple[int, int]]:
    """Return the first and last position of each step that some output needs."""
    found = [(1 << 30, -1)] * len(steps)
    for i in reversed(range(len(steps))):
        step = steps[i]
        length = step.shape[0] if step.is_positional else 0
        low, high = (0, length - 1) if i == len(steps) - 1 else found[i]
        low, high = max(low, 0), min(high, length - 1)
        found[i] = (low, high)
        for j in step.inputs:
            size = steps[j].shape[0]
            if not (steps[j].is_positional and step.is_positional) or step.kind == "whole":
                seen = (0, size - 1)
            elif step.kind in ("convolution", "pool"):
                seen = (low * step.stride - step.left, high * step.stride - step.left + step.span - 1)
            elif step.kind == "shift":
                seen = (low - step.left, high - step.left)
            elif step.kind == "flip":
                seen = (size - 1 - high, size - 1 - low)
            else:
                seen = (low, high)
            found[j] = (min(found[j][0], seen[0]), max(found[j][1], seen[1]))
    return found
