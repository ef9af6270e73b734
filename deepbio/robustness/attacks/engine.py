"""`Engine`: run an attack on many examples through one compiled step, in which only active examples take part.

An example leaves the batch when its run ends, and the next one takes its row, so that the shape of the batch stays the same. When no
more are waiting, the batch shrinks by halves. Random numbers depend on seed, example and run only, so the batch size changes results
by rounding only.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from deepbio.devices.graph import in_graph
from deepbio.inference.forward import forward_pass
from deepbio.robustness.attacks.attack import Attack, State
from deepbio.robustness.attacks.network import Network

_FAILED = -1e30
_ATTRIBUTE = "_deepbio_attacks"
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Found:
    """What an attack found, one row per example.

    Args:
        x: float32 pixels from 0 to 1: the adversarial example, or the best attempt.
        score: Above 0 if adversarial.
        steps: Number of steps that were computed, over all runs.
    """

    x: np.ndarray
    score: np.ndarray
    steps: np.ndarray


class Engine:
    """An attack compiled for a network. It may run on many sets of examples, and with other radii, without another trace.

    Args:
        network: Network to attack.
        attack: Attack.
    """

    def __init__(self, network: Network, attack: Attack) -> None:
        attack.check(network)
        self.network, self.attack = network, attack

        def run(state: State, count: tf.Tensor) -> State:
            for _ in tf.range(count):
                state = attack.step(network, state)
            return state

        def until_found(state: State, live: tf.Tensor, count: tf.Tensor) -> State:
            done = tf.constant(0)
            while done < count and not tf.reduce_any(live & (state["score"] > 0)):
                state = attack.step(network, state)
                done += 1
            return state

        self._run, self._until_found = in_graph(run), in_graph(until_found)
        self._judge = in_graph(lambda state: attack.ended(network, state))

    def __call__(
        self,
        x: np.ndarray,
        y: np.ndarray,
        target: np.ndarray,
        epsilon: float | np.ndarray,
        *,
        batch_size: int = 256,
        early_stop: bool = True,
        seed: int = 0,
        index: np.ndarray | None = None,
        progress: Progress | None = None,
    ) -> Found:
        """Run the attack.

        Args:
            x: float32 pixels from 0 to 1.
            y, target: int32 classes; target -1 for any other class.
            epsilon: Radius, one or one per example.
            batch_size: Maximum number of active examples.
            early_stop: Whether an example is finished at its first adversarial example; else all steps and runs are done.
            seed: Random seed.
            index: Number of each example, of which its random numbers are a function; 0, 1, ... by default.
            progress: Function that is called with the number of examples done and their total.
        """
        radius = np.broadcast_to(np.asarray(epsilon, np.float32), (len(x),))
        found = Found(x.copy(), np.full(len(x), _FAILED, np.float32), np.zeros(len(x), np.int64))
        numbers = np.arange(len(x)) if index is None else index
        tasks = deque((i, 0) for i in range(len(x)))
        stop = early_stop or self.attack.stops_when_found
        runs, done = self.attack.runs(self.network), 0

        def fill(count: int) -> tuple[list[tuple[int, int]], State]:
            taken = [tasks.popleft() for _ in range(min(count, len(tasks)))]
            rows = np.array([i for i, _ in taken])
            runs = [(int(numbers[i]), run) for i, run in taken]
            return taken, self._rows(x[rows], y[rows], target[rows], radius[rows], runs, seed)

        if not len(x):
            return found
        rows, state = fill(min(batch_size, len(x)))
        live = np.ones(len(rows), bool)
        while live.any():
            state = self._advance(state, live, stop)
            score, k = state["score"].numpy(), state["k"].numpy()
            over = live & ((k > self.attack.steps) | (stop & self._stops(score)))
            if not over.any():
                continue
            places = np.flatnonzero(over)
            best = tf.gather(state["best"], places).numpy()
            for row, image in zip(places, best, strict=True):
                i, run = rows[row]
                found.steps[i] += k[row]
                if score[row] > found.score[i]:
                    found.x[i], found.score[i] = image, score[row]
                if run + 1 < runs and not (stop and self._stops(found.score[i])):
                    tasks.appendleft((i, run + 1))
                else:
                    done += 1
            live[places] = False
            if tasks:
                new, values = fill(len(places))
                where = tf.constant(places[: len(new), None])
                state = {key: tf.tensor_scatter_nd_update(state[key], where, values[key]) for key in state}
                for row, task in zip(places, new, strict=False):
                    rows[row], live[row] = task, True
            if 0 < 2 * live.sum() <= len(live):
                kept = np.flatnonzero(live)
                state, rows = {key: tf.gather(value, kept) for key, value in state.items()}, [rows[row] for row in kept]
                live = np.ones(len(kept), bool)
            if progress is not None:
                progress(done, len(x))
        return found

    def _stops(self, score: np.ndarray) -> np.ndarray:
        """Return which scores end an example: those of adversarial examples, if the smallest is not wanted."""
        return (score > 0) & (not self.attack.smallest or self.attack.stops_when_found)

    def _advance(self, state: State, live: np.ndarray, stop: bool) -> State:
        """Run the steps that all rows have left, or those until the first row ends."""
        k, steps = state["k"].numpy()[live], self.attack.steps
        if k.min() >= steps:
            return self._judge.get_concrete_function(_specs(state))(state) | {"k": state["k"] + 1}
        count = tf.constant(max(1, steps - int(k.max())))
        if stop and not (self.attack.smallest and not self.attack.stops_when_found):
            live_spec, count_spec = tf.TensorSpec((None,), tf.bool), tf.TensorSpec((), tf.int32)
            return self._until_found.get_concrete_function(_specs(state), live_spec, count_spec)(
                state, tf.constant(live), count
            )
        run = self._run.get_concrete_function(_specs(state), tf.TensorSpec((), tf.int32))
        return run(state, count)

    def _rows(self, x, y, target, epsilon, taken, seed) -> State:
        common = {
            "x0": x, "x": x, "best": x, "y": y, "target": target, "epsilon": epsilon,
            "k": np.zeros(len(x), np.int32), "score": np.full(len(x), _FAILED, np.float32),
        }  # fmt: skip
        random = _Generators(seed, taken)
        own = self.attack.start(common, random, np.array([run for _, run in taken]))
        return {key: tf.constant(np.asarray(value)) for key, value in (common | own).items()}


def engine_for(network: Network, attack: Attack) -> Engine:
    """Return the engine of an attack, compiled before if the model has not changed since."""
    model, forward = network.model, forward_pass(network.model)  # another one once the model has changed
    before, engines = getattr(model, _ATTRIBUTE, (None, {}))
    if before is not forward:
        engines = {}
        object.__setattr__(model, _ATTRIBUTE, (forward, engines))
    if attack not in engines:
        engines[attack] = Engine(network, attack)
    return engines[attack]


class _Generators(Sequence[np.random.Generator]):
    """One generator per example, made when it is read: an attack without random numbers makes none."""

    def __init__(self, seed: int, taken: Sequence[tuple[int, int]]) -> None:
        self._seed, self._taken = seed, taken

    def __len__(self) -> int:
        return len(self._taken)

    def __getitem__(self, row: Any) -> Any:
        i, run = self._taken[row]
        return np.random.Generator(np.random.Philox(key=(self._seed, i << 32 | run)))


def _specs(state: State) -> dict[str, tf.TensorSpec]:
    """Return the signature of a state for a batch of any size."""
    return {key: tf.TensorSpec((None, *value.shape[1:]), value.dtype) for key, value in state.items()}
