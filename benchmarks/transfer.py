"""What fine-tuning gains with the defaults of `finetune`: probes of published trunks against scikit-learn and training from scratch.

    DEEPBIO_MIRROR=... python benchmarks/transfer.py whole|images|dna|scores|speed --cache FOLDER [--sets NAME ...]
        [--counts N ...] [--seeds N] [--trunks NAME ...] [--out FILE]

Each part adds to the page. `whole`: all training images of BreastMNIST and PneumoniaMNIST (28 pixels, enlarged by the model to
224) from `efficientnet_lite0.imagenet`, five seeds, against scikit-learn's logistic regression on the same frozen features, as they
are and standardised; the differences are those of the mean prediction of the seeds, and their paired intervals resample the test
images. `images`: the same sets at 10 to 100 labelled images, and `dna`: `uci_splice` at 20 to 500 from `spliceai_10k.ci` (member
1), against the catalog's own network from scratch (`image_cnn`, `dna_cnn`; registered settings, at least 120 steps); each of five
seeds (ten of DNA) decides the examples; paired Student intervals. `scores`: LogME and H-score of nine pairs on 100 training
examples beside the gain on the test split. `speed`: an epoch of the whole pass against a solved probe, in processor seconds.

Everything `finetune` chooses is by its rules, which were chosen on training and validation splits. Where few images are labelled,
40 others are for validation, and choose nothing.
"""

import itertools
import os
import tempfile
import time
from functools import partial
from typing import Any

import keras
import numpy as np
from _few_labels import LITE, drawn, from_scratch, score, subset, tested, trunk_of
from _table import Cache, script, span, table, write_page
from finetuning import mean_interval

from deepbio.datasets import Dataset, load_dataset
from deepbio.inference import extract_embeddings
from deepbio.training import finetune
from deepbio.training.finetuning import fit_probe, transferability
from deepbio.training.finetuning.rules import Facts, decide
from deepbio.training.finetuning.start import starting_point

SEEDS = {"image": range(5), "dna": range(10)}
IMAGES, FEW = ("breastmnist", "pneumoniamnist"), {"image": (10, 20, 50, 100), "dna": (20, 50, 100, 500)}
PAIRS = (
    (LITE, "breastmnist"),
    (LITE, "pneumoniamnist"),
    ("image_cnn.pneumoniamnist", "breastmnist"),
    ("image_cnn.breastmnist", "pneumoniamnist"),
    ("spliceai_10k.ci", "uci_splice"),
    ("dna_cnn.ecoli_promoters", "uci_splice"),
    ("mmsplice_donor.cheng2019", "uci_splice"),
    ("dna_cnn.uci_splice", "oct4_mafk"),
    ("dna_cnn.ecoli_promoters", "oct4_mafk"),
)
TRUNKS = list(dict.fromkeys(trunk for trunk, _ in PAIRS))


def tuned(data: Dataset, trunk, seed: int) -> np.ndarray:
    """Return the predictions of the test split after `finetune` with its defaults."""
    return tested(finetune(trunk, data, seed=seed, verbose=False), data)


def probed(data: Dataset, whole: Dataset, rows: np.ndarray, trunk, seed: int) -> np.ndarray:
    """Return what `tuned` does where the rules choose a probe without copies: heads on embeddings of the whole set, computed once."""
    model = starting_point(trunk, data, head="new", adapter="auto", seed=seed).model
    facts = Facts("dna", len(data.train), len(data.valid), model.count_params())
    assert (decide("method", facts), decide("copies", facts)) == ("linear_probe", 1)
    x, new = (extract_embeddings(model, split) for split in (whole.train, whole.test))
    head = fit_probe(x[rows], np.asarray(data.train.y), data.task, seed=seed)
    return data.task.probabilities(new @ head.kernel + head.bias)


def whole(name: str, seed: int) -> dict:
    data = load_dataset(name)
    return {"p": tuned(data, trunk_of(LITE), seed), "y": np.asarray(data.test.y)}


