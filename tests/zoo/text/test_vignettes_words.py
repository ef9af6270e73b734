"""The shipped model looks at the words of the planted findings."""

import numpy as np

from benchmarks import vignette_words
from deepbio.datasets.vignettes import simulate_vignettes
from deepbio.metrics import auroc
from deepbio.text import Tokenizer
from deepbio.zoo import describe, get_model


def test_gradients_point_at_the_planted_findings():
    model = get_model("note_evidence.vignettes")
    notes = simulate_vignettes(50, 12, seed=vignette_words.SEED)
    truth, soft, gradient, looked = vignette_words.word_scores(
        model, notes, vignette_words.phrases_of(notes), range(12)
    )
    kept = ~np.concatenate(soft)
    for scores in (gradient, looked):
        assert auroc(np.concatenate(truth)[kept], np.concatenate(scores)[kept]) > 0.9


def test_the_words_of_planted_findings_are_found_in_the_text():
    notes = simulate_vignettes(50, 60, seed=vignette_words.SEED)
    model = get_model("note_evidence.vignettes")
    tokenizer = Tokenizer.from_json(describe(model).input.tokenizer)
    phrases = vignette_words.phrases_of(notes)
    for text, states in zip(notes.texts, notes.findings, strict=True):
        pieces = tokenizer.pieces(text, 200)
        found = vignette_words.planted(pieces, states, phrases, tokenizer)
        assert found.sum() >= (states != 0).sum() * 0.9
        assert not any(found[i] for i, piece in enumerate(pieces) if piece in ("year", "old", "he", "she", "."))
