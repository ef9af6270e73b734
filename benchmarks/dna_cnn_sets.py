"""`dna_cnn` beside published figures: Oct4 against Mafk peaks, and the promoters of CNNProm.

    DEEPBIO_MIRROR=... python benchmarks/dna_cnn_sets.py --cache FOLDER [--minutes 8] [--out benchmarks/results/dna_cnn_sets.md]

Each set is cut into five folds, near duplicates together (`deepbio.datasets.similar`). Of each training fold 15% of the groups
are set aside: `fit` monitors them, the threshold of a class is chosen on them, and so are the penalty of the logistic regression and
its weight beside the networks. The test fold is predicted once. Oct4 and Mafk are distinguished with the registered settings of
`dna_cnn` and fewer epochs, for time, in the folds and on the 200 windows published for testing. For promoters the settings were chosen
among five on the 15% set aside in the first training fold of E. coli, and taken over for Arabidopsis with fewer filters and
epochs, for time. One network was not enough for E. coli, so three (seeds 0 to 2) are averaged there, with and without the 5-mers;
and to see what near duplicates are worth, one network is also tested on random folds, as the paper's own split was random.

The genes of CNNProm's negative set are read on the other strand, so `frames` was added. With it 16 settings (three ways to see the
frames, exact codon counts, filters, units, widths, positions, dropout, epochs, a moving average of the weights) were compared on two
parts of 15% of the first training fold of E. coli, the one above and another; both are test examples of the other four folds. There
each training fold is cut into five parts. Five networks (seeds 0 to 4) each have another part set aside, so that the threshold, and
the weight of a simple method beside the networks, is chosen on the whole training fold; the five predictions of a test fold are
averaged.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from _table import Cache, script, span, table, write_page
from scipy.special import expit, logit

from deepbio.datasets import Dataset, Split, assign_splits, grouped_folds, load_dataset
from deepbio.datasets.similar import near_groups
from deepbio.inference import predict
from deepbio.metrics import auroc, paired_bootstrap
from deepbio.sequence.kmers import kmer_counts
from deepbio.training import fit
from deepbio.zoo import get_model

FOLDS, ASIDE = 5, 0.15
WEIGHTS = (0.0, 0.2, 0.4, 0.6)  # of a simple method, beside networks
PENALTIES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
Splits = tuple[Split, Split, Split]  # for training, set aside, for testing


@dataclass(frozen=True)
class Plan:
    """One data set: settings of `dna_cnn`, and the published sensitivity and specificity where there are any."""

    epochs: int
    paper: tuple[float, float] | None = None
    config: dict[str, Any] = field(default_factory=dict)
    members: int = 1
    grouped: bool = True  # near duplicates in one fold
    parts: int = 0  # of a training fold; each is set aside once, by a network of its own

    def label(self) -> str:
        settings = ", ".join(f"{key}={value}" for key, value in self.config.items())
        return f"`dna_cnn` ({settings or 'as registered'}; {self.epochs} epochs)"


# sensitivity, specificity: Umarov, Solovyev 2017, doi:10.1371/journal.pone.0171410, table of CNNProm's own models
PROMOTERS = {"composition": True, "stem_kernel_size": 7}
PLANS = {
    "oct4_mafk": Plan(10),
    "cnnprom_ecoli": Plan(12, (0.90, 0.96), {**PROMOTERS, "filters": 128}, members=3),
    "cnnprom_ecoli, random folds": Plan(12, (0.90, 0.96), {**PROMOTERS, "filters": 128}, grouped=False),
    "cnnprom_ecoli, reading frames": Plan(20, (0.90, 0.96), {**PROMOTERS, "filters": 128, "frames": True}, parts=5),
    "cnnprom_arabidopsis_tata": Plan(12, (0.95, 0.97), PROMOTERS),
    "cnnprom_arabidopsis_non_tata": Plan(4, (0.94, 0.94), PROMOTERS),
}


def all_examples(data: Dataset, *, grouped: bool = True) -> Split:
    """Return the examples of all splits, one after the other, with near duplicates as groups."""
    parts = [split for _, split in data.splits()]
    x, y, ids = (np.concatenate([np.asarray(getattr(part, name)) for part in parts]) for name in ("x", "y", "ids"))
    return Split(x, y, ids, near_groups(x) if grouped else np.arange(len(x)))


def five_mers(train: Split, aside: Split, test: Split) -> tuple[np.ndarray, np.ndarray]:
    """Logistic regression on 5-mer counts; penalty by AUROC on `aside`. Return predictions of `aside` and `test`."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    counts = [kmer_counts(np.asarray(part.x), 5).astype(np.float32) for part in (train, aside, test)]
    a, b, c = map(StandardScaler().fit(counts[0]).transform, counts)
    models = [LogisticRegression(C=penalty, max_iter=2000).fit(a, train.y) for penalty in PENALTIES]
    best = max(models, key=lambda model: auroc(aside.y, model.predict_proba(b)[:, 1]))
    return best.predict_proba(b)[:, 1], best.predict_proba(c)[:, 1]


