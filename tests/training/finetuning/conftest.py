"""A small trained network and small new data."""

import dataclasses

import numpy as np
import pytest

from deepbio.datasets import Dataset, Split, load_dataset
from deepbio.specs import ModelInput, Task
from deepbio.training import fit
from deepbio.zoo import get_model, save_preset

SMALL = {"filters": 4, "units": 8, "stem_kernel_size": 5, "kernel_size": 3}


def windows(length: int, *, seed: int = 0, classes: int = 2, name: str = "new") -> Dataset:
    """Random windows in which TATA marks class 1, and AAAA class 2."""
    draw = np.random.default_rng(seed)

    def split(n: int) -> Split:
        x = draw.integers(0, 4, (n, length), np.uint8)
        y = np.arange(n) % classes
        x[y == 1, 3:7] = (3, 0, 3, 0)
        x[y == 2, 3:7] = 0
        return Split(x, y)

    task = Task.classify(tuple("abc"[:classes]))
    return Dataset(name, task, ModelInput("dna", (length,)), split(24), split(12), split(12))


def _every(split: Split, count: int) -> Split:
    return split.take(np.linspace(0, len(split) - 1, count).astype(int))


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """Folder of a preset: `dna_cnn`, four filters, two epochs on 64 splice junctions."""
    whole = load_dataset("uci_splice")
    data = dataclasses.replace(whole, train=_every(whole.train, 64), valid=_every(whole.valid, 32))
    folder = tmp_path_factory.mktemp("trained") / "splice"
    fit(get_model("dna_cnn", dataset=data, seed=0, **SMALL), data, out=folder, epochs=2, seed=0, verbose=False)
    return folder


@pytest.fixture(scope="session")
def shallow(tmp_path_factory):
    """Folder of a preset with random weights: `deepbind`, for what depends on neither depth, batch normalisation nor training."""
    model = get_model("deepbind", dataset=windows(60, classes=3), seed=0, filters=4, kernel_size=5, units=8)
    return save_preset(model, tmp_path_factory.mktemp("shallow") / "windows")
