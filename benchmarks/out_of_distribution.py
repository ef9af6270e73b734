"""How well out-of-distribution scores tell other data from the test split of a preset, near and far, for each modality.

DEEPBIO_MIRROR=../shared/data python benchmarks/out_of_distribution.py --out benchmarks/results/out_of_distribution.md

AUROC and the false positive rate at 95% detected, with 95% intervals; positives are the examples of the other set. The sets with an
asterisk chose the default score of the modality; the others did not. The reference of distances is the training split, or 4,000 other
notes from the distribution of training where the training split has more.
"""

import csv
import gzip
from pathlib import Path

import numpy as np
from _table import Cache, script, span, table, write_page

from deepbio.datasets import Split, load_dataset
from deepbio.datasets.vignettes import simulate_vignettes
from deepbio.errors import ModelError
from deepbio.inference import ood_score
from deepbio.inference.out_of_distribution import METHODS
from deepbio.metrics import summarize
from deepbio.metrics.intervals import wilson
from deepbio.sequence import dinucleotide_shuffle, encode
from deepbio.specs import Task
from deepbio.text import Tokenizer
from deepbio.zoo import describe, get_model

NOTES = 4000
DATA = Path("../shared/data")
PRESETS = ["dna_cnn.uci_splice", "dna_cnn.ecoli_promoters", "image_cnn.pneumoniamnist", "image_cnn.breastmnist",
           "note_evidence.vignettes", "bilstm.pubmed_sections"]  # fmt: skip


def array(split: Split, count: int) -> np.ndarray:
    """Return the first inputs of a split."""
    return np.asarray(split.x[np.arange(min(len(split), count))])


