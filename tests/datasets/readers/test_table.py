import gzip
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepbio.datasets.readers import read_columns, read_table
from deepbio.errors import DataError, OptionalDependencyError

PLAIN = b"patient,age,weight,diagnosis\np1,60,70.5,benign\np2,71,-3e1,malignant\n"


@pytest.fixture
def write(tmp_path):
    def write(content, name="a.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        PLAIN.replace(b",", b"\t"),
        PLAIN.replace(b",", b";"),
        PLAIN.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + PLAIN,
        b"\n" + PLAIN + b"\n",
        gzip.compress(PLAIN),
        PLAIN.replace(b"age", b' "age"'),
        PLAIN.replace(b"60", b'"60"'),
    ],
    ids=range(9),
)
def test_every_way_of_writing_the_same_table_reads_the_same(write, content):
    table = read_table(write(content), label="diagnosis", group="patient")
    assert table.features in (("age", "weight"), ('"age"', "weight"))
    assert table.x.dtype == np.float32
    assert table.x.tolist() == [[60, 70.5], [71, -30]]
    assert table.labels.tolist() == ["benign", "malignant"]
    assert table.groups.tolist() == ["p1", "p2"]
    assert table.ids.tolist() == ["1", "2"]
    assert table.texts is table.targets is table.splits is None


def test_columns_are_chosen_by_name_and_order(write):
    path = write(PLAIN)
    assert read_columns(path, ("weight", "age")).x.tolist() == [[70.5, 60], [-30, 71]]
    assert read_table(path, id="patient", features=["age"]).ids.tolist() == ["p1", "p2"]


def test_words_that_look_like_numbers_or_missing_stay_words(write):
    path = write("id,country,site\n007,NA,1.0\n008,DE,2\n")
    table = read_table(path, id="id", label="country", group="site", keep_na=True)
    assert table.ids.tolist() == ["007", "008"]
    assert table.labels.tolist() == ["NA", "DE"]
    assert table.groups.tolist() == ["1.0", "2"]
    assert table.x.shape == (2, 0)


def test_notes_with_commas_quotes_and_line_ends_are_read_whole(write):
    path = write('note,label\n"Fever, and ""chills"".\nNo cough.",a\nNone,b\n')
    table = read_table(path, text="note", label="label", keep_na=True)
    assert table.texts == ['Fever, and "chills".\nNo cough.', "None"]
    assert table.features == ()


def test_targets_may_be_missing_and_features_not(write):
    path = write("a,b,c\n1,,3\n0,1,4\n")
    table = read_table(path, targets=["a", "b"])
    assert table.features == ("c",)
    assert table.targets.tolist()[1] == [0, 1]
    assert math.isnan(table.targets[0, 1])
    with pytest.raises(DataError, match="row 1, column 'b': expected a number; the cell is empty"):
        read_table(path)
    with pytest.raises(DataError, match="row 2, column 'b': expected a number; found 'x'"):
        read_table(write("a,b\n1,1\n1,x\n"), targets="b")


def test_true_and_false_are_one_and_zero(write):
    assert read_table(write("a,b\nTrue,1\nFalse,2\n")).x.tolist() == [[1, 1], [0, 2]]


def test_other_encodings_are_read_when_named(write):
    path = write("note,label\nMüdigkeit,a\n".encode("latin-1"))
    assert read_table(path, text="note", encoding="latin-1").texts == ["Müdigkeit"]
    with pytest.raises(DataError, match=r"line 2: expected utf-8; byte 0xfc is none. .*encoding='cp1252'"):
        read_table(path, text="note")
    with pytest.raises(DataError, match="Unknown encoding 'utf-nine'"):
        read_table(path, text="note", encoding="utf-nine")


