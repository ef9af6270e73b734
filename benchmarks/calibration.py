"""Does temperature scaling lower the calibration error of the presets, and do prediction sets cover as often as asked?

    python benchmarks/calibration.py [--runs FOLDER] [--genes FOLDER] [--store] [--out benchmarks/results/calibration.md]

For each classifier of the catalog whose data set is at hand (and the models in --runs), the temperature is fitted on the
validation split and the calibration error is measured on the test split. Sets of 90%: the cut-off is found on one half of the
held-out examples (validation and test together, groups kept whole), coverage is counted on the other half, 200 random halves.
--genes names the folder of a stretch of a genome and its gene table (see splice_sites.py): the calibration error of
spliceai_10k.ci over all positions of its shortest genes. --store writes the temperature into preset.json where the calibration
error is above 0.02.
"""

from pathlib import Path

import numpy as np
from _table import script, table, write_page

from deepbio import metrics
from deepbio.catalog import entries
from deepbio.datasets import load_dataset
from deepbio.errors import DeepbioError
from deepbio.inference import calibrate, predict
from deepbio.inference.conformal import as_classes
from deepbio.zoo import describe, get_model, read_preset, write_postprocessing

COVERAGE, HALVES, WORTH, BINS = 0.9, 200, 0.02, 15
COLUMNS = ("model", "test examples", "temperature", "calibration error before", "after", "log-loss before", "after",
           "coverage, %", "classes in a set")  # fmt: skip


def measured(folder: Path, *, store: bool) -> list[str]:
    trained_on = read_preset(folder)["dataset"]
    data = load_dataset(trained_on["name"], **trained_on.get("options", {}))
    model = get_model(str(folder))
    if not data.task.is_classification:
        raise DeepbioError(f"{data.task.kind} has no classes to calibrate.")
    raw = predict(model, data.test, calibrated=False)
    model = calibrate(model, data.valid)
    postprocessing = describe(model).postprocessing
    p, y = predict(model, data.test), np.asarray(data.test.y)
    errors = [metrics.ece_interval(y, q, bins=BINS, groups=data.test.groups) for q in (raw, p)]
    losses = [f"{metrics.log_loss(y, q):.3f}" for q in (raw, p)]
    if store and errors[0].value > WORTH:
        write_postprocessing(folder, postprocessing)
    kept = as_classes(data.task, np.concatenate([predict(model, data.valid), p]))
    truth = np.concatenate([np.asarray(data.valid.y), y])
    names = np.concatenate([np.asarray(part.groups).astype(str) for part in (data.valid, data.test)])
    fractions, sizes = halves(truth, kept, names)
    coverage = f"{100 * np.mean(fractions):.1f} ± {100 * np.std(fractions):.1f}"
    temperature = f"{postprocessing.calibration.temperature:.2f}"
    return [
        f"`{folder.name}`",
        f"{len(y):,}",
        temperature,
        *map(str, errors),
        *losses,
        coverage,
        f"{np.mean(sizes):.2f}",
    ]


def halves(y: np.ndarray, p: np.ndarray, groups: np.ndarray) -> tuple[list[float], list[float]]:
    """Return coverage and mean size of the sets for random halves; whole groups go to one side."""
    _, member = np.unique(groups, return_inverse=True)
    fractions, sizes = [], []
    for seed in range(HALVES):
        first = (np.random.default_rng(seed).permutation(member.max() + 1) < (member.max() + 1) // 2)[member]
        sets = metrics.prediction_sets(p[~first], metrics.conformal_cutoff(y[first], p[first], coverage=COVERAGE))
        fractions.append(float(sets[np.arange(len(sets)), y[~first]].mean()))
        sizes.append(float(sets.sum(axis=1).mean()))
    return fractions, sizes


def splice_line(folder: Path, most: int = 120_000) -> str:
    """Return the calibration error of the splice model over all positions of the shortest genes."""
    from splice_sites import CONTEXT, SPAN, probabilities, read_genes

    model, truth, p, groups = get_model("spliceai_10k.ci", input_shape=(SPAN + CONTEXT,)), [], [], []
    for gene in sorted(read_genes(folder)[2], key=lambda gene: len(gene.codes)):
        if sum(map(len, truth)) + len(gene.codes) > most:
            break
        truth.append(np.zeros(len(gene.codes), np.int64))
        truth[-1][gene.sites["acceptor"]], truth[-1][gene.sites["donor"]] = 1, 2
        groups.append(np.full(len(gene.codes), len(groups)))
        p.append(probabilities(model, gene))
    y = np.concatenate(truth)
    error = metrics.ece_interval(y, np.concatenate(p), bins=BINS, groups=np.concatenate(groups))
    return (
        f"`spliceai_10k.ci`, all {len(y):,} positions of {len(truth)} genes of {folder.name}: calibration error {error.value:.5f} "
        f"(no interval: {error.reason}), so it needs no temperature: nearly all positions are no site."
    )


@script(__doc__, runs=Path, genes=Path, store=False)
def main(arguments):
    folders = [folder for folder in entries("zoo") if (read_preset(folder).get("dataset") or {}).get("name")]
    if arguments.runs:
        folders += sorted(file.parent for file in arguments.runs.glob("*/preset.json"))
    rows, left_out = [], []
    for folder in folders:
        try:
            rows.append(measured(folder, store=arguments.store))
        except DeepbioError as error:
            left_out.append(f"- {folder.name}: {str(error).splitlines()[0]}")
    more = ["Left out:", left_out] if left_out else []
    more += [splice_line(arguments.genes)] if arguments.genes else []
    about = (
        "Calibration error in 15 bins of equal mass on the test split, with 95% intervals; the temperature is fitted on the "
        f"validation split. It is stored where the error was above {WORTH}. Coverage of sets of 90%: cut-off from one half of the "
        f"held-out examples, coverage on the other, mean and standard deviation over {HALVES} random halves."
    )
    write_page(arguments, "Calibration and coverage", about, table(COLUMNS, rows), *more)
