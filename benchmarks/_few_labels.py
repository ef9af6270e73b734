"""Few labelled examples of a data set, and what trained and fresh networks make of them, for the scripts of fine-tuning."""

import functools
from dataclasses import replace

import numpy as np

from deepbio.datasets import Dataset
from deepbio.inference import extract_embeddings, predict
from deepbio.metrics import value
from deepbio.training import fit
from deepbio.zoo import get_model

LITE = "efficientnet_lite0.imagenet"
METRIC = {"binary": "auroc", "multiclass": "macro_auroc"}


@functools.cache
def trunk_of(name: str):
    """Return a trunk: the first member of an ensemble."""
    return get_model(name, member=1) if name == "spliceai_10k.ci" else get_model(name)


def drawn(data: Dataset, count: int, seed: int) -> np.ndarray:
    random, y = np.random.default_rng(seed), np.asarray(data.train.y)
    order = random.permutation(len(y))
    first = np.concatenate([order[y[order] == k][:2] for k in np.unique(y)])
    return np.concatenate([first, order[~np.isin(order, first)]])[:count]


def subset(data: Dataset, count: int, seed: int, valid: int | None = 40) -> Dataset:
    """Return a data set with `count` training examples drawn by a seed, each class at least twice, and few to validate on."""
    random, rows = np.random.default_rng(seed), drawn(data, count, seed)
    random.permutation(len(data.train))
    short = data.valid.take(np.sort(random.permutation(len(data.valid))[:valid])) if valid else data.valid
    return replace(data, train=data.train.take(rows), valid=short)


def score(data: Dataset, p: np.ndarray) -> float:
    return value(METRIC[data.task.kind], data.task, data.test.y, p)


def tested(run, data: Dataset) -> np.ndarray:
    """Return the predictions of the test split; embeddings of a probe are cached."""
    if run.plan is None or run.plan.method != "linear_probe":
        return predict(run.model, data.test)
    x = extract_embeddings(run.model, data.test)
    kernel, bias = run.model.get_layer("head").get_weights()
    p = data.task.probabilities(x @ kernel + bias)
    return p[:, 0] if data.task.kind == "binary" else p


def from_scratch(data: Dataset, seed: int) -> np.ndarray:
    """Return the predictions of the catalog's own network trained from fresh weights."""
    name = {"image": "image_cnn", "dna": "dna_cnn"}[data.input.modality]
    batch = 16 if len(data.train) < 200 else 64
    epochs = max(30, -(-120 // -(-len(data.train) // batch)))
    model = get_model(name, dataset=data, seed=seed)
    fit(model, data, seed=seed, epochs=epochs, batch_size=batch, patience=0, verbose=False)
    return predict(model, data.test)
