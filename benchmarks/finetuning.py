"""Learning curves: from scratch, linear probe, full fine-tuning and LoRA with 5, 20 and 100% of the training data.

    DEEPBIO_MIRROR=... python benchmarks/finetuning.py --cache FOLDER [--minutes 8] [--figure PNG] [--out FILE]

| new data | trunk | trained on |
|---|---|---|
| ecoli_promoters | `dna_cnn`, 32 filters | CNNProm's E. coli set, -50 to +7, without those that share 20 bases with a new one |
| oct4_mafk | `dna_cnn.uci_splice` of the catalog | primate splice junctions: other signals, other length |
| uci_splice | `dna_cnn`, 32 filters | Oct4 and Mafk peaks: other signals, other length |

Each seed decides the training and test examples, near duplicates on one side (`deepbio.datasets.similar`), the fraction of the
training examples, the new weights and the order. All ways have the registered settings of `dna_cnn`: 30 epochs, and where the
examples are so few that this makes less than 120 steps, as many epochs as make 120. Nothing is chosen by results. Layers that do
not fit the new length are new (`adapter="layers"`).
"""

import itertools
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from _table import Cache, script, span, table, write_page
from dna_cnn_sets import all_examples

from deepbio.datasets import Dataset, Split, assign_splits, load_dataset
from deepbio.inference import predict
from deepbio.metrics import value
from deepbio.sequence import reverse_complement
from deepbio.sequence.kmers import kmer_indices
from deepbio.specs import ModelInput
from deepbio.training import finetune, fit
from deepbio.zoo import describe, get_model

FRACTIONS, SEEDS = (0.05, 0.2, 1.0), range(5)
EPOCHS, MIN_STEPS = 30, 120


@dataclass(frozen=True)
class Plan:
    """One new data set: its trunk, the largest numbers of training and test examples, and the metric of the curve."""

    trunk: str
    train: int
    test: int
    metric: str
    batch_size: int


PLANS = {
    "ecoli_promoters": Plan("ecoli", 64, 42, "auroc", 16),
    "oct4_mafk": Plan("dna_cnn.uci_splice", 400, 600, "auroc", 64),
    "uci_splice": Plan("peaks", 2000, 900, "accuracy", 64),
}
TITLES = {"auroc": "AUROC", "accuracy": "accuracy"}
# the head, or everything, by gradient steps with the settings of the architecture, not by the rules of `finetune`
WAYS = {
    "scratch": None,
    "linear_probe": {"freeze": "trunk", "layer_decay": 1.0},
    "full": {"layer_decay": 0.8},
    "lora": {"lora_rank": 8},
}
NAMES = {"scratch": "from scratch", "linear_probe": "linear probe", "full": "full fine-tuning", "lora": "LoRA, rank 8"}
LOOKS = dict(zip(WAYS, (("#6b6b6b", "o"), ("#d98c1f", "s"), ("#1f6f9e", "D"), ("#3a8f5c", "^")), strict=True))


def words(x: np.ndarray, k: int = 10) -> np.ndarray:
    """Return the 2k-mers as one number each, `(n, positions)` int64."""
    index = kmer_indices(x, k)
    return index[:, :-k] * 4**k + index[:, k:]


def trunk(name: str, folder: Path) -> str:
    """Return the preset of a trunk, trained first where it is not there."""
    if "." in name:
        return name
    folder = folder / f"trunk-{name}"
    if (folder / "preset.json").exists():
        return str(folder)
    data, epochs = load_dataset("oct4_mafk"), 10
    if name == "ecoli":
        source = load_dataset("cnnprom_ecoli")
        new, every = all_examples(load_dataset("ecoli_promoters")), all_examples(source)
        x = np.ascontiguousarray(np.asarray(every.x)[:, 10:67])  # the site is base 61 of 81 there, base 51 of 57 here
        codes = np.asarray(new.x)
        known = np.unique(np.concatenate([words(codes), words(reverse_complement(codes))]))
        fresh = ~np.isin(words(x), known).any(axis=1)
        print(f"trunk: {fresh.sum()} of {len(x)} examples share no 20 bases with the new data", flush=True)
        assert every.groups is not None
        part = assign_splits(every.groups[fresh], every.y[fresh], fractions={"train": 0.9, "valid": 0.1})
        kept = Split(x[fresh], every.y[fresh], None, every.groups[fresh])
        train, valid = (kept.take(np.flatnonzero(part == p)) for p in ("train", "valid"))
        data = Dataset("cnnprom_ecoli_57", source.task, ModelInput("dna", (57,)), train, valid, kept.take([]))
        epochs = 12
    fit(get_model("dna_cnn", dataset=data, seed=0, filters=32), data, out=folder, epochs=epochs, seed=0, verbose=False)
    return str(folder)


