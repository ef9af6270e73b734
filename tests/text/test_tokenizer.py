"""The tokenizer: ids, padding, truncation, and the same JSON from the same texts."""

import json
import logging
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepbio.errors import DataError
from deepbio.specs import ModelInput
from deepbio.text import PADDING, UNKNOWN, Tokenizer

NOTES = [
    "A six-year-old boy has had a high fever for three days.",
    "She denies fever, cough and chills.",
    "There is no rash; the boy has a cough.",
    "No fever.  A rash on the trunk!",
]


def test_words_are_lowercased_and_cut_at_spaces_and_punctuation():
    tokenizer = Tokenizer.fit(["Six-year-old BOY,fever."], min_count=1)
    ids = tokenizer.encode(["six - year - old boy , fever ."], 12)
    assert (ids == tokenizer.encode(["SIX-YEAR-OLD boy,  Fever."], 12)).all()
    assert (ids != PADDING).sum() == 9


def test_frequency_decides_the_ids_and_the_alphabet_breaks_ties():
    tokenizer = Tokenizer.fit(["c b a", "c b a", "c z"], min_count=1)
    # c three times, a and b twice, z once
    assert tokenizer.encode(["c a b z"], 4).tolist() == [[2, 3, 4, 5]]


def test_padding_comes_after_and_unknown_words_are_one():
    ids = Tokenizer.fit(NOTES).encode(["fever zebra"], 5)
    assert ids.dtype == np.int32
    assert ids[0, 1] == UNKNOWN
    assert ids[0, 2:].tolist() == [PADDING] * 3


def test_a_rare_word_is_unknown():
    ids = Tokenizer.fit(NOTES, min_count=2).encode(["trunk rash"], 2)
    assert ids[0, 0] == UNKNOWN
    assert ids[0, 1] > UNKNOWN


def test_size_counts_padding_and_unknown():
    for kind in ("word", "bpe"):
        tokenizer = Tokenizer.fit(NOTES, size=40, kind=kind, min_count=1)
        assert tokenizer.vocabulary_size <= 40
    assert Tokenizer.fit(NOTES, size=10, min_count=1).vocabulary_size == 10


@pytest.mark.parametrize(
    ("truncate", "kept"), [("head", ["a", "b", "c"]), ("tail", ["e", "f", "g"]), ("both", ["a", "f", "g"])]
)
def test_truncation_keeps_the_end_that_was_asked_for(truncate, kept):
    tokenizer = Tokenizer.fit(["a b c d e f g"], min_count=1)
    ids = tokenizer.encode(["a b c d e f g"], 3, truncate=truncate)
    assert tokenizer.decode(ids) == [" ".join(kept)]


@pytest.mark.parametrize("truncate", ["head", "tail", "both"])
def test_a_text_of_exactly_the_length_is_whole(truncate):
    tokenizer = Tokenizer.fit(["a b c"], min_count=1)
    assert tokenizer.decode(tokenizer.encode(["c a b"], 3, truncate=truncate)) == ["c a b"]


def test_no_texts_and_empty_texts_encode_to_padding():
    tokenizer = Tokenizer.fit(NOTES)
    assert tokenizer.encode([], 4).shape == (0, 4)
    assert tokenizer.encode(["", "   "], 4).tolist() == [[0] * 4] * 2


@pytest.mark.parametrize("kind", ["word", "bpe"])
@given(order=st.permutations(NOTES * 2))
def test_the_order_of_the_texts_does_not_matter(kind, order):
    assert Tokenizer.fit(order, kind=kind).to_json() == Tokenizer.fit(NOTES * 2, kind=kind).to_json()