def four_mers(train: Split, aside: Split, test: Split) -> tuple[np.ndarray, np.ndarray]:
    """SVM on 4-mer counts (square roots) and the dinucleotide at each position, at half weight."""
    from sklearn.svm import SVC

    def features(part: Split) -> np.ndarray:
        x = np.asarray(part.x).astype(int)
        pairs = np.eye(16)[np.clip(x[:, :-1] * 4 + x[:, 1:], 0, 15)].reshape(len(x), -1)
        return np.hstack([np.sqrt(kmer_counts(x.astype(np.uint8), 4)), 0.5 * pairs])

    model = SVC(C=3).fit(features(train), train.y)
    return expit(model.decision_function(features(aside))), expit(model.decision_function(features(test)))


SIMPLE = {"five_mers": five_mers, "four_mers": four_mers}


def fold_of(every: Split, k: int, part: int | None = None, parts: int = 0) -> Splits:
    """Return fold `k`, with 15% of its training fold set aside, or one of several parts of it."""
    train, test = grouped_folds(every.y, every.groups, folds=FOLDS, seed=0)[k]
    if part is not None:
        fitted, aside = grouped_folds(every.y[train], every.groups[train], folds=parts, seed=k)[part]
    else:
        named = assign_splits(
            every.groups[train], every.y[train], fractions={"fit": 1 - ASIDE, "watch": ASIDE}, salt=f"fold-{k}"
        )
        fitted, aside = named == "fit", named == "watch"
    return every.take(train[fitted]), every.take(train[aside]), every.take(test)


def computed(name: str, data: Dataset, splits: Splits, seed: int, simple: tuple[str, ...]) -> dict[str, np.ndarray]:
    train, aside, test = splits
    began = time.perf_counter()
    fold = Dataset(name, data.task, data.input, train, aside, train.take([]))
    model = get_model("dna_cnn", dataset=fold, seed=seed, **PLANS[name].config)
    fit(model, fold, seed=seed, epochs=PLANS[name].epochs, verbose=False)
    found = {"seconds": np.array(time.perf_counter() - began), "y": test.y, "aside_y": aside.y}
    found |= {"p": predict(model, test), "aside_p": predict(model, aside), "groups": test.groups}
    for method in simple:
        found[f"aside_{method}"], found[method] = SIMPLE[method](*splits)
    return found


def compute(cache: Cache, name: str, seeds: list[int]) -> None:
    plan, data = PLANS[name], load_dataset(name.split(",")[0])
    every = all_examples(data, grouped=plan.grouped)

    def run(key, splits, seed, *simple):
        cache(f"{name}-{key}", lambda: computed(name, data, splits(), seed, simple))

    for part in range(plan.parts):
        for k in range(FOLDS):
            run(f"fold{k}-part{part}", lambda k=k, p=part: fold_of(every, k, p, plan.parts), part, *SIMPLE)
    for member in range(0 if plan.parts else plan.members):
        for k in range(FOLDS):
            more = () if member else ("five_mers",)
            run(f"fold{k}-seed{member}" if member else f"fold{k}", lambda k=k: fold_of(every, k), member, *more)
    for seed in seeds if name == "oct4_mafk" else ():
        run(f"test{seed}", lambda: (data.train, data.valid, data.test), seed, "five_mers")


