"""Does a model look at the right words? Word scores against the planted findings, and what a flipped negation does.

    python benchmarks/vignette_words.py [--model note_evidence.vignettes] [--notes 300] [--out benchmarks/results/vignette_words.md]

Words: in each note the words of its findings are known. The score of a word is how much its contributions differ between the ten
likeliest diseases: the standard deviation over them of its contribution to their logits. Contributions are integrated gradients
over the word vectors, the model's own evidence or attention, the change of the logits if the word is hidden, if the finding of
`TermFinder` around it is hidden (a word outside of all alone), or if its phrase says the opposite (`text_occlusion`). The AUROC is
over all words of all notes; its interval is over notes. The scores were chosen on notes of seed 8.

That a complaint is denied is little evidence between most diseases, so hiding it changes little, as it should. Words of negated
complaints are therefore counted once with the planted findings and once left out, with function words ("of", "with").

Flips: a note ends in "He has no fever." or in "He has a fever.", for every everyday complaint that the note negates; nothing else
changes. From the exact posterior follows which way each disease's probability has to move. Flips count where one moves by 0.01 or
more.
"""

import numpy as np
from _table import script, table, write_page

import deepbio
from deepbio.datasets.vignettes import posterior, simulate_vignettes
from deepbio.datasets.vignettes.notes import RandomChoices, write_note
from deepbio.datasets.vignettes.phrases import choose_phrases
from deepbio.interpret import attention_weights, text_occlusion, word_evidence
from deepbio.metrics import Estimate, accuracy, auroc, bootstrap
from deepbio.text import MARK, UNKNOWN, Tokenizer
from deepbio.text.findings import TermFinder
from deepbio.text.ontology import hpo_folder, read_ontology
from deepbio.zoo import describe

SEED = 7  # of the notes here: no data set or preset uses it
FRAME = {"year", "old", "he", "she", "."}  # words of every note, so of no finding
NO_FINDING = {"a", "an", "the", "is", "of", "in", "on", "and", "with", "or", "to", ",", "-", "very"}


def planted(pieces: list[str], states: np.ndarray, phrases, tokenizer: Tokenizer) -> np.ndarray:
    """Return which tokens of a note are words of a finding that it affirms or negates."""
    plain = [piece.removeprefix(MARK) for piece in pieces]
    found = np.zeros(len(plain), bool)
    for j in np.flatnonzero(states):
        for phrase in sorted((*phrases[j].affirmed, *phrases[j].negated), key=len, reverse=True):
            words = [word.removeprefix(MARK) for word in tokenizer.pieces(phrase, 99)]
            starts = [i for i in range(len(plain)) if plain[i : i + len(words)] == words]
            for i in starts:
                found[i : i + len(words)] |= [word not in NO_FINDING for word in words]
            if starts:
                break
    return found


def hidden_findings(model, ids, text: str, pieces: list[str], tokenizer: Tokenizer, finder: TermFinder, labels: list[int],
                    words: np.ndarray):  # fmt: skip
    """Return the changes of logits `(tokens, labels)` if each finding of the reader is hidden; outside of them those of `words`."""
    out, plain = words.copy(), [piece.removeprefix(MARK) for piece in pieces]
    notes, spans = [ids], []
    for term in finder.find(text):
        inside = [word.removeprefix(MARK) for word in tokenizer.pieces(text[term.start : term.end], 99)]
        for i in range(len(plain)):
            if inside and plain[i : i + len(inside)] == inside:
                one = ids.copy()
                one[i : i + len(inside)] = UNKNOWN
                notes.append(one)
                spans.append(slice(i, i + len(inside)))
    y = model.predict_on_batch(np.stack(notes))[:, labels]
    for span, one in zip(spans, y[1:], strict=True):
        out[span] = y[0] - one
    return out


