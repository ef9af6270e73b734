"""With the tokenizer of a trained model nothing is fitted, and notes are encoded (or drawn) when they are read."""

import numpy as np
import pytest

from deepbio.datasets import load_dataset
from deepbio.datasets.vignettes import load
from deepbio.text import Tokenizer

SMALL = {"diseases": 10, "train": 60, "valid": 10, "test": 10, "length": 40, "seed": 3}


@pytest.mark.parametrize(
    "options",
    [
        {"tokenizer": {"clinical": True, "negation": True}},
        {"style": "mixed", "tokenizer": {"clinical": True}},
        {"style": "mixed", "tokenizer": {"findings": True}},
    ],
    ids=["prose", "mixed", "findings"],
)
def test_the_notes_are_those_of_training(options):
    fitted = load_dataset("vignettes", **SMALL, **options)
    known = load_dataset("vignettes", **SMALL, **{**options, "tokenizer": fitted.input.tokenizer})
    assert known.fingerprint() == fitted.fingerprint()
    assert known.labels == fitted.labels
    for (_, one), (_, other) in zip(fitted.splits(), known.splits(), strict=True):
        np.testing.assert_array_equal(np.asarray(one.groups), np.asarray(other.groups))
        assert list(one.ids) == list(other.ids)


def test_only_the_split_that_is_read_is_encoded(monkeypatch):
    tokenizer = load_dataset("vignettes", **SMALL).input.tokenizer
    encoded, drawn = [], []
    encode, simulate = Tokenizer.encode, load.simulate_notes
    monkeypatch.setattr(
        Tokenizer, "encode", lambda self, texts, *a, **o: encoded.append(len(texts)) or encode(self, texts, *a, **o)
    )
    monkeypatch.setattr(load, "simulate_notes", lambda d, n, **o: drawn.append(n) or simulate(d, n, **o))
    test = load_dataset("vignettes", **SMALL, tokenizer=tokenizer).test
    assert not encoded
    for _ in range(2):
        assert np.asarray(test.x).shape == (10, 40)
    assert encoded == [10]
    load_dataset("vignettes", **SMALL, style="mixed", tokenizer=tokenizer)
    assert drawn == [20]  # validation and test