def arabidopsis(length: int, count: int) -> np.ndarray:
    """Return the middle of promoters of Arabidopsis thaliana."""
    with gzip.open(DATA / "cnnprom/Arabidopsis_tata.fa.gz", "rt") as file:
        records = file.read().split(">")[1:]
    sequences = ["".join(record.split("\n")[1:]).strip() for record in records[:count]]
    return np.stack([encode(one[(len(one) - length) // 2 :][:length]) for one in sequences])


def digits(size: int, count: int) -> np.ndarray:
    """Return handwritten digits (MNIST) of 28 pixels."""
    with gzip.open(DATA / "mnist/t10k-images-idx3-ubyte.gz") as file:
        x = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28, 1)[:count]
    assert size == 28
    return x


def column(file: str, name: str, count: int) -> list[str]:
    """Return texts from all over a table."""
    with gzip.open(DATA / file, "rt", encoding="utf-8", newline="") as lines:
        texts = [row[name] for row in csv.DictReader(lines, delimiter="\t") if row[name]]
    return texts[:: max(1, len(texts) // count)][:count]


def other_sets(name: str, data, count: int, words: Tokenizer | None) -> dict[str, np.ndarray]:
    """Return inputs from elsewhere by name; those with an asterisk chose the default score."""
    x = array(data.test, count) if data is not None else None
    if name == "uci_splice":
        shuffled = dinucleotide_shuffle(x, seed=0)
        return {"*shuffled windows (near)": shuffled, "Arabidopsis promoters (far)": arabidopsis(x.shape[1], count)}
    if name == "ecoli_promoters":
        shuffled = dinucleotide_shuffle(x, seed=0)
        return {"*shuffled windows (near)": shuffled, "Arabidopsis promoters (near)": arabidopsis(x.shape[1], count)}
    if name in ("breastmnist", "pneumoniamnist"):
        other = "pneumoniamnist" if name == "breastmnist" else "breastmnist"
        return {f"*{other}, another organ (near)": array(load_dataset(other).test, count),
                "MNIST digits (far)": digits(x.shape[1], count)}  # fmt: skip
    length = 96 if name == "vignettes" else data.input.shape[0]
    notes = simulate_vignettes(500, 3 * count, seed=11)
    listed = {disease.id for disease in simulate_vignettes(50, 1).diseases}
    unlisted = [text for text, k in zip(notes.texts, notes.y, strict=True) if notes.diseases[k].id not in listed]
    if name == "vignettes":
        passages = column("pubmed_sections/pubmed_sections_2021.tsv.gz", "text", count)
        return {"*unlisted diseases (near)": words.encode(unlisted[:count], length),
                "PubMed passages (far)": words.encode(passages, length)}  # fmt: skip
    abstracts = words.encode(column("pubmed_mesh/pubmed_casereports_1977_79.tsv.gz", "abstract", count), length)
    return {"*whole abstracts (near)": abstracts, "notes (far)": words.encode(unlisted[:count], length)}


def sides(preset: str, count: int):
    """Return the model, the reference, the test inputs and the other sets."""
    name, model = preset.split(".")[1], get_model(preset)
    input = describe(model).input
    words = Tokenizer.from_json(input.tokenizer) if input.tokenizer else None
    if name == "vignettes":
        known, test = (simulate_vignettes(50, n, seed=seed) for n, seed in ((NOTES, 21), (count, 22)))
        reference = Split(words.encode(known.texts, 96), known.y)
        return model, reference, words.encode(test.texts, 96), other_sets(name, None, count, words)
    options = {"tokenizer": input.tokenizer, "length": input.shape[0]} if words else {}
    data = load_dataset(name, **options)
    chosen = np.random.default_rng(0).permutation(len(data.train))[:NOTES]
    return model, data.train.take(chosen), array(data.test, count), other_sets(name, data, count, words)


def pasted() -> list[list[str]]:
    """Return the mean score of notes that are pasted several times, by score."""
    model = get_model("note_evidence.vignettes")
    words = Tokenizer.from_json(describe(model).input.tokenizer)
    texts = [text for text in simulate_vignettes(50, 2000, seed=23).texts if len(text.split()) < 20][:200]
    reference = Split(*(lambda known: (words.encode(known.texts, 96), known.y))(simulate_vignettes(50, NOTES, seed=21)))
    rows = []
    for method in METHODS:
        try:
            inside = np.sort(ood_score(model, reference, method=method, reference=reference))
            ranks = [
                np.searchsorted(inside, ood_score(model, words.encode([" ".join([t] * n) for t in texts], 96), method=method,
                                                  reference=reference)) / len(inside)
                for n in (1, 2, 3, 4)
            ]  # fmt: skip
        except ModelError:
            continue
        rows.append([method, *(f"{rank.mean():.2f}" for rank in ranks)])
    return rows


def row(preset: str, other: str, method: str, inside: np.ndarray, outside: np.ndarray) -> list[str]:
    y, p = np.repeat([0, 1], [len(inside), len(outside)]), np.concatenate([inside, outside])
    area = summarize(Task("binary", 1), y, p, metrics=["auroc"])["auroc"]
    wrong = float((inside >= np.quantile(outside, 0.05)).mean())
    rate = wilson(wrong, 0.0, len(inside))
    found = "undefined" if area.reason else span(area.value, area.low, area.high)
    return [preset, other, method, found, span(rate.value, rate.low, rate.high)]


def rows_of(preset: str, count: int) -> dict[str, list[str]]:
    """Return the lines of the table of one preset, and the scores that it does not have."""
    model, reference, test, sets = sides(preset, count)
    rows, left = [], []
    for method in METHODS:
        try:
            inside = ood_score(model, test, method=method, reference=reference)
        except ModelError as error:
            left.append(f"{preset}, {method}: {error}")
            continue
        for other, x in sets.items():
            rows.append(
                "\t".join(row(preset, other, method, inside, ood_score(model, x, method=method, reference=reference)))
            )
    return {"rows": rows, "left": left}


@script(__doc__, cache=True, presets=PRESETS, count=600)
def main(arguments):
    cache, rows, left = Cache(arguments), [], []
    for preset in arguments.presets:
        found = cache(preset, lambda preset=preset: rows_of(preset, arguments.count)) or {"rows": [], "left": []}
        rows += [line.split("\t") for line in found["rows"]]
        left += list(found["left"])
    notes = "note_evidence.vignettes" in arguments.presets
    repeated = cache("pasted", lambda: {"rows": ["\t".join(line) for line in pasted()]}) if notes else None
    cache.stop_if_incomplete()
    header = ("preset", "other set", "score", "AUROC", "FPR at 95%")
    about = (
        "Test examples of the preset's data set against the other set, up to 600 of each. Sets with an asterisk chose the default "
        "score of the modality; the figures of a default are those of the other sets."
    )
    parts = [table(header, rows), [f"- {one}" for one in left]]
    if repeated is not None:
        parts += [
            "Mean rank of 200 short notes, pasted several times, among 4,000 notes like those of training (1: least like them):",
            table(
                ("score", "once", "twice", "three times", "four times"), [line.split("\t") for line in repeated["rows"]]
            ),
        ]
    write_page(arguments, "How well out-of-distribution scores work", about, *parts)