@given(st.lists(st.tuples(*[st.floats(width=32, allow_nan=False, allow_infinity=False)] * 3), min_size=1, max_size=8))
def test_numbers_come_back_to_the_last_bit(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("table") / "a.csv"
    pd.DataFrame(rows, columns=["a", "b", "c"]).to_csv(path, index=False)
    assert (read_table(path).x == np.array(rows, dtype=np.float32)).all()


BAD = [
    ("", {}, "the file is empty"),
    ("a,b\n", {}, "a header and no rows"),
    ("a,a,b\n1,2,3\n", {}, "the column name 'a' occurs 2 times"),
    ("a,,b\n0,1,2\n", {}, "column 2 has no name"),
    ("a,b,\n0,1,2\n", {}, "column 3 has no name"),
    (PLAIN, {"label": "diagnosi"}, "no column 'diagnosi' for label. Did you mean diagnosis"),
    (PLAIN, {"group": "subject"}, "no column 'subject' for group. Valid names: age, diagnosis, patient, weight"),
    (PLAIN, {"features": ["age", "wieght"]}, "no column 'wieght' for features. Did you mean weight"),
    (PLAIN, {"targets": ["Age"]}, "no column 'Age' for targets. Did you mean age"),
    (PLAIN, {"label": "diagnosis"}, "row 1, column 'patient': expected a number; found 'p1'"),
    ("a,b\n1,2\n3,NaN\n", {}, "row 2, column 'b': .*the cell is empty"),
    ("a,b\n1,2\n\n3,x\n", {}, "row 2, column 'b': expected a number; found 'x'"),
    ("a,b\n1,2\n3,inf\n", {}, "row 2, column 'b': expected a finite number"),
    ("a,b\n1,2\n3,1e39\n", {}, "row 2, column 'b': expected a finite number in the range of float32"),
    ("a,b\n1,2\n3\n", {}, "row 2, column 'b': .*the cell is empty"),
    ("a,b\n1,2\n3,4,5\n", {}, "expected 2 columns in every row; "),
    ("a,b\n1,2,3\n4,5,6\n", {}, "expected 2 columns in every row; "),
    ('a,b\n1,"2\n3,4\n', {}, "expected 2 columns in every row; "),
    ("a,label\n1,x\n2, \n", {"label": "label"}, "row 2, column 'label': the cell is empty"),
    ("a,g\n1,x\n2,\n", {"group": "g"}, "row 2, column 'g': the cell is empty"),
    ("a,b\n1,2\0\n", {}, "line 2: expected text; found binary"),
    (gzip.compress(PLAIN)[:30], {}, "gzip file ends too early"),
    (b"PK\x03\x04[Content_Types].xml", {}, "zip archive"),
    ("when,a\n2020-01-01,1\n", {}, "row 1, column 'when': expected a number; found '2020-01-01'"),
]


@pytest.mark.parametrize(("content", "options", "message"), BAD, ids=[message[:40] for *_, message in BAD])
def test_a_bad_table_is_named_with_its_place(write, content, options, message):
    path = write(content)
    with pytest.raises(DataError, match=message) as caught:
        read_table(path, **options)
    assert str(path) in str(caught.value)


def test_a_note_among_the_numbers_is_not_quoted(write):
    with pytest.raises(
        DataError, match="row 1, column 'note': expected a number; found text of 31 characters"
    ) as caught:
        read_table(write("age,note\n60,Ms Example has a cough at night\n"))
    assert "cough" not in str(caught.value)


def test_parquet_reads_as_csv_does(tmp_path):
    pytest.importorskip("pyarrow", reason="needs the extra 'data'")
    frame = pd.DataFrame({"age": [60, 71], "sex": pd.Categorical(["f", "m"]), "note": ["a", "b"]})
    frame.to_parquet(tmp_path / "a.parquet")
    table = read_table(tmp_path / "a.parquet", label="sex", text="note", features=["age"])
    assert (table.x.tolist(), table.labels.tolist(), table.texts) == ([[60], [71]], ["f", "m"], ["a", "b"])


def test_bad_parquet_is_named(tmp_path):
    pytest.importorskip("pyarrow", reason="needs the extra 'data'")
    (tmp_path / "a.parquet").write_bytes(b"PAR1 nothing PAR1")
    with pytest.raises(DataError, match=r"a\.parquet: expected a Parquet file"):
        read_table(tmp_path / "a.parquet")
    pd.DataFrame({"when": pd.to_datetime(["2020-01-01"])}).to_parquet(tmp_path / "b.parquet")
    with pytest.raises(DataError, match="row 1, column 'when': expected a number; found Timestamp"):
        read_table(tmp_path / "b.parquet")


def test_parquet_without_its_library_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    (tmp_path / "a.parquet").write_bytes(b"")
    with pytest.raises(OptionalDependencyError, match=r"deepbio-zoo\[data\]"):
        read_table(tmp_path / "a.parquet")