def computed(name: str, data: Dataset, every: Split, fraction: float, way: str, seed: int, folder: Path) -> dict:
    plan, random = PLANS[name], np.random.default_rng(seed)
    assert every.groups is not None
    fractions = {part: getattr(plan, part) / (plan.train + plan.test) for part in ("train", "test")}
    part = assign_splits(every.groups, every.y, fractions=fractions, salt=f"seed-{seed}")
    rows, tested = (random.permutation(np.flatnonzero(part == p))[: getattr(plan, p)] for p in ("train", "test"))
    classes = np.unique(every.y)
    count = max(round(fraction * len(rows)), 2 * len(classes))
    # each class first twice, so that the smallest fraction has all of them
    first = np.concatenate([rows[every.y[rows] == k][:2] for k in classes])
    train = every.take(np.concatenate([first, rows[~np.isin(rows, first)]])[:count])
    test = every.take(tested)
    # nothing is chosen on the validation split, so a few examples do for what fit monitors
    new = Dataset(f"{name}_{fraction:g}", data.task, data.input, train, test.take(np.arange(40)), test.take([]))
    epochs = max(EPOCHS, -(-MIN_STEPS // -(-len(train) // plan.batch_size)))
    settings = {"epochs": epochs, "batch_size": plan.batch_size, "seed": seed, "verbose": False}
    began = time.perf_counter()
    how = WAYS[way]
    if how is None:
        fresh = get_model("dna_cnn", dataset=new, seed=seed, **describe(get_model(trunk(plan.trunk, folder))).config)
        model = fit(fresh, new, **settings).model
    else:
        model = finetune(trunk(plan.trunk, folder), new, adapter="layers", **how, **settings).model
    found = value(plan.metric, data.task, test.y, predict(model, test))
    return {"value": found, "examples": len(train), "seconds": round(time.perf_counter() - began, 1)}


def mean_interval(values: np.ndarray, high: float = np.inf) -> tuple[float, float, float]:
    """Return the mean and Student's 95% interval over seeds, clipped at `high`."""
    from scipy.stats import t

    mean, half = values.mean(), t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return float(mean), float(mean - half), min(float(mean + half), high)


def curve_parts(name: str, found: dict) -> tuple[list, dict]:
    """Return the table of a data set, and its curves: way to `(fractions, 3)`."""
    examples = [found["scratch", fraction, 0]["examples"] for fraction in FRACTIONS]
    rows, curves = [["training examples", *examples]], {"examples": examples}
    for way in WAYS:
        values, base = (
            [np.array([found[w, fraction, seed]["value"] for seed in SEEDS]) for fraction in FRACTIONS]
            for w in (way, "scratch")
        )
        curves[way] = [mean_interval(v, 1.0) for v in values]
        gains = [mean_interval(v - b) for v, b in zip(values, base, strict=True)]
        changes = ["" if way == "scratch" else f"; {span(*gain, '+.3f')}" for gain in gains]
        rows.append([NAMES[way], *(span(*c) + change for c, change in zip(curves[way], changes, strict=True))])
    header = ["way", *(f"{fraction:.0%}" for fraction in FRACTIONS)]
    return [f"### {name}: {TITLES[PLANS[name].metric]}", table(header, rows)], curves


def draw_curves(curves: dict[str, dict], out: Path) -> None:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(curves), figsize=(4.2 * len(curves), 3.9), layout="constrained", squeeze=False)
    for axis, (name, ways) in zip(axes[0], curves.items(), strict=True):
        x = np.array(ways["examples"], float)
        for i, way in enumerate(WAYS):
            mean, low, high = np.array(ways[way]).T
            at, (color, marker) = x * 1.05 ** (i - 1.5), LOOKS[way]  # side by side, so that intervals do not overlap
            axis.errorbar(
                at, mean, [mean - low, high - mean], color=color, marker=marker, capsize=2.5, label=NAMES[way]
            )
        axis.set_xscale("log")
        axis.set_xticks(x, [f"{n:.0f}" for n in x])
        axis.minorticks_off()
        axis.set(xlabel="training examples", ylabel=TITLES[PLANS[name].metric])
        axis.set_title(name, fontsize=11)
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(axis="y", alpha=0.25)
    figure.legend(*axes[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False)
    figure.savefig(out, dpi=110)


@script(__doc__, cache=True, sets=list(PLANS), figure=Path)
def main(arguments):
    cache, parts, curves, seconds = Cache(arguments), [], {}, 0.0
    folder = arguments.cache or Path("runs/finetuning")
    for name in arguments.sets:
        data, found = load_dataset(name), {}
        every = all_examples(data)
        for seed, fraction, way in itertools.product(SEEDS, FRACTIONS, WAYS):
            compute = partial(computed, name, data, every, fraction, way, seed, folder)
            found[way, fraction, seed] = cache(f"{name}-{fraction:g}-{way}-{seed}", compute)
        if all(found.values()):
            part, curves[name] = curve_parts(name, found)
            parts += part
            seconds += sum(one["seconds"] for one in found.values())
    cache.stop_if_incomplete()
    last = (
        f"Mean over {len(SEEDS)} seeds with 95% intervals of Student's t; after the semicolon the paired difference from scratch. "
        f"All runs together took {seconds / 60:.0f} minutes."
    )
    write_page(arguments, "Learning curves of fine-tuning", "The script says what was trained on what.", *parts, last)
    if arguments.figure:
        draw_curves(curves, arguments.figure)