def by_scikit_learn(name: str, standardised: bool) -> dict:
    """Fit scikit-learn's logistic regression, as it comes, to the frozen features of the enlarged images."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    data = load_dataset(name)
    model = finetune(trunk_of(LITE), data, method="linear_probe", copies=1, verbose=False).model
    x, new = (extract_embeddings(model, split) for split in (data.train, data.test))
    regression = LogisticRegression(max_iter=5000)
    fitted = make_pipeline(StandardScaler(), regression) if standardised else regression
    return {"p": fitted.fit(x, np.asarray(data.train.y).ravel()).predict_proba(new)[:, 1]}


def few(trunk: str, name: str, count: int, seed: int, way: str) -> dict:
    whole = load_dataset(name)
    data = subset(whole, count, seed)
    if way == "scratch":
        p = from_scratch(data, seed)
    elif trunk == "spliceai_10k.ci":
        p = probed(data, whole, drawn(whole, count, seed), trunk_of(trunk), seed)
    else:
        p = tuned(data, trunk_of(trunk), seed)
    return {"value": score(data, p)}


def scored(trunk: str, name: str, seed: int) -> dict:
    found = transferability(trunk_of(trunk), subset(load_dataset(name), 100, seed))
    return {"log_me": found.log_me, "gain": found.gain, "h_score": found.h_score, "h_raw": found.h_score_raw}


class EpochClock(keras.callbacks.Callback):
    """Processor seconds of the training steps of each epoch, without validation."""

    def on_epoch_begin(self, epoch, logs=None):
        self.began = time.process_time()

    def on_train_batch_end(self, batch, logs=None):
        self.seconds = time.process_time() - self.began


def speed(name: str) -> dict:
    """Measure processor seconds on 500 images: an epoch of all weights, of the head through the trunk, and a solved probe."""
    data, seconds = subset(load_dataset(name), 500, 0), {}
    settings = {"epochs": 2, "batch_size": 16, "verbose": False}
    for way, how in {"whole": {"method": "full"}, "head": {"freeze": "trunk"}}.items():
        clock = EpochClock()
        finetune(trunk_of(LITE), data, **how, **settings, callbacks=[clock])
        seconds[way] = clock.seconds  # of the second epoch: the first one compiles
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DEEPBIO_CACHE"] = folder
        for way in ("probe", "again"):
            began = time.process_time()
            model = finetune(trunk_of(LITE), data, method="linear_probe", copies=1, verbose=False).model
            seconds[way] = time.process_time() - began
        began = time.process_time()
        x = extract_embeddings(model, data.train, cache=False)
        seconds["pass"] = time.process_time() - began
        began = time.process_time()
        fit_probe(x, np.asarray(data.train.y), data.task, shrinkage=1000.0)
        seconds["fit"] = time.process_time() - began
    return seconds


def paired(y: np.ndarray, first: np.ndarray, second: np.ndarray, resamples: int = 2000) -> tuple[float, float, float]:
    """Return the difference in AUROC and its percentile interval over resampled test images."""
    from sklearn.metrics import roc_auc_score

    random = np.random.default_rng(0)
    rows = [random.integers(0, len(y), len(y)) for _ in range(resamples)]
    drawn = [roc_auc_score(y[r], first[r]) - roc_auc_score(y[r], second[r]) for r in rows if 0 < y[r].mean() < 1]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return roc_auc_score(y, first) - roc_auc_score(y, second), float(low), float(high)


def every(found: list[dict[str, Any] | None]) -> list[dict[str, Any]]:
    """Return what was computed, or nothing if a part is left."""
    return [one for one in found if one is not None] if all(one is not None for one in found) else []


def whole_part(cache: Cache, sets: list[str]) -> list:
    from sklearn.metrics import roc_auc_score

    rows = []
    for name in sets:
        own = every([cache(f"whole-{name}-{seed}", partial(whole, name, seed)) for seed in SEEDS["image"]])
        peers = every([cache(f"peer-{name}-{std}", partial(by_scikit_learn, name, std)) for std in (False, True)])
        if not own or not peers:
            continue
        y, mean = own[0]["y"].ravel(), np.mean([each["p"].ravel() for each in own], axis=0)
        each = [roc_auc_score(y, one["p"].ravel()) for one in own]
        rows.append([name, f"{np.mean(each):.3f} ({min(each):.3f} to {max(each):.3f})"])
        for peer in peers:
            gain = span(*paired(y, mean, peer["p"]), "+.3f")
            rows[-1].append(f"{roc_auc_score(y, peer['p']):.3f}; {gain}")
    header = ["set", "`finetune`, mean of 5 seeds (range)", "scikit-learn, features as they are", "standardised"]
    return [
        "### All training images: test AUROC; after the semicolon, the difference of the mean prediction of the five seeds",
        table(header, rows),
    ]


def few_part(cache: Cache, trunk: str, name: str, kind: str, counts: list[int], seeds: int) -> list:
    rows = []
    for count in FEW[kind] if counts == [0] else counts:
        found, which = {}, range(seeds) if seeds else SEEDS[kind]
        for way in ("scratch", "tuned"):
            key = f"few-{name}-{count}-scratch" if way == "scratch" else f"few-{trunk}-{name}-{count}-tuned"
            found[way] = every([cache(f"{key}-{s}", partial(few, trunk, name, count, s, way)) for s in which])
        if found["scratch"] and found["tuned"]:
            scratch, tuned_ = (np.array([one["value"] for one in found[way]]) for way in ("scratch", "tuned"))
            gain = span(*mean_interval(tuned_ - scratch), "+.3f")
            rows.append([count, span(*mean_interval(scratch, 1.0)), span(*mean_interval(tuned_, 1.0)), gain])
    title = f"### {name} from `{trunk}`: test {'AUROC' if kind == 'image' else 'macro AUROC'}"
    return [title, table(["training examples", "from scratch", "`finetune`", "gain, paired"], rows)]


def scores_part(cache: Cache, trunks: list[str]) -> list:
    from scipy.stats import spearmanr

    found = {}
    for (trunk, name), seed in itertools.product((pair for pair in PAIRS if pair[0] in trunks), range(3)):
        parts = [
            cache(f"score-{trunk}-{name}-{seed}", partial(scored, trunk, name, seed)),
            cache(f"few-{name}-100-scratch-{seed}", partial(few, trunk, name, 100, seed, "scratch")),
            cache(f"few-{trunk}-{name}-100-tuned-{seed}", partial(few, trunk, name, 100, seed, "tuned")),
        ]
        for scores, scratch, tuned_ in [every(parts)] if every(parts) else []:
            values = [scores["log_me"], scores["gain"], scores["h_score"], tuned_["value"] - scratch["value"]]
            found.setdefault((trunk, name), []).append(values)
    cache.stop_if_incomplete()
    points = np.array([np.mean(values, axis=0) for values in found.values()])
    rows = [
        [
            f"`{trunk}`",
            name,
            *(f"{x:+.3f}" for x in point),
            "{:+.3f} to {:+.3f}".format(*sorted(v[3] for v in values)[::2]),
        ]
        for ((trunk, name), values), point in zip(found.items(), points, strict=True)
    ]
    rank = [spearmanr(points[:, k], points[:, 3]).statistic for k in range(3)]
    last = (
        f"Means over three seeds. Spearman's correlation of the gain over these {len(points)} pairs: with LogME {rank[0]:+.2f}, with "
        f"LogME less that of the raw input {rank[1]:+.2f}, with the H-score {rank[2]:+.2f}."
    )
    header = [
        "trunk",
        "new data",
        "LogME",
        "LogME less raw",
        "H-score",
        "gain in test AUROC at 100 examples",
        "three seeds",
    ]
    return ["### Scores on the training split, before use, and the gain", table(header, rows), last]


def speed_part(cache: Cache) -> list:
    found = cache("speed", partial(speed, "pneumoniamnist"))
    names = {
        "whole": "one epoch of training steps, everything learns",
        "head": "one epoch of training steps, only the head learns, through the trunk",
        "pass": "one pass of the trunk over the 500 images, for their embeddings",
        "fit": "the head solved on the embeddings: seven strengths in five folds, and the fit",
        "probe": '`finetune(method="linear_probe", copies=1)` as a whole: load, compile, embeddings, fit, validation on 40 images',
        "again": "the same again, embeddings from the cache",
    }
    rows = [[what, f"{found[way]:.2f}", f"{found['whole'] / found[way]:.1f}"] for way, what in names.items() if found]
    title = "### Processor seconds for 500 images of 28 pixels, enlarged to 224; one thread"
    return [title, table(["what", "seconds", "times faster than an epoch of everything"], rows)]


@script(
    __doc__,
    cache=True,
    part=("whole", "images", "dna", "scores", "speed"),
    sets=list(IMAGES),
    counts=[0],
    seeds=0,
    trunks=TRUNKS,
)
def main(arguments):
    cache, parts = Cache(arguments), []
    if arguments.part == "whole":
        parts = whole_part(cache, arguments.sets)
    elif arguments.part == "images":
        part = partial(few_part, cache, LITE, kind="image", counts=arguments.counts, seeds=arguments.seeds)
        parts = [line for name in arguments.sets for line in part(name=name)]
    elif arguments.part == "dna":
        parts = few_part(cache, "spliceai_10k.ci", "uci_splice", "dna", arguments.counts, arguments.seeds)
    elif arguments.part == "scores":
        parts = scores_part(cache, arguments.trunks)
    else:
        parts = speed_part(cache)
    cache.stop_if_incomplete()
    write_page(arguments, "What fine-tuning gains", "", *parts, append=True)
