"""Learning curves: from scratch, linear probe, full fine-tuning and LoRA with 5, 20 and 100% of the training data.

    DEEPBIO_MIRROR=... python benchmarks/finetuning.py --keep FOLDER [--minutes 8] [--out PLOT] [--table FILE]

| new data | trunk | trained on |
|---|---|---|
| ecoli_promoters | `dna_cnn`, 32 filters | CNNProm's E. coli set, -50 to +7, without those that share 20 bases with a new one |
| oct4_mafk | `dna_cnn.uci_splice` of the shelf | primate splice junctions: other signals, other length |
| uci_splice | `dna_cnn`, 32 filters | Oct4 and Mafk peaks: other signals, other length |

Each seed draws the training and test examples, near duplicates on one side (`deepbio.datasets.similar`), the share of the training
examples, the new weights and the order. All ways have the registered settings of `dna_cnn`: 30 epochs, and where the examples are
so few that this makes less than 120 steps, as many epochs as make 120. Nothing is chosen by results. Layers that do not fit the
new length are new (`adapter="layers"`). Every cell is kept in a file, so the work can be done in pieces: with `--minutes` no cell
starts after so long.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")

import numpy as np

from deepbio.datasets import Dataset, Split, assign_splits, load_dataset
from deepbio.datasets.similar import near_groups
from deepbio.inference import predict
from deepbio.metrics import value
from deepbio.sequence import reverse_complement
from deepbio.sequence.kmers import kmer_indices
from deepbio.specs import ModelInput
from deepbio.training import fit
from deepbio.training.finetuning import APPROACHES, compare_approaches
from deepbio.zoo import get_model

SHARES = (0.05, 0.2, 1.0)
SEEDS = range(5)
EPOCHS, LEAST_STEPS = 30, 120


@dataclass(frozen=True)
class Plan:
    """One new data set: its trunk, how many examples train and test at most, and the metric of the curve."""

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
HEADER = [
    "# Learning curves of fine-tuning", "",
    "`python benchmarks/finetuning.py --out docs/images/finetuning.png`; the script says what was trained on what.", "",
]  # fmt: skip
NAMES = {"scratch": "from scratch", "linear_probe": "linear probe", "full": "full fine-tuning", "lora": "LoRA, rank 8"}


def whole(name: str) -> tuple[Dataset, Split]:
    data = load_dataset(name)
    parts = [split for _, split in data.splits()]
    x, y = (np.concatenate([np.asarray(getattr(part, field)) for part in parts]) for field in ("x", "y"))
    return data, Split(x, y, None, near_groups(x))


def words(x: np.ndarray, k: int = 10) -> np.ndarray:
    """Words of 2k bases as pairs of indices, `(n, positions)` int64."""
    index = kmer_indices(x, k)
    return index[:, :-k] * 4**k + index[:, k:]


def trunk(name: str, keep: Path) -> str:
    """Return the preset of a trunk, trained first where it is not there."""
    if "." in name:
        return name
    folder = keep / f"trunk-{name}"
    if (folder / "preset.json").exists():
        return str(folder)
    if name == "peaks":
        data = load_dataset("oct4_mafk")
        epochs = 10
    else:
        _, new = whole("ecoli_promoters")
        source, every = whole("cnnprom_ecoli")
        x = np.ascontiguousarray(every.x[:, 10:67])  # the site is base 61 of 81 there, base 51 of 57 here
        known = np.unique(np.concatenate([words(new.x), words(reverse_complement(new.x))]))
        fresh = ~np.isin(words(x), known).any(axis=1)
        print(f"trunk: {fresh.sum()} of {len(x)} examples share no 20 bases with the new data", flush=True)
        part = assign_splits(every.groups[fresh], every.y[fresh], fractions={"train": 0.9, "valid": 0.1})
        kept = Split(x[fresh], every.y[fresh], None, every.groups[fresh])
        splits = [kept.take(np.flatnonzero(part == p)) for p in ("train", "valid")]
        data = Dataset("cnnprom_ecoli_57", source.task, ModelInput("dna", (57,)), *splits, kept.take([]))
        epochs = 12
    fit(get_model("dna_cnn", dataset=data, seed=0, filters=32), data, out=folder, epochs=epochs, seed=0, verbose=False)
    return str(folder)


def cell(name: str, data: Dataset, every: Split, share: float, way: str, seed: int, keep: Path) -> dict[str, float]:
    plan, draw = PLANS[name], np.random.default_rng(seed)
    fractions = {"train": plan.train / (plan.train + plan.test), "test": plan.test / (plan.train + plan.test)}
    part = assign_splits(every.groups, every.y, fractions=fractions, salt=f"seed-{seed}")
    chosen = {}
    for p, most in (("train", plan.train), ("test", plan.test)):
        places = draw.permutation(np.flatnonzero(part == p))[:most]
        chosen[p] = places
    places = chosen["train"]
    classes = np.unique(every.y)
    count = max(round(share * len(places)), 2 * len(classes))
    # each class first twice, so that the smallest share has all of them
    first = np.concatenate([places[every.y[places] == k][:2] for k in classes])
    rest = places[~np.isin(places, first)]
    train = every.take(np.concatenate([first, rest])[:count])
    test = every.take(chosen["test"])
    # nothing is chosen on the validation split, so a few examples do for what fit watches
    new = Dataset(f"{name}_{share:g}", data.task, data.input, train, test.take(np.arange(40)), test.take([]))
    steps = -(-len(train) // plan.batch_size)
    began = time.perf_counter()
    runs = compare_approaches(
        trunk(plan.trunk, keep), new, approaches=(way,), adapter="layers", seed=seed,
        epochs=max(EPOCHS, -(-LEAST_STEPS // steps)),
        batch_size=plan.batch_size, verbose=False,
    )  # fmt: skip
    found = value(plan.metric, data.task, test.y, predict(runs[way].model, test))
    return {"value": found, "examples": len(train), "seconds": round(time.perf_counter() - began, 1)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, required=True, help="folder of the finished cells")
    parser.add_argument("--minutes", type=float, default=1e9)
    parser.add_argument("--sets", nargs="+", default=list(PLANS))
    parser.add_argument("--out", type=Path, help="the plot")
    parser.add_argument("--table", type=Path, help="the table, which is printed too")
    arguments = parser.parse_args()
    arguments.keep.mkdir(parents=True, exist_ok=True)
    began, left = time.monotonic(), 0
    for name in arguments.sets:
        if all((arguments.keep / key).exists() for key in keys(name)):
            continue
        data, every = whole(name)
        for seed in SEEDS:
            for share in SHARES:
                for way in APPROACHES:
                    file = arguments.keep / key_of(name, share, way, seed)
                    if file.exists():
                        continue
                    if time.monotonic() - began > arguments.minutes * 60:
                        left += 1
                        continue
                    found = cell(name, data, every, share, way, seed, arguments.keep)
                    file.write_text(json.dumps(found))
                    print(file.stem, found, flush=True)
    if left:
        print(f"{left} cells left. Run again.")
        return
    table, curves = report(arguments.keep, arguments.sets)
    print("\n".join(table))
    if arguments.table:
        arguments.table.write_text("\n".join(HEADER + table) + "\n", encoding="utf-8")
    if arguments.out:
        draw_curves(curves, arguments.out)


def key_of(name: str, share: float, way: str, seed: int) -> str:
    return f"{name}-{share:g}-{way}-{seed}.json"


def keys(name: str) -> list[str]:
    return [key_of(name, share, way, seed) for share in SHARES for way in APPROACHES for seed in SEEDS]


def interval(values: np.ndarray, *, most: float = np.inf) -> tuple[float, float, float]:
    """Mean and 95% interval of Student's t over seeds, cut off at `most`."""
    from scipy.stats import t

    half = t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean()), float(values.mean() - half), min(float(values.mean() + half), most)


