"""Clinical spelling: marks, dates, numbers, units, abbreviations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepbio.errors import DataError
from deepbio.text import ABBREVIATIONS, Preparation, Tokenizer, normalise, read_abbreviations


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # de-identification: MIMIC-III, MIMIC-IV, brackets, capitals
        ("seen by Dr. [**Last Name (STitle) 123**]", "seen by Dr. xxhidden"),
        ("on [**2101-3-4**]", "on xxdate"),
        ("Mr. ___ came", "Mr. xxhidden came"),
        ("Dear [NAME], <DATE>", "Dear xxhidden, xxhidden"),
        ("Mrs XXXX", "Mrs xxhidden"),
        # dates and times
        ("since 2020-03-12", "since xxdate"),
        ("on 3/12/20 at 10:30 pm", "on xxdate at xxtime"),
        ("on 12 March 2020", "on xxdate"),
        ("March 12th, 2020", "xxdate"),
        ("12.03.2020", "xxdate"),
        # numbers
        ("forty-two days, three weeks", "42 days, 3 weeks"),
        ("platelets 450,000", "platelets xxnumber"),
        ("glucose 181", "glucose xxnumber"),
        ("temp 39.6", "temp 39"),
        ("a six-year-old boy", "a 6-year-old boy"),
        # units
        ("39°C and 102 deg F", "39 celsius and 102 fahrenheit"),
        ("5 mcg, 7 µg, 110 mg/dL", "5 microgram, 7 microgram, 110 mgperdl"),
        ("for 3 wks", "for 3 weeks"),
        # abbreviations: whole words only, any case
        ("SOB, c/o CP", "shortness of breath, complains of chest pain"),
        ("he sobbed", "he sobbed"),
        ("w/o f/c", "without fever and chills"),
    ],
)
def test_one_way_of_writing(text, expected):
    assert normalise(text) == expected


@given(text=st.text(max_size=80))
def test_any_text_is_taken_and_normalising_twice_does_no_more(text):
    once = normalise(text)
    assert normalise(once) == once


def test_a_long_text_of_open_marks_takes_no_quadratic_time():
    text = "[**" * 200_000
    assert normalise(text) == text


def test_a_user_supplied_table_replaces_that_of_deepbio(tmp_path):
    path = tmp_path / "short.tsv"
    path.write_text("# ward 7\n\nKD\tKawasaki disease\n", encoding="utf-8")
    table = read_abbreviations(path)
    assert normalise("kd, SOB", abbreviations=table) == "Kawasaki disease, SOB"
    tokenizer = Tokenizer.fit(["KD"] * 2, clinical=True, abbreviations=table)
    again = Tokenizer.from_json(tokenizer.to_json())
    assert again.preparation.abbreviations == {"kd": "Kawasaki disease"}
    assert again.decode(again.encode(["KD"], 3)) == ["kawasaki disease"]


def test_a_bad_table_names_its_line(tmp_path):
    path = tmp_path / "short.tsv"
    path.write_text("sob\tbreath\nno tab here\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"short.tsv, line 2: expected a short form, a tab"):
        read_abbreviations(path)
    with pytest.raises(DataError, match="Expected a file at .*none.tsv"):
        read_abbreviations(tmp_path / "none.tsv")
    with pytest.raises(DataError, match="neither empty"):
        Preparation(clinical=True, abbreviations={"x": ""})


def test_the_preparation_is_kept_with_the_tokenizer_and_off_by_default():
    plain = Tokenizer.fit(["no sob for 3 wks"] * 2)
    assert plain.decode(plain.encode(["no sob for 3 wks"], 8)) == ["no sob for 3 wks"]
    assert '"clinical"' not in plain.to_json()
    both = Tokenizer.fit(["no sob for 3 wks"] * 2, clinical=True, negation=True)
    expected = ["no ¬shortness of ¬breath for ¬3 ¬weeks"]
    assert both.decode(both.encode(["No SOB for 3 wks"], 9)) == expected
    again = Tokenizer.from_json(both.to_json())
    assert again == both
    assert again.preparation == both.preparation == Preparation(True, True, ABBREVIATIONS)
    assert again.decode(again.encode(["No SOB for 3 wks"], 9)) == expected


@pytest.mark.parametrize("text", ["5 \u00b5g", "5 \u03bcg", "5 mcg"])
def test_both_letters_mu_are_micrograms(text):
    assert normalise(f"{text} daily") == "5 microgram daily"


def test_letters_that_only_fold_to_others_are_read():
    assert normalise("no \u017fob") == normalise("no sob") == "no shortness of breath"
