"""The answer of a model that reads findings: probabilities, evidence that adds up, and what would change the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.diagnosis.diagnosis import Candidate, Change, Diagnosis, WordWeight
from deepbio.diagnosis.priors import NONE
from deepbio.diagnosis.questions import ask_next
from deepbio.inference.out_of_distribution import ood_rank
from deepbio.interpret.additive import Additive, additive_evidence
from deepbio.text import MARK, Tokenizer
from deepbio.text.findings import FoundTerm, TermFinder, token_of
from deepbio.zoo import describe

if TYPE_CHECKING:
    import keras

    from deepbio.zoo.record import ModelRecord

NONE_FROM = (
    0.3  # probability of "none of these": refuses 2.1% of the listed validation notes, see benchmarks/results/notes.md
)
MIN_FINDINGS = 2
_COMPARED = 3  # diseases that the questions distinguish


def diagnose_findings(
    model: keras.Model,
    tokenizer: Tokenizer,
    note: str,
    *,
    name: str,
    top: int,
    words: int,
    text: bool,
    remarks: tuple[str, ...],
    factors: np.ndarray | None = None,
) -> Diagnosis:
    """Answer for one note with a model whose tokens are findings; arguments as for `diagnose`, and the factors of a prior."""
    finder, reading = TermFinder.of_release(), tokenizer.preparation.read(note)
    terms = finder.find(reading)
    count = len(reading.split())
    if not any(character.isalnum() for character in note):
        return Diagnosis((), (), ("The note contains no words.",), remarks, None, 0, 0.0, name)
    tokens = finder.tokens(reading, tokenizer.preparation.known).split()
    vocabulary = tokenizer.vocabulary
    read = [token for token in tokens if token in vocabulary]
    used = list(dict.fromkeys([*read, *(opposite for token in read if (opposite := _opposite(token)) in vocabulary)]))
    places = {token: i for i, token in enumerate(used)}  # rows of the evidence
    shown = finder.names_of_tokens
    names = [f"no {shown[token[1:]]}" if token.startswith(MARK) else shown[token] for token in read]
    evidence, record = additive_evidence(model, [vocabulary[token] for token in used]), describe(model)
    task = record.task
    assert task is not None
    labels = task.labels or tuple(str(i) for i in range(task.outputs))

    likelier = np.ones(task.outputs) if factors is None else factors

    def logits_of(tokens: list[str]) -> np.ndarray:
        return evidence.bias + evidence.table[[places[token] for token in tokens]].sum(axis=0)

    def probabilities(tokens: list[str]) -> np.ndarray:
        logits = logits_of(tokens)
        p = np.exp(logits - logits.max())
        p = (p / p.sum())[None]
        p = (p if record.postprocessing is None else record.postprocessing.apply(p))[0] * likelier
        return p / p.sum()

    p = probabilities(read)
    diseases = [i for i in np.argsort(-p, kind="stable") if labels[i] != NONE]
    own = [token for token in read if not token.startswith(MARK) and token not in _DEMOGRAPHICS]
    changes = _changes(probabilities, read, names, places, p, labels, diseases[0]) if own and text else ()
    temperature = getattr(
        None if record.postprocessing is None else record.postprocessing.calibration, "temperature", 1.0
    )
    return Diagnosis(
        tuple(
            _candidate(labels[i], float(p[i]), evidence, i, names, temperature, words if text else 0, likelier)
            for i in diseases[:top]
        ),
        terms=tuple(terms) if text or not terms else tuple(FoundTerm(*term[:3], 0, 0) for term in terms),
        doubts=_doubts(len(own), p, labels),
        remarks=remarks,
        ood_score=_ood(record, logits_of(read)),
        words=count,
        unknown=_unknown(reading, terms),
        model=name,
        changes=changes,
        questions=_questions(labels, p, diseases, terms) if own else (),
    )


_DEMOGRAPHICS = frozenset(
    token_of(f"own:{name}")
    for name in ("infant or small child", "child", "young adult", "middle age", "old age", "woman", "man")
)


def _ood(record: ModelRecord, logits: np.ndarray) -> float | None:
    fitted = record.postprocessing
    ranked = fitted is not None and bool(fitted.ood_quantiles) and fitted.ood_reference is None
    return float(ood_rank(record, logits[None])[0]) if ranked else None


def _doubts(own: int, p: np.ndarray, labels: tuple[str, ...]) -> tuple[str, ...]:
    if own < MIN_FINDINGS:
        return (
            f"The note affirms {own or 'no'} finding{'' if own == 1 else 's'} that the model knows: too little to judge.",
        )
    if NONE in labels and (none := float(p[labels.index(NONE)])) >= NONE_FROM:
        return (f"The findings fit none of the model's diseases: probability {none:.0%}.",)
    return ()


def _candidate(
    name: str,
    p: float,
    evidence: Additive,
    label: int,
    names: list[str],
    temperature: float,
    words: int,
    factors: np.ndarray,
) -> Candidate:
    rows = evidence.table[: len(names)]
    weights = (rows[:, label] - rows.mean(axis=1)) / temperature
    bias = float(
        (evidence.bias[label] - evidence.bias.mean()) / temperature + np.log(factors[label]) - np.log(factors).mean()
    )
    parts = [WordWeight(n, float(w)) for n, w in zip(names, weights, strict=True)]
    order = sorted(parts, key=lambda part: -part.weight)
    for_ = tuple(part for part in order[:words] if part.weight > 0)
    against = tuple(part for part in order[::-1][:words] if part.weight < 0)
    return Candidate(name, p, for_, against, (), bias, tuple(parts) if words else ())


def _opposite(token: str) -> str:
    return token.removeprefix(MARK) if token.startswith(MARK) else MARK + token


def _changes(
    probabilities: Any,
    read: list[str],
    names: list[str],
    places: dict[str, int],
    p: np.ndarray,
    labels: tuple[str, ...],
    first: int,
) -> tuple[Change, ...]:
    """Return the three findings whose opposite (or, where the model does not know it, whose absence from the note) changes most."""
    found = []
    for j, token in enumerate(read):
        if token in _DEMOGRAPHICS:
            continue
        opposite, rest = _opposite(token), [*read[:j], *read[j + 1 :]]
        q = probabilities([*rest, opposite] if opposite in places else rest)
        instead = "present" if token.startswith(MARK) else "absent" if opposite in places else "not mentioned"
        found.append(Change(names[j].removeprefix("no "), instead, float(q[first]), labels[int(q.argmax())]))
    return tuple(sorted(found, key=lambda c: -abs(c.probability - p[first]))[:3])


def _questions(labels: tuple[str, ...], p: np.ndarray, diseases: list[int], terms: list[FoundTerm]) -> Any:
    compared = diseases[:_COMPARED]
    known = [term.id for term in terms if term.context not in ("family", "hypothetical")]
    return ask_next([labels[i] for i in compared], [float(p[i]) for i in compared], known=known)


def _unknown(text: str, terms: list[FoundTerm]) -> float:
    """Return the fraction of the words that are in no finding."""
    words = len(text.split())
    inside = sum(len(text[term.start : term.end].split()) for term in terms)
    return max(0.0, 1 - inside / words) if words else 0.0
