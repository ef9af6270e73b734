"""What a table may mean in two ways: classes that stand for a missing value, lists of labels, marks and encodings."""

import numpy as np
import pytest

from deepbio.cli.console import key_values
from deepbio.datasets import Dataset
from deepbio.datasets.check import check_dataset
from deepbio.datasets.label_doubts import list_doubt, missing_codes
from deepbio.datasets.labels import look_alikes, split_labels
from deepbio.datasets.readers import read_notes, read_table
from deepbio.errors import DataError
from deepbio.files import read_text


def table(folder, labels, *, n=60, mark=",", name="t.csv"):
    rows = [("age", "bmi", "dx"), *((str(20 + i), str(18 + i % 13), labels[i % len(labels)]) for i in range(n))]
    (folder / name).write_text("".join(mark.join(row) + "\n" for row in rows), encoding="utf-8")
    return folder / name


@pytest.mark.parametrize("word", ["?", "-", "na", "n.a.", "Null", "unknown", "#DIV/0!", "NaT", "\\N", "1.#QNAN", "inf"])
def test_a_class_that_may_mean_a_missing_label_is_told(tmp_path, caplog, word):
    path = table(tmp_path, ["ill", "well", word])
    data = Dataset.from_csv(path, label="dx")
    assert "may mean that the label is missing" in caplog.text
    assert repr(word) in " ".join(check_dataset(data).problems)
    left = Dataset.from_csv(path, label="dx", missing=[word], drop_na=True)
    assert left.labels == ("ill", "well")


@pytest.mark.parametrize(
    ("labels", "codes"),
    [
        (["0", "1", "9"], ["9"]),
        (["1", "2", "-9"], ["-9"]),  # phenotypes of PLINK
        (["0", "1", "2", "3", "999"], ["999"]),
        (["-1", "0", "1"], ["-1"]),
        (["ill", "well", "9"], ["9"]),
        (["-1", "1"], []),
        (["6", "7", "8", "9", "10"], []),
        (["+", "-"], []),
        (["mild", "moderate", "severe"], []),
    ],
)
def test_numbers_apart_from_the_others_are_codes(labels, codes):
    assert missing_codes(labels) == codes


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("caf\u00e9", "cafe\u0301"),
        ("ill", "ill\u200b"),
        ("ill", "ill\u00a0"),
        ("non-ill", "non\u2010ill"),
        ("non-ill", "non_ill"),
        ("\uff11", "1"),
        ("a;", "a"),
    ],
)
def test_labels_that_look_the_same_are_found(one, other):
    assert look_alikes([one, other, "well"]) == [sorted([one, other])]


@pytest.mark.parametrize(
    "labels", [["1152921504606846976", "1152921504606846977"], ["CD4+", "CD4-"], ["CD4", "CD4-"], ["1-2", "12"]]
)
def test_labels_that_differ_are_not_taken_for_one(labels):
    assert look_alikes(labels) == []


@pytest.mark.parametrize("mark", ["|", ";", ",", "/", "+", "&"])
def test_a_list_of_labels_is_told_with_its_mark(mark):
    assert f"sep={mark!r}" in (list_doubt(["Edema", "Effusion", f"Edema{mark}Effusion"]) or "")


def test_words_that_contain_a_mark_are_no_lists():
    assert list_doubt(["Edema, mild", "and/or", "3+4", "well"]) is None
    assert "lists in brackets" in (list_doubt(["['a', 'b']", "['a']"]) or "")


def test_labels_in_a_list_that_look_alike_are_told(tmp_path, caplog):
    data = Dataset.from_csv(table(tmp_path, ["a|B", "A", "b"]), label="dx", sep="|")
    assert data.labels == ("A", "B", "a", "b")
    assert "The classes 'A', 'a' differ in spelling only" in caplog.text


def test_an_empty_separator_is_refused():
    with pytest.raises(DataError, match="sep is the mark between several labels"):
        split_labels(["a|b"], "")


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("sep", 3, "sep must be a string; received 3"),
        ("drop_na", "no", "drop_na must be a valid boolean; received 'no'"),
        ("fractions", 0.5, "fractions must be a mapping"),
        ("tokenizer", {"sise": 9}, "tokenizer has no option 'sise'. Did you mean size"),
    ],
)
def test_an_option_of_another_type_is_named(tmp_path, option, value, expected):
    read = {"text": "bmi"} if option == "tokenizer" else {"features": ["age"]}
    with pytest.raises(DataError, match=expected):
        Dataset.from_csv(table(tmp_path, ["ill", "well"]), label="dx", **read, **{option: value})