def word_scores(model, notes, phrases, rows, finder) -> tuple[list, list, dict[str, list]]:
    """Return for each note which words are planted, which of them are affirmed or others, and the scores by name."""
    reads = describe(model).input
    assert reads is not None
    assert reads.tokenizer is not None
    tokenizer, length = Tokenizer.from_json(reads.tokenizer), reads.shape[0]
    truth, counted = [], []
    scores: dict[str, list] = {
        "integrated gradients": [],
        "the model's own evidence or attention": [],
        "each word hidden": [],
        "each finding of the reader hidden": [],
        "each phrase replaced by its opposite": [],
    }
    for i in rows:
        ids, pieces = tokenizer.encode([notes.texts[i]], length), tokenizer.pieces(notes.texts[i], length)
        likeliest = np.argsort(-deepbio.predict(model, ids)[0])[:10].tolist()
        states = notes.findings[i]
        every, negated, affirmed = (
            planted(pieces, s, phrases, tokenizer) for s in (states, np.minimum(states, 0), np.maximum(states, 0))
        )
        words = [piece.removeprefix(MARK) for piece in pieces]
        assert not any(every[k] for k, word in enumerate(words) if word in FRAME), notes.texts[i]
        assert every.sum() >= 0.9 * (states != 0).sum(), notes.texts[i]
        plain = np.array([word in NO_FINDING for word in words])
        truth.append(every)
        counted.append(~((negated & ~affirmed) | plain))

        def logits(y, likeliest=likeliest):
            return np.asarray(y)[:, likeliest]

        alone = text_occlusion(model, ids[0], target=logits)
        evidence = (
            word_evidence(model, ids[0], likeliest, steps=16),
            attention_weights(model, ids[0], likeliest),
            alone.T,
            hidden_findings(model, ids[0], notes.texts[i], pieces, tokenizer, finder, likeliest, alone).T,
            text_occlusion(model, ids[0], target=logits, unit="phrase", replacement="opposite").T,
        )
        for kept, parts in zip(scores.values(), evidence, strict=True):
            if parts is not None:
                kept.append(parts[:, : len(pieces)].std(axis=0))
    return truth, counted, {name: kept for name, kept in scores.items() if kept}


def area(truth: list, scores: list) -> Estimate:
    """Return the AUROC over all words, with its bootstrap interval over notes."""
    note = np.repeat(np.arange(len(truth)), [len(words) for words in truth])
    return bootstrap(auroc, np.concatenate(truth), np.concatenate(scores), bounds=(0, 1), groups=note)


def flips(model, notes, phrases, smallest: float = 0.01) -> dict[str, np.ndarray]:
    """Turn each negation into an affirmation, where that moves the exact posterior of some disease by `smallest` or more.

    Returns, for each flip: its `note`, its `finding` (a column of the notes' findings), how far the most moved disease goes
    (`size`), whether all probabilities `together` go the right way, and whether the `most` moved one does.
    """
    negated = np.argwhere(notes.findings == -1)
    columns, before = negated[:, 1], notes.findings[negated[:, 0]]
    after, without = before.copy(), before.copy()
    after[np.arange(len(negated)), columns], without[np.arange(len(negated)), columns] = 1, 0
    change = posterior(after, notes.model) - posterior(before, notes.model)
    rows = np.flatnonzero(np.abs(change).max(axis=1) >= smallest)
    texts = [
        write_note(without[k], phrases, RandomChoices(np.random.Generator(np.random.Philox(int(k))))) for k in rows
    ]
    ends = [(phrases[columns[k]].negated[0], phrases[columns[k]].affirmed[0]) for k in rows]
    asked = [f"{text} He has no {no}." for text, (no, _) in zip(texts, ends, strict=True)]
    asked += [f"{text} He has {yes}." for text, (_, yes) in zip(texts, ends, strict=True)]
    p = deepbio.predict(model, asked)[
        :, : len(notes.diseases)
    ]  # given that it is one of them: the posterior knows no others
    p = p / p.sum(axis=1, keepdims=True)
    moved, wanted = p[len(rows) :] - p[: len(rows)], change[rows]
    one = np.arange(len(rows)), np.abs(wanted).argmax(axis=1)
    return {
        "note": negated[rows, 0],
        "finding": columns[rows],
        "size": np.abs(wanted[one]),
        "together": (moved * wanted).sum(axis=1) > 0,
        "most": np.sign(moved[one]) == np.sign(wanted[one]),
    }