@dataclass(frozen=True)
class Answer:
    """Predictions of a method for a test fold, and for the examples set aside in its training fold."""

    test: np.ndarray
    aside: np.ndarray

    @classmethod
    def of(cls, found: dict[str, Any], method: str = "p") -> "Answer":
        return cls(found[method], found[f"aside_{method}"])


def mixed(answers: list[Answer], weights: tuple[float, ...] | None = None) -> Answer:
    """Average on the scale of the logit."""

    def average(parts: list[np.ndarray]) -> np.ndarray:
        inside = np.clip(np.stack(parts).astype(float), 1e-7, 1 - 1e-7)
        return expit(np.average(logit(inside), axis=0, weights=weights))

    return Answer(average([a.test for a in answers]), average([a.aside for a in answers]))


def with_simple(folds: list[dict], networks: list[Answer], simple: list[Answer]) -> list[Answer]:
    """Mix in a simple method, in each fold with the weight that ranks best what was set aside."""
    best = []
    for fold, network, other in zip(folds, networks, simple, strict=True):
        choices = [mixed([network, other], (1 - weight, weight)) for weight in WEIGHTS]
        best.append(max(choices, key=lambda choice, y=fold["aside_y"]: auroc(y, choice.aside)))
    return best


def threshold(y: np.ndarray, p: np.ndarray, wanted: tuple[float, float]) -> float:
    """Return the threshold at which the smaller of the two margins over `wanted` (sensitivity, specificity) is largest."""
    values = np.unique(p)
    between = (values[1:] + values[:-1]) / 2
    margins = [min((p[y == 1] >= t).mean() - wanted[0], (p[y == 0] < t).mean() - wanted[1]) for t in between]
    best = np.flatnonzero(np.isclose(margins, np.max(margins)))
    return float(between[best[len(best) // 2]])


def promoter_row(method: str, folds: list[dict], answers: list[Answer], paper: tuple[float, float]) -> list[Any]:
    pairs = list(zip(folds, answers, strict=True))
    called = np.concatenate([a.test >= threshold(f["aside_y"], a.aside, paper) for f, a in pairs])
    y, groups = (np.concatenate([f[key] for f in folds]) for key in ("y", "groups"))
    area = np.mean([auroc(f["y"], a.test) for f, a in pairs])  # ranks are compared inside a fold only
    one_network = method.startswith("`dna_cnn`")
    seconds = f"{np.mean([f['seconds'] for f in folds]):.0f}" if one_network else ""
    return ["", method, *rates(y, called, groups), f"{area:.4f}", seconds]


def rates(y: np.ndarray, called: np.ndarray, groups: np.ndarray) -> list[str]:
    """Return sensitivity, specificity and correlation with 95% intervals from 2,000 resamples of whole groups."""
    names, inverse = np.unique(groups, return_inverse=True)
    random, n = np.random.default_rng(0), len(names)
    resamples = [np.bincount(random.integers(0, n, n), minlength=n) for _ in range(2000)]
    weights = np.stack([np.ones(n, int), *resamples])[:, inverse]
    tp, fn, fp, tn = (weights[:, (y == a) & (called == b)].sum(axis=1).astype(float) for a in (1, 0) for b in (1, 0))
    correlation = (tp * tn - fp * fn) / np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    figures = (tp / (tp + fn), tn / (tn + fp), correlation)
    return [span(values[0], *np.quantile(values[1:], [0.025, 0.975])) for values in figures]


def promoter_rows(cache: Cache, name: str, plan: Plan) -> Iterator[list[Any]]:
    """Yield the rows of a set of promoters; none where a fold is missing."""
    paper = plan.paper or (0.9, 0.9)
    keys = [[f"-part{part}" for part in range(plan.parts)] or [""] for _ in range(FOLDS)]
    every = [[cache.get(f"{name}-fold{k}{key}") for key in keys[k]] for k in range(FOLDS)]
    if not all(found for parts in every for found in parts):
        return
    yield [name, "CNNProm, published", f"{paper[0]:.2f}", f"{paper[1]:.2f}", "", "", ""]
    folds = [parts[0] for parts in every]
    first = [Answer.of(found) for found in folds]
    if not plan.parts:
        simple = [Answer.of(found, "five_mers") for found in folds]
        yield promoter_row("5-mers, logistic regression", folds, simple, paper)
        yield promoter_row(plan.label(), folds, first, paper)
        if plan.members == 1 and plan.grouped:
            return
        yield promoter_row("the same, and 5-mers", folds, with_simple(folds, first, simple), paper)
        members = [[cache.get(f"{name}-fold{k}-seed{m}") for k in range(FOLDS)] for m in range(1, plan.members)]
        if not members or not all(map(all, members)):
            return
        several = [mixed([one, *(Answer.of(m[k]) for m in members)]) for k, one in enumerate(first)]
        what = f"the same, {plan.members} averaged"
        yield promoter_row(what, folds, several, paper)
        yield promoter_row(f"{what}, and 5-mers", folds, with_simple(folds, several, simple), paper)
        return
    yield promoter_row(plan.label(), folds, first, paper)

    def over_parts(parts: list[dict], method: str) -> Answer:
        """Average the predictions of a test fold; join those of the part that each model had set aside."""
        average = mixed([Answer(found[method], found[method]) for found in parts]).test
        return Answer(average, np.concatenate([found[f"aside_{method}"] for found in parts]))

    folds = [parts[0] | {"aside_y": np.concatenate([found["aside_y"] for found in parts])} for parts in every]
    networks, five, four = ([over_parts(parts, key) for parts in every] for key in ("p", "five_mers", "four_mers"))
    what = f"the same, {plan.parts} averaged"
    yield promoter_row(what, folds, networks, paper)
    yield promoter_row(f"{what}, first fold alone", folds[:1], networks[:1], paper)
    yield promoter_row(f"{what}, and 5-mers", folds, with_simple(folds, networks, five), paper)
    yield promoter_row(f"SVM on 4-mers and positions, {plan.parts} averaged", folds, four, paper)
    yield promoter_row(f"{what}, and SVM", folds, with_simple(folds, networks, four), paper)


def oct4_rows(cache: Cache, seeds: list[int]) -> Iterator[list[Any]]:
    where = {f"test{seed}": f"published test windows (200), seed {seed}" for seed in seeds}
    for key, title in (where | {f"fold{k}": f"fold {k + 1} of {FOLDS}" for k in range(FOLDS)}).items():
        if found := cache.get(f"oct4_mafk-{key}"):
            areas = [f"{auroc(found['y'], found[method]):.4f}" for method in ("p", "five_mers")]
            both = paired_bootstrap(auroc, found["y"], found["p"], found["five_mers"], n_resamples=2000, seed=0)
            yield [title, *areas, both.difference]


@script(__doc__, cache=True, seeds=[0, 1, 2], sets=list(PLANS))
def main(arguments):
    cache = Cache(arguments)
    for name in arguments.sets:
        compute(cache, name, arguments.seeds)
    header = ("set", "method", "sensitivity", "specificity", "correlation", "AUROC", "seconds per fold")
    rows = [row for name, plan in PLANS.items() if plan.paper for row in promoter_rows(cache, name, plan)]
    parts = [
        "## Promoters (CNNProm)",
        "All examples, each predicted once by a model that saw none like it; thresholds from inside the training folds. 95% intervals "
        "from resamples of whole groups of near duplicates.",
        table(header, rows),
        "## Oct4 against Mafk",
        "AUROC with 95% bootstrap intervals; the difference is paired.",
        table(
            ("tested on", "`dna_cnn`", "5-mers, logistic regression", "difference"), oct4_rows(cache, arguments.seeds)
        ),
    ]
    about = "Five folds that keep near duplicates together. The script says what was chosen on what."
    write_page(arguments, "`dna_cnn` beside published figures", about, *parts)
    cache.stop_if_incomplete()
