"""What privacy costs: notes of 60 patients with planted names and numbers, with every word and with words of five patients only.

    python benchmarks/private_notes.py [--seeds 0 1 2] [--out benchmarks/results/private_notes.md]

Each of 60 synthetic patients has four notes, his name and record number in each, and one of three diagnoses; three of ten signs are
named in a note, of which six in ten are those of the diagnosis. `bag_of_words` is trained in 5-fold cross-validation by patient,
its vocabulary is that of the training notes: before, of all words (`min_groups=1, mask_identifiers=False`), after, of words of five
patients and without numbers, the default. Planted words are counted in all files of the folders that `fit` writes.
"""

import random
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from _table import script, span, table, write_page

from deepbio import fit, get_model, predict
from deepbio.datasets import Dataset
from deepbio.metrics import paired_bootstrap
from deepbio.metrics.registry import metric

SIGNS = {
    "flu": ["fever", "cough", "chills", "myalgia"],
    "stone": ["colic", "hematuria", "nausea"],
    "migraine": ["photophobia", "aura", "vomiting"],
}
WAYS = {"before": {"min_groups": 1, "mask_identifiers": False}, "after": {}}


def notes(seed):
    """Return notes by patient and the planted words."""
    rng = random.Random(seed)
    every = [sign for signs in SIGNS.values() for sign in signs]
    planted, rows = set(), []
    for patient in range(60):
        name = "".join(rng.choice("bcdfghjklmnprstvwz") + rng.choice("aeiou") for _ in range(4)).capitalize()
        number = str(rng.randint(10**6, 10**7))
        planted |= {name.lower(), number}
        dx = list(SIGNS)[patient % 3]
        for day in range(4):
            signs = {rng.choice(SIGNS[dx] if rng.random() < 0.6 else every) for _ in range(3)}
            text = f"Mr {name}, MRN X{number}, day {day + 1}: {', '.join(sorted(signs))}. {name} was seen."
            rows.append((patient, text, dx))
    return pd.DataFrame(rows, columns=["patient", "note", "dx"]), planted


def leaked(folder, planted):
    """Return which planted words are in the files of a folder."""
    content = b"\n".join(file.read_bytes().lower() for file in folder.rglob("*") if file.is_file())
    return {word for word in planted if word.encode() in content}


def predicted(frame, planted, tokenizer, seed):
    """Return the predictions of each note by a model of other patients, the words that leaked, and the size of the vocabulary."""
    fold = np.random.default_rng(0).permutation(60)[frame.patient] % 5
    p, found, words = None, set(), []
    for k in range(5):
        part = np.where(fold == k, "test", np.where(fold == (k + 1) % 5, "valid", "train"))
        data = Dataset.from_csv(
            frame.assign(part=part), text="note", label="dx", group="patient", split="part", tokenizer=tokenizer,
            duplicates="keep",
        )  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            run = fit(get_model("bag_of_words", dataset=data, seed=seed), data, out=folder, seed=seed, verbose=False)
            found |= leaked(Path(folder), planted)
        words.append(data.input.vocabulary_size)
        p = np.zeros((len(frame), data.task.outputs)) if p is None else p
        p[[int(i) for i in data.test.ids]] = predict(run.model, data.test)
    labels = data.task.labels
    return p, np.array([labels.index(dx) for dx in frame.dx]), found, float(np.mean(words))


@script(__doc__, seeds=[0, 1, 2])
def main(arguments):
    macro_f1 = metric("macro_f1").function
    rows, scores = [], {}
    frame, planted = notes(0)
    for way, tokenizer in WAYS.items():
        runs = [predicted(frame, planted, tokenizer, seed) for seed in arguments.seeds]
        y, p = runs[0][1], np.mean([run[0] for run in runs], axis=0)
        scores[way] = p
        found = set.union(*(run[2] for run in runs))
        rows.append([way, f"{runs[0][3]:.0f}", f"{len(found)} of {len(planted)}", f"{macro_f1(y, p):.3f}"])
    groups = frame.patient.to_numpy()
    change = paired_bootstrap(macro_f1, y, scores["after"], scores["before"], groups=groups, seed=0).difference
    write_page(
        arguments,
        "Private words in a vocabulary",
        "60 patients with four notes each, three diagnoses, 5-fold cross-validation by patient, mean prediction of "
        f"{len(arguments.seeds)} seeds. Before: every word; after: words of five patients, no record numbers.",
        table(["vocabulary", "words", "planted words in the files of a run", "macro F1"], rows),
        f"Difference of macro F1, after minus before: {span(change.value, change.low, change.high, '+.3f')} (95%, patients drawn).",
    )