def fraction(right: np.ndarray, note: np.ndarray) -> str:
    """Return how many flips are right, with its bootstrap interval over notes."""
    found = bootstrap(accuracy, right.astype(int), np.ones(len(right)), bounds=(0, 1), groups=note)
    return f"{found.value:.1%} [{found.low:.1%}, {found.high:.1%}]"


def recognised(notes, finder: TermFinder) -> tuple[int, int, int]:
    """Return the number of findings in the notes, of terms found, and of those that are right."""
    ids = np.array([term.id for term in notes.terms])
    planned = found = right = 0
    for text, states in zip(notes.texts, notes.findings, strict=True):
        truth = {(id, state < 0) for id, state in zip(ids[states != 0], states[states != 0], strict=True)}
        seen = {(term.id, term.negated) for term in finder.find(text)}
        planned, found, right = planned + len(truth), found + len(seen), right + len(truth & seen)
    return planned, found, right


@script(__doc__, model="note_evidence.vignettes", notes=300, flipped=6000, terms=2000)
def main(arguments):
    model = deepbio.get_model(arguments.model)
    task = describe(model).task
    assert task is not None
    notes, flipped_notes = (
        simulate_vignettes(task.outputs, n, seed=SEED)
        for n in (max(arguments.notes, arguments.terms), arguments.flipped)
    )
    phrases = choose_phrases(notes.terms, read_ontology(hpo_folder() / "hp.obo"))
    finder = TermFinder.of_release()
    truth, counted, scores = word_scores(model, notes, phrases, range(arguments.notes), finder)
    scored = []
    for name, found in scores.items():
        kept = area(*([x[k] for x, k in zip(part, counted, strict=True)] for part in (truth, found)))
        scored.append([name, kept, area(truth, found)])
    flipped = flips(model, flipped_notes, phrases)
    fever, turned = [term.id for term in notes.terms].index("HP:0001945"), []
    for which, asked in (("every complaint", flipped["size"] > 0), ("fever", flipped["finding"] == fever)):
        for smallest in (0.01, 0.02, 0.05, 0.1):
            kept = asked & (flipped["size"] >= smallest)
            if kept.any():
                rates = [fraction(flipped[way][kept], flipped["note"][kept]) for way in ("together", "most")]
                turned.append([which, smallest, f"{kept.sum():,}", *rates])
    planned, found, hits = recognised(notes, finder)
    parts = [
        f"Words of planted findings against other words, {sum(map(len, truth)):,} words of {arguments.notes} notes (95% "
        "bootstrap intervals):",
        table(("score of a word", "AUROC, affirmed findings", "AUROC, affirmed and negated"), scored),
        f"Every negated complaint of {arguments.flipped:,} notes turned into an affirmed one, by how far the exact "
        "posterior moves the disease that it moves most. Together: the change of the model's probabilities has a "
        "positive inner product with that of the exact ones. 95% bootstrap intervals over notes.",
        table(
            ("negated", "moves by at least", "flips", "together the right way", "the most moved disease the right way"),
            turned,
        ),
        f"Terms recognised by `TermFinder` in {len(notes):,} notes: {hits:,} of {planned:,} findings ({hits / planned:.1%}), each "
        f"with the right negation; of {found:,} terms found, {hits / found:.1%} are findings of the note.",
    ]
    write_page(arguments, "What a model looks at", f"Notes of seed {SEED}, which no data set uses.", *parts)
