import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepbio.errors import DataError
from deepbio.sequence import as_codes, decode, encode

dna = st.text(alphabet="ACGTN", max_size=60)


@given(dna)
def test_decode_gives_back_what_was_encoded(text):
    assert decode(encode(text)) == text


@given(st.integers(0, 40).flatmap(lambda n: st.lists(st.text(alphabet="ACGTN", min_size=n, max_size=n), min_size=1)))
def test_decode_gives_back_a_batch(texts):
    codes = encode(texts)
    assert codes.shape == (len(texts), len(texts[0]))
    assert decode(codes) == texts


@given(dna)
def test_case_and_u_do_not_matter(text):
    assert (encode(text.lower().replace("t", "u")) == encode(text)).all()


def test_every_byte_has_the_code_of_its_letter_or_is_refused():
    expected = dict.fromkeys("RYSWKMBDHVNX", 4) | {"A": 0, "C": 1, "G": 2, "T": 3, "U": 3}
    for byte in range(256):
        letter = chr(byte)
        if letter.isascii() and letter.upper() in expected:
            assert encode(letter).tolist() == [expected[letter.upper()]]
        else:
            with pytest.raises(DataError):
                encode(letter)


def test_letters_are_those_of_biopython():
    from Bio.Data.IUPACData import ambiguous_dna_letters, ambiguous_rna_letters

    assert encode(ambiguous_dna_letters).dtype == np.uint8
    assert encode(ambiguous_rna_letters).max() == 4


@pytest.mark.parametrize(
    "form",
    [
        lambda s: s,
        lambda s: s.encode(),
        lambda s: bytearray(s.encode()),
        lambda s: np.frombuffer(s.encode(), dtype=np.uint8),
    ],
)
def test_one_sequence_in_any_form_gives_the_same_codes(form):
    assert encode(form("ACGTNNuryACGT")).tolist() == [0, 1, 2, 3, 4, 4, 3, 4, 4, 0, 1, 2, 3]


@pytest.mark.parametrize(
    "form",
    [
        tuple,
        iter,
        np.array,
        pd.Series,
        lambda s: [x.encode() for x in s],
        lambda s: np.array(s, dtype="S"),
        lambda s: np.array(s, dtype=object),
        lambda s: np.array([list(x.encode()) for x in s], dtype=np.uint8),
    ],
)
def test_many_sequences_in_any_form_give_the_same_codes(form):
    assert encode(form(["ACGT", "NTTA"])).tolist() == [[0, 1, 2, 3], [4, 3, 3, 0]]


def test_long_sequences_are_encoded_across_chunks():
    text = "ACGTN" * 200_000
    assert (encode(text) == np.tile(np.arange(5, dtype=np.uint8), 200_000)).all()
    lines = [text[i : i + 1000] for i in range(0, len(text), 1000)]
    assert (encode(lines).reshape(-1) == encode(text)).all()


def test_an_array_that_is_not_contiguous_is_read_in_its_order():
    letters = np.frombuffer(b"ACGTACGT", dtype=np.uint8)[::2]
    assert encode(letters).tolist() == [0, 2, 0, 2]


def test_codes_can_be_written_to():
    codes = encode("ACGTN")
    codes[0] = 3
    assert decode(codes) == "TCGTN"


def test_nothing_gives_nothing():
    assert encode("").shape == (0,)
    assert encode([]).shape == (0, 0)
    assert decode(encode("")) == ""


def test_a_protein_letter_is_named_with_its_record_and_position():
    with pytest.raises(DataError, match=r"Record 2, position 3: received 'E'.*protein"):
        encode(["ACGT", "ACEF"])


def test_a_bad_letter_late_in_a_long_sequence_is_found():
    text = "ACGT" * 250_000
    with pytest.raises(DataError, match=r"Position 900,?001: received '-'; gaps"):
        encode(text[:900_000] + "-" + text)


@pytest.mark.parametrize("letter", ["é", "中", "\x00", "\n", " ", "1", "\u0391"])
def test_a_character_outside_the_alphabet_is_named_as_it_was_received(letter):
    with pytest.raises(DataError, match="Position 3") as caught:
        encode("AC" + letter + "T")
    assert repr(letter) in str(caught.value)


def test_unknown_error_refuses_ambiguity_and_n():
    assert encode("ACGTU", unknown="error").tolist() == [0, 1, 2, 3, 3]
    for letter in "NRx":
        with pytest.raises(DataError, match=r"Position 2: .*ambiguous.*unknown='n'"):
            encode("A" + letter, unknown="error")


def test_the_first_sequence_of_another_length_is_named():
    with pytest.raises(DataError, match=r"Record 3: expected 4 bases as in record 1; received 3"):
        encode(["ACGT", "ACGT", "ACG", "A"])


def test_a_wanted_length_is_checked():
    assert encode(["ACGT"], length=4).shape == (1, 4)
    with pytest.raises(DataError, match="Record 1: expected 5 bases; received 4"):
        encode(["ACGT"], length=5)
    with pytest.raises(DataError, match="5 bases; received 4"):
        encode("ACGT", length=5)
    with pytest.raises(DataError, match="5 bases; received 4"):
        encode(np.full((2, 4), ord("A"), dtype=np.uint8), length=5)


def test_a_missing_value_in_a_list_is_named():
    with pytest.raises(DataError, match=r"Record 2: expected a string .* received float"):
        encode(["ACGT", float("nan")])


def test_codes_given_for_letters_are_recognised():
    with pytest.raises(DataError, match="already contains codes"):
        encode(encode("ACGT"))


def test_an_unknown_rule_is_refused():
    with pytest.raises(DataError, match="'n' or 'error'"):
        encode("A", unknown="drop")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="'dna' or 'rna'"):
        decode(encode("A"), alphabet="protein")  # type: ignore[arg-type]


@pytest.mark.parametrize("codes", [[5], [-1], [0.5], ["A"], [256]])
def test_what_is_no_code_is_refused(codes):
    with pytest.raises(DataError):
        as_codes(codes)
    with pytest.raises(DataError):
        decode(codes)
