"""Notes as clinicians write them: context, hand-written notes, "none of these", repetition, flips and time.

    python benchmarks/notes.py [--model note_evidence.vignettes] [--out benchmarks/results/notes.md]

The sentences and notes are those of tests/data/notes, written by hand before the rules, the phrase lists and the model, by the same
author, who knew them: figures on them are too high for notes by others. The threshold of "none of these" was chosen on the validation
notes of the preset (last table). NegEx is the text preparation of the first version of the tokenizers.
"""

import json
import time

import numpy as np
from _table import ROOT, script, span, table, write_page

import deepbio
from deepbio.datasets import load_dataset
from deepbio.diagnosis import diagnose
from deepbio.metrics import accuracy, bootstrap
from deepbio.text import words_of
from deepbio.text.negation import words_of as negex
from deepbio.zoo import describe

DATA = ROOT / "tests/data/notes"
HEAD = (
    "A six-year-old boy has had a high fever for three days, extremely red eyes, a rash on the trunk, a swollen red strawberry "
    "tongue, swollen neck lymph nodes and is irritable."
)


def read(name: str) -> list[dict]:
    content = json.loads((DATA / name).read_text(encoding="utf-8"))
    return content["notes"] if "notes" in content else content["sentences"]


def fraction(right) -> str:
    right = np.asarray(right, bool)
    found = bootstrap(accuracy, right.astype(int), np.ones(len(right)), bounds=(0, 1))
    return f"{right.sum()} of {len(right)}, {span(found.value, found.low, found.high)}"


def context() -> list:
    rows, sentences = [], read("context_sentences.json")
    for name, reader in (("deepbio.text.words_of", words_of), ("NegEx (version 1)", negex)):
        right, exact = [], []
        for sentence in sentences:
            found = [word for word in reader(sentence["text"]) if word.text == sentence["word"]]
            right.append(bool(found) and found[-1].negated == (sentence["state"] == "negated"))
            exact.append(bool(found) and getattr(found[-1], "state", None) == sentence["state"])
        rows.append([name, fraction(right), fraction(exact) if reader is words_of else "no such states"])
    return [f"{len(sentences)} sentences written by hand:", table(("reader", "negated or not", "all six states"), rows)]


def by_hand(model) -> list:
    labels = describe(model).task.labels
    listed, unlisted = read("listed_notes.json"), read("unlisted_notes.json")
    found = [diagnose(note["note"], model=model, top=len(labels)) for note in listed]
    ranks = np.array(
        [[c.name for c in d.candidates].index(n["disease"]) + 1 for d, n in zip(found, listed, strict=True)]
    )
    refused = np.array([d.none_of_these for d in found])
    styles = np.array([note["style"] for note in listed])
    rows = [
        [s, fraction(ranks[styles == s] == 1), fraction(ranks[styles == s] <= 5), fraction(refused[styles == s])]
        for s in dict.fromkeys(styles)
    ]
    rows.append(["all", fraction(ranks == 1), fraction(ranks <= 5), fraction(refused)])
    parts = ["Notes written by hand about the fifty diseases:", table(("style", "top-1", "top-5", "refused"), rows)]
    parts.append(
        "Not first: "
        + "; ".join(f"{n['disease']} ({n['style']}) {r}" for n, r in zip(listed, ranks, strict=True) if r > 1)
        + "."
    )
    found = [diagnose(note["note"], model=model, top=1) for note in unlisted]
    none = np.array([d.none_of_these for d in found])
    low = np.array([d.candidates[0].probability < 0.5 if d.candidates else True for d in found])
    styles = np.array([note["style"] for note in unlisted])
    rows = [[s, fraction(none[styles == s]), fraction((none | low)[styles == s])] for s in dict.fromkeys(styles)]
    rows.append(["all", fraction(none), fraction(none | low)])
    parts += [
        "Notes about other diseases, procedures or nobody ill:",
        table(("style", "none of these", "none of these, or below .5"), rows),
    ]
    wrong = [
        f"{n['about']}: {d.candidates[0].name} {d.candidates[0].probability:.2f}"
        for n, d, x, y in zip(unlisted, found, none, low, strict=True)
        if not (x or y)
    ]
    return [*parts, "Wrong: " + "; ".join(wrong) + "."]