def report(keep: Path, sets):
    lines, curves = [], {}
    for name in sets:
        plan = PLANS[name]
        what = {"auroc": "AUROC", "accuracy": "accuracy"}[plan.metric]
        lines += [
            f"### {name}: {what}",
            "",
            "| way | " + " | ".join(f"{s:.0%}" for s in SHARES) + " |",
            "|---|" + "---|" * len(SHARES),
        ]
        found = {
            (way, share): [json.loads((keep / key_of(name, share, way, seed)).read_text()) for seed in SEEDS]
            for way in APPROACHES
            for share in SHARES
        }
        examples = [found["scratch", share][0]["examples"] for share in SHARES]
        lines.append("| training examples | " + " | ".join(map(str, examples)) + " |")
        for way in APPROACHES:
            cells = []
            for share in SHARES:
                values = np.array([one["value"] for one in found[way, share]])
                base = np.array([one["value"] for one in found["scratch", share]])
                mean, low, high = interval(values, most=1.0)
                curves.setdefault(name, {}).setdefault(way, []).append((mean, low, high))
                gain = ""
                if way != "scratch":
                    d, dl, dh = interval(values - base)
                    gain = f"; {d:+.3f} [{dl:+.3f}, {dh:+.3f}]"
                cells.append(f"{mean:.3f} [{low:.3f}, {high:.3f}]{gain}")
            lines.append(f"| {NAMES[way]} | " + " | ".join(cells) + " |")
        curves[name]["examples"] = examples
        lines.append("")
    seconds = sum(json.loads(file.read_text())["seconds"] for file in keep.glob("*.json"))
    lines.append(
        f"Mean over {len(SEEDS)} seeds with 95% intervals of Student's t; after the semicolon the paired difference from scratch."
    )
    lines.append(f"All cells together took {seconds / 60:.0f} minutes.")
    return lines, curves


def draw_curves(curves, out: Path):
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(curves), figsize=(4.2 * len(curves), 3.9), layout="constrained", squeeze=False)
    colours = dict(zip(APPROACHES, ("#6b6b6b", "#d98c1f", "#1f6f9e", "#3a8f5c"), strict=True))
    marks = dict(zip(APPROACHES, "osD^", strict=True))
    for axis, (name, ways) in zip(axes[0], curves.items(), strict=True):
        x = np.array(ways["examples"], float)
        for i, way in enumerate(APPROACHES):
            mean, low, high = np.array(ways[way]).T
            at = x * 1.05 ** (i - 1.5)  # side by side, so that the intervals can be told apart
            axis.errorbar(
                at,
                mean,
                [mean - low, high - mean],
                color=colours[way],
                marker=marks[way],
                capsize=2.5,
                label=NAMES[way],
            )
        axis.set_xscale("log")
        axis.set_xticks(x, [f"{n:.0f}" for n in x])
        axis.minorticks_off()
        axis.set_xlabel("training examples")
        axis.set_ylabel({"auroc": "AUROC", "accuracy": "accuracy"}[PLANS[name].metric])
        axis.set_title(name, fontsize=11)
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(axis="y", alpha=0.25)
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out, dpi=110)


if __name__ == "__main__":
    main()