def test_a_line_that_names_the_separator_is_read(tmp_path):
    path = table(tmp_path, ["ill", "well"], mark=";")
    path.write_text("sep=;\n" + path.read_text())
    assert Dataset.from_csv(path, label="dx").input.features == ("age", "bmi")


def test_another_separator_is_advised(tmp_path):
    with pytest.raises(DataError, match="no column 'dx'.*if another mark separates the columns, pass delimiter"):
        Dataset.from_csv(table(tmp_path, ["ill", "well"], mark=":"), label="dx")


def test_a_title_above_the_header_is_named(tmp_path):
    path = table(tmp_path, ["ill", "well"])
    path.write_text("My study,,\n" + path.read_text())
    with pytest.raises(DataError, match="no column 'dx'.*Remove the lines above the header"):
        Dataset.from_csv(path, label="dx")


def test_a_row_with_too_many_cells_is_named(tmp_path):
    path = table(tmp_path, ["ill", "well"])
    path.write_text(path.read_text().replace("\n30,", '\n30,"a, "b"",'))
    with pytest.raises(DataError, match="row 11 has 4. A cell that contains ',' needs double quotes"):
        Dataset.from_csv(path, label="dx")


def test_characters_without_a_width_are_no_part_of_a_name(tmp_path):
    path = table(tmp_path, ["ill", "well"])
    path.write_text(path.read_text().replace("dx", "\u200bdx"), encoding="utf-8")
    assert Dataset.from_csv(path, label="dx").labels == ("ill", "well")


@pytest.mark.parametrize("encoding", ["base64", "rot13", "undefined", "utf-9"])
def test_what_is_no_encoding_of_text_is_refused(tmp_path, encoding):
    with pytest.raises(DataError, match=f"Unknown encoding '{encoding}'"):
        read_text(table(tmp_path, ["ill", "well"]), encoding=encoding)


@pytest.mark.parametrize(
    ("written", "read"), [("utf-16", "utf-16-le"), ("utf-32", "utf-32-le"), ("utf-8-sig", "utf-8")]
)
def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path, written, read):
    path = table(tmp_path, ["ill", "well"])
    path.write_text(path.read_text(), encoding=written)
    assert read_table(path, label="dx", encoding=read).features == ("age", "bmi")


def test_utf_32_is_not_taken_for_utf_16(tmp_path):
    path = table(tmp_path, ["ill", "well"])
    path.write_text(path.read_text(), encoding="utf-32")
    with pytest.raises(DataError, match="text in UTF-32.*encoding='utf-32'"):
        Dataset.from_csv(path, label="dx")


def test_a_wrong_encoding_does_not_print_the_table(tmp_path):
    path = table(tmp_path, ["ill", "well"])
    path.write_text(path.read_text(), encoding="utf-16-le")
    with pytest.raises(DataError, match="no column 'dx'") as refused:
        Dataset.from_csv(path, label="dx", encoding="utf-16-be")
    assert len(str(refused.value)) < 500


def test_spaces_between_thousands_are_read(tmp_path):
    path = table(tmp_path, ["ill", "well"])
    path.write_text(path.read_text().replace("\n30,", "\n1\u00a0030,"), encoding="utf-8")
    with pytest.raises(DataError, match="thousands=' '"):
        Dataset.from_csv(path, label="dx")
    data = Dataset.from_csv(path, label="dx", thousands=" ")
    assert max(np.max(part.x[:, 0]) for _, part in data.splits()) == 1030


@pytest.mark.parametrize("cell", ["#DIV/0!", "n.a.", "nil"])
def test_the_advice_for_a_missing_number_works_on_the_command_line(tmp_path, cell):
    path = table(tmp_path, ["ill", "well"])
    path.write_text(path.read_text().replace("\n30,", f"\n{cell},"))
    with pytest.raises(DataError, match="Pass missing=") as refused:
        Dataset.from_csv(path, label="dx")
    assert f"'missing={cell}'" in str(refused.value)
    assert len(Dataset.from_csv(path, label="dx", **key_values([f"missing={cell}"], option="--data")).train)


def test_a_note_is_a_line_and_no_other_mark_ends_it(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_bytes("Fever.\u2028No cough.\r\nRash\u0085and \x0cpain.\n".encode())
    assert read_notes(path).texts == ["Fever.\u2028No cough.", "Rash\u0085and \x0cpain."]