def invariance(model) -> list:
    notes = [note["note"] for note in [*read("listed_notes.json"), *read("unlisted_notes.json")]]
    plain = deepbio.predict(model, notes)
    rows = []
    for times in (2, 5, 20):
        moved = np.abs(deepbio.predict(model, ["\n".join([note] * times) for note in notes]) - plain).max(axis=1)
        rows.append([f"pasted {times} times", f"{moved.max():.4f}", int((moved > 0.05).sum())])
    html = [
        "<div><p>"
        + note.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", "<br/>")
        + "</p></div>"
        for note in notes
    ]
    moved = np.abs(deepbio.predict(model, html) - plain).max(axis=1)
    rows.append(["in HTML", f"{moved.max():.4f}", int((moved > 0.05).sum())])
    import textwrap

    one_line = [note for note in notes if "\n" not in note]
    for width in (50, 72):
        wrapped = ["\n".join(textwrap.wrap(note, width, break_on_hyphens=False)) for note in one_line]
        moved = np.abs(deepbio.predict(model, wrapped) - deepbio.predict(model, one_line)).max(axis=1)
        rows.append([f"hard-wrapped at {width}", f"{moved.max():.4f}", int((moved > 0.05).sum())])
    return [
        f"{len(notes)} notes written by hand, changed in form:",
        table(("change", "largest move of a probability", "notes above .05"), rows),
    ]


def denied(model) -> list:
    """Deny the ten commonest findings of each disease in one note."""
    from deepbio.datasets.vignettes import simulate_vignettes

    labels, notes = describe(model).task.labels, simulate_vignettes(50, 1, seed=0)
    prior = 1 / len(labels)
    above = []
    for disease in notes.diseases:
        names = {term.id: term.name.lower() for term in notes.terms}
        common = sorted(disease.frequency, key=lambda id: -disease.frequency[id])[:10]
        found = diagnose("".join(f"No {names[id]}. " for id in common), model=model, top=len(labels))
        own = next((c.probability for c in found.candidates if c.name == disease.name), 0.0)
        if own > prior and not found.none_of_these:
            above.append(disease.name)
    return [f"Notes that deny ten findings of a disease and affirm none: {len(above)} of 50 name it above its prior."]


def timing(model) -> list:
    diagnose(HEAD, model=model)
    walls, cpus = [], []
    for _ in range(20):
        wall, cpu = time.perf_counter(), time.process_time()
        diagnose(HEAD, model=model)
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return [
        f"One further note: median {1000 * np.median(walls):.0f} ms ({1000 * np.median(cpus):.0f} ms of processor time)."
    ]


def validation(model) -> list:
    """Return what thresholds of "none of these" do on the preset's validation notes."""
    options = describe(model).dataset["options"]
    data = load_dataset("vignettes", **{**options, "train": 3000, "test": 1})
    p = deepbio.predict(model, [str(text) for text in data.valid.groups])
    none = len(describe(model).task.labels) - 1
    rows = [
        [t, f"{(p[data.valid.y < none, none] >= t).mean():.1%}", f"{(p[data.valid.y == none, none] >= t).mean():.1%}"]
        for t in (0.3, 0.5, 0.7, 0.9)
    ]
    return [
        "Thresholds of none of these on the validation notes:",
        table(("from", "listed refused", "unlisted refused"), rows),
    ]


def prose(model) -> list:
    data = load_dataset("vignettes")
    p = deepbio.predict(model, [str(text) for text in data.test.groups])
    order = np.argsort(-p, axis=1)
    right = order[:, 0] == data.test.y
    five = (order[:, :5] == data.test.y[:, None]).any(axis=1)
    return [f"Synthetic prose, {len(right):,} test notes: top-1 {fraction(right)}; top-5 {fraction(five)}."]


@script(__doc__, model="note_evidence.vignettes_findings")
def main(arguments):
    model = deepbio.get_model(arguments.model)
    parts = []
    for part in (
        context,
        lambda: by_hand(model),
        lambda: invariance(model),
        lambda: denied(model),
        lambda: timing(model),
        lambda: prose(model),
        lambda: validation(model),
    ):
        parts += part()
        print(*parts[-2:], sep="\n", flush=True)
    write_page(arguments, "Notes as clinicians write them", f"Preset `{arguments.model}`.", *parts)