@pytest.mark.parametrize("kind", ["word", "bpe"])
def test_two_processes_give_the_same_json(kind):
    # Hash seeds differ between processes; the vocabulary must not. Ties abound in so small a text.
    program = (
        "import sys\nfrom deepbio.text import Tokenizer\n"
        f"sys.stdout.write(Tokenizer.fit({NOTES!r} * 2, kind={kind!r}).to_json())"
    )
    runs = [subprocess.run([sys.executable, "-c", program], capture_output=True, check=True) for _ in range(3)]
    assert {run.stdout.decode() for run in runs} == {Tokenizer.fit(NOTES * 2, kind=kind).to_json()}


@pytest.mark.parametrize("kind", ["word", "bpe"])
def test_json_brings_back_the_same_tokenizer_and_tells_the_vocabulary_size(kind):
    tokenizer = Tokenizer.fit(NOTES, kind=kind)
    again = Tokenizer.from_json(tokenizer.to_json())
    assert again == tokenizer
    assert hash(again) == hash(tokenizer)
    assert (again.encode(NOTES, 9) == tokenizer.encode(NOTES, 9)).all()
    spec = ModelInput("text", (9,), tokenizer=tokenizer.to_json())
    assert spec.vocabulary_size == tokenizer.vocabulary_size
    assert sorted(json.loads(tokenizer.to_json())["model"]["vocab"].values()) == list(range(spec.vocabulary_size))


@given(text=st.text(alphabet="abcdefgh -.,", max_size=40))
def test_pieces_of_known_letters_decode_to_the_text_itself(text):
    tokenizer = Tokenizer.fit(["abcdefgh -.,", "bad cab, fed - a. beg had"] * 3, kind="bpe", min_count=1)
    ids = tokenizer.encode([text], 60)
    assert " ".join(tokenizer.decode(ids)[0].split()) == " ".join(text.split())
    assert UNKNOWN not in ids


def test_a_new_word_is_known_in_pieces():
    tokenizer = Tokenizer.fit(["fever feverish rash rashes"] * 3, kind="bpe")
    assert UNKNOWN not in tokenizer.encode(["feverishes"], 12)


def test_errors_say_what_was_wrong_and_never_show_a_note():
    secret = "Mrs Jane Roe"
    for call, words in (
        (lambda: Tokenizer.fit([secret, None]), "entry 1 is NoneType"),
        (lambda: Tokenizer.fit(secret), "one string"),
        (lambda: Tokenizer.fit([]), "at least one text"),
        (lambda: Tokenizer.fit([secret], kind="words"), "Did you mean word"),
        (lambda: Tokenizer.fit([secret], size=2), "size above 2"),
        (lambda: Tokenizer.fit([secret]).encode([secret], 0), "at least 1"),
        (lambda: Tokenizer.fit([secret]).encode([secret], 3, truncate="haed"), "Did you mean head"),
        (lambda: Tokenizer.fit([secret]).decode(np.zeros(3, np.int32)), r"\(n, length\)"),
        (lambda: Tokenizer.from_json("{}"), "to_json"),
        (lambda: Tokenizer.from_json(secret), "to_json"),
    ):
        with pytest.raises(DataError, match=words) as raised:
            call()
        assert "Jane" not in str(raised.value)


def test_ids_zero_and_one_are_padding_and_unknown_or_it_is_refused():
    other = Tokenizer.fit(NOTES).to_json().replace('"[PAD]":0', '"[PAX]":0')
    with pytest.raises(DataError, match="id 0 for"):
        Tokenizer.from_json(other)


def test_fitting_and_encoding_log_and_print_nothing(caplog, capfd):
    caplog.set_level(logging.DEBUG)
    Tokenizer.fit(NOTES, kind="bpe").encode(NOTES, 5)
    assert not caplog.records
    assert capfd.readouterr() == ("", "")


def test_a_note_that_spells_a_special_token_is_ordinary_text():
    tokenizer = Tokenizer.fit(["[PAD] fever [PAD]"])
    for known in (tokenizer, Tokenizer.from_json(tokenizer.to_json())):
        assert PADDING not in known.encode(["[PAD] fever"], 4)
