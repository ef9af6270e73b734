"""Does temperature scaling lower the calibration error of what is shipped, and do prediction sets cover as often as they say?

    python benchmarks/calibration.py [--out benchmarks/results/calibration.md] [--runs FOLDER] [--genes FOLDER] [--store]

For each classifier on the shelf `zoo/` whose data set is at hand (and the models that --runs holds): the temperature is fitted on
the validation split, the calibration error is measured on the test split. Sets of 90%: the cut-off is found on one half of the
held-out examples (validation and test together, groups kept whole), coverage counted on the other half, 200 random halves.
--genes names the folder of a stretch of a genome and its gene table (see splice_sites.py): the calibration error of
spliceai_10k.ci over all positions of its shortest genes. --store puts the temperature into preset.json where the calibration
error is above 0.02.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from deepbio import metrics
from deepbio.catalog import entries
from deepbio.datasets import load_dataset
from deepbio.errors import DeepbioError
from deepbio.inference import calibrate, predict
from deepbio.inference.conformal import as_classes
from deepbio.zoo import describe, get_model, read_preset, write_postprocessing

COVERAGE, HALVES, WORTH = 0.9, 200, 0.02
COLUMNS = (
    "model", "test examples", "temperature", "calibration error before", "after", "log-loss before", "after", "coverage, %",
    "classes in a set",
)  # fmt: skip
BINS = {"bins": 15}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--runs", type=Path, help="a folder of runs, to be measured as well")
    parser.add_argument("--genes", type=Path, help="a folder as splice_sites.py takes it")
    parser.add_argument("--store", action="store_true")
    arguments = parser.parse_args()
    folders = [folder for folder in entries("zoo") if (read_preset(folder).get("dataset") or {}).get("name")]
    if arguments.runs:
        folders += sorted(file.parent for file in arguments.runs.glob("*/preset.json"))
    rows, left_out = [], []
    for folder in folders:
        try:
            rows.append(measured(folder, store=arguments.store))
        except DeepbioError as error:
            left_out.append(f"- {folder.name}: {str(error).splitlines()[0]}")
    lines = [
        "# Calibration and coverage",
        "",
        "`python benchmarks/calibration.py`. Calibration error in 15 bins of equal mass on the test split, with 95% intervals;",
        "the temperature is fitted on the validation split. It is stored where the error was above 0.02. Coverage of sets of",
        "90%: cut-off from one half of the held-out examples, coverage on the other, mean and standard deviation over",
        f"{HALVES} random halves.",
        "",
        f"| {' | '.join(COLUMNS)} |",
        f"|{'---|' * len(COLUMNS)}",
        *rows,
        *(["", "Left out:", "", *left_out] if left_out else []),
    ]
    if arguments.genes:
        lines += ["", splice_line(arguments.genes)]
    print("\n".join(lines))
    if arguments.out:
        arguments.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


def measured(folder: Path, *, store: bool) -> str:
    trained_on = read_preset(folder)["dataset"]
    data = load_dataset(trained_on["name"], **trained_on.get("options", {}))
    model = get_model(str(folder))
    if not data.task.is_classification:
        raise DeepbioError(f"{data.task.kind} has no classes to calibrate.")
    raw = predict(model, data.test, calibrated=False)
    model = calibrate(model, data.valid)
    postprocessing = describe(model).postprocessing
    p, y = predict(model, data.test), np.asarray(data.test.y)
    errors = [metrics.ece_interval(y, q, **BINS) for q in (raw, p)]
    losses = [float(metrics.log_loss(y, q)) for q in (raw, p)]
    if store and errors[0].value > WORTH:
        write_postprocessing(folder, postprocessing)
    valid = predict(model, data.valid)
    held = as_classes(data.task, np.concatenate([valid, p]))
    truth = np.concatenate([np.asarray(data.valid.y), y])
    names = np.concatenate([np.asarray(part.groups).astype(str) for part in (data.valid, data.test)])
    shares, sizes = halves(truth, held, names)
    cells = (
        f"`{folder.name}`", f"{len(y):,}", f"{postprocessing.calibration.temperature:.2f}",
        *errors, *(f"{loss:.3f}" for loss in losses),
        f"{100 * np.mean(shares):.1f} ± {100 * np.std(shares):.1f}", f"{np.mean(sizes):.2f}",
    )  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |"


def splice_line(folder: Path, most: int = 120_000) -> str:
    """Say how far off the probabilities of the splice model are, over all positions of the shortest genes."""
    from splice_sites import CONTEXT, SPAN, probabilities, read_genes

    model, truth, held, groups = get_model("spliceai_10k.ci", input_shape=(SPAN + CONTEXT,)), [], [], []
    for gene in sorted(read_genes(folder)[2], key=lambda gene: len(gene.codes)):
        if sum(map(len, truth)) + len(gene.codes) > most:
            break
        y = np.zeros(len(gene.codes), np.int64)
        y[gene.sites["acceptor"]], y[gene.sites["donor"]] = 1, 2
        truth.append(y)
        held.append(probabilities(model, gene))
        groups.append(np.full(len(y), len(groups)))
    y, p = np.concatenate(truth), np.concatenate(held)
    error = metrics.ece_interval(y, p, groups=np.concatenate(groups), **BINS)
    return (
        f"`spliceai_10k.ci`, all {len(y):,} positions of {len(truth)} genes of {folder.name}: calibration error {error.value:.5f} "
        f"[{error.low:.5f}, {error.high:.5f}] (whole genes drawn), so it needs no temperature: nearly all positions are no site."
    )


def halves(y: np.ndarray, p: np.ndarray, groups: np.ndarray) -> tuple[list[float], list[float]]:
    """Return coverage and mean size of the sets for random halves; whole groups go to one side."""
    _, member = np.unique(groups, return_inverse=True)
    shares, sizes = [], []
    for seed in range(HALVES):
        first = (np.random.default_rng(seed).permutation(member.max() + 1) < (member.max() + 1) // 2)[member]
        sets = metrics.prediction_sets(p[~first], metrics.conformal_cutoff(y[first], p[first], coverage=COVERAGE))
        shares.append(float(sets[np.arange(len(sets)), y[~first]].mean()))
        sizes.append(float(sets.sum(axis=1).mean()))
    return shares, sizes


if __name__ == "__main__":
    main()
