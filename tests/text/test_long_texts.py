"""Sections, windows, truncation that is kept, words by letters, and what a tokenizer knows of its training texts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfTransformer

from deepbio.errors import DataError
from deepbio.text import UNKNOWN, Tokenizer, sections_of, windows_of

NOTE = """Name: [NAME]
HISTORY OF PRESENT ILLNESS
A boy with fever. Note: no cough.
Medications:
Aspirin
PLAN:
"""


def test_sections_are_cut_at_headings():
    assert [tuple(section) for section in sections_of(NOTE)] == [
        ("Name", "[NAME]"),
        ("HISTORY OF PRESENT ILLNESS", "A boy with fever. Note: no cough."),
        ("Medications", "Aspirin"),
    ]


def test_a_note_without_headings_is_one_section_and_an_empty_one_none():
    assert [tuple(s) for s in sections_of("fever for 3 days")] == [("", "fever for 3 days")]
    assert sections_of("  \n ") == []


@given(tokens=st.integers(0, 400), length=st.integers(1, 60), data=st.data())
def test_windows_leave_nothing_out_and_none_is_beyond_the_end(tokens, length, data):
    stride = data.draw(st.none() | st.integers(1, length))
    starts = windows_of(tokens, length, stride)
    covered = {i for start in starts for i in range(start, start + length)}
    assert set(range(tokens)) <= covered
    assert starts[-1] + length == max(tokens, length)
    assert (np.diff(starts) > 0).all()


@pytest.mark.parametrize(("length", "stride"), [(0, 1), (4, 5), (4, 0)])
def test_windows_that_make_no_sense_are_refused(length, stride):
    with pytest.raises(DataError, match="a stride from 1 to it"):
        windows_of(10, length, stride)


def test_windows_of_several_texts_know_their_owners():
    tokenizer = Tokenizer.fit(["a b c d e"], min_count=1)
    ids, owners = tokenizer.encode_windows(["a b c d e", "", "a"], 2, stride=2)
    assert owners.tolist() == [0, 0, 0, 1, 2]
    assert tokenizer.decode(ids) == ["a b", "c d", "d e", "", "a"]


def test_truncation_is_kept_with_the_tokenizer():
    tokenizer = Tokenizer.fit(["a b c d"], min_count=1, truncate="tail")
    again = Tokenizer.from_json(tokenizer.to_json())
    for known in (tokenizer, again):
        assert known.decode(known.encode(["a b c d"], 2)) == ["c d"]
        assert known.pieces("a b c d", 2) == ["c", "d"]
        assert known.decode(known.encode(["a b c d"], 2, truncate="head")) == ["a b"]


def test_an_unknown_word_is_spelt_from_its_known_beginning():
    tokenizer = Tokenizer.fit(["fever and chills"] * 2, kind="word_letters")
    assert tokenizer.pieces("Fevers and feverish", 20) == ["fever", "s", "and", "fever", "i", "s", "h"]
    assert UNKNOWN not in tokenizer.encode(["fevers and feverish"], 7)
    # a letter that the training texts lack stays unknown, and so does its word
    assert tokenizer.encode(["жар"], 2).tolist() == [[UNKNOWN, 0]]
    assert Tokenizer.from_json(tokenizer.to_json()) == tokenizer
    assert Tokenizer.fit(["fever and chills"] * 2, kind="word_letters", size=30).vocabulary_size <= 30


@given(text=st.text(alphabet="abcd ", max_size=30))
def test_words_by_letters_decode_to_the_text_itself(text):
    tokenizer = Tokenizer.fit(["abcd bad cab dad a b c d"] * 2, kind="word_letters")
    ids = tokenizer.encode([text], 40)
    assert UNKNOWN not in ids
    assert tokenizer.decode(ids)[0].split() == text.split()


@pytest.mark.parametrize("kind", ["word", "word_letters", "bpe"])
def test_inverse_document_frequency_is_that_of_scikit_learn(kind):
    texts = ["fever and a rash", "a fever", "no fever and no cough", "a rash a rash"]
    tokenizer = Tokenizer.fit(texts, kind=kind, min_count=1)
    ids = tokenizer.encode(texts, 30)
    counts = np.stack([np.bincount(row, minlength=tokenizer.vocabulary_size) for row in ids])
    idf = TfidfTransformer().fit(counts).idf_
    for known in (tokenizer, Tokenizer.from_json(tokenizer.to_json())):
        np.testing.assert_allclose(known.inverse_document_frequency()[1:], idf[1:], rtol=1e-6)
        assert known.inverse_document_frequency()[0] == 0


def test_counts_that_do_not_fit_are_refused():
    tokenizer = Tokenizer.fit(["a b"] * 2)
    with pytest.raises(DataError, match="document counts do not fit"):
        Tokenizer.from_json(tokenizer.to_json().replace('"documents":[2', '"documents":[2,2'))


def test_pieces_name_unknown_words_as_they_are_written():
    tokenizer = Tokenizer.fit(["fever"] * 2, negation=True)
    assert tokenizer.pieces("Fever, no Zebra", 5) == ["fever", ",", "no", "¬zebra"]
