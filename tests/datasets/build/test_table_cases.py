"""Tables as hospitals and programs write them: each is read as it means, or refused with what to do.

The files are cases from public bug reports and exports (R's `write.csv`, pandas, Excel), in `tests/data/cases/tables`.
"""

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deepbio.datasets import Dataset, check_leakage
from deepbio.errors import DataError

CASES = Path(__file__).parents[2] / "data" / "cases"
TABLES = CASES / "tables"

REFUSED = [
    ("label_NA.csv", {"label": "dx"}, "rows 8, 9, .*column 'dx': the cell says 'NA', a missing value.*drop_na=True"),
    ("label_nan.csv", {"label": "dx"}, "rows 8, .*the cell says 'nan'.*keep_na=True"),
    ("note_NA.csv", {"label": "dx", "text": "note"}, "rows 1, 11, 21, 31, 41 and 51, column 'note'"),
    ("group_NA.csv", {"label": "dx", "group": "pid"}, "rows 1, 4, 7, .* and 10 more, column 'pid'"),
    (
        "empty_note.csv",
        {"label": "dx", "text": "note"},
        "rows 12 and 32, column 'note': the cell is empty.*drop_na=True",
    ),
    ("one_9_among_01.csv", {"targets": ["a", "b", "c"]}, "Row 18, column 'a': 9 among 0 and 1.*kind='regression'"),
    ("label_continuous.csv", {"label": "dx"}, r"60 classes with one example each; numbers are targets=\['dx'\]"),
    ("no_header.csv", {"label": "dx"}, r"no column 'dx'.*The first row looks like data.*names=\[...\]"),
    ("question_mark.csv", {"label": "dx"}, r"row 6, column 'chol': .*found '\?'. Pass missing=\['\?'\]"),
    ("below_detection.csv", {"label": "dx"}, "row 1, column 'crp': .*found '<5'. Pass censored='half'"),
    ("decimal_comma.csv", {"label": "dx"}, "row 1, column 'weight': .*found '87,2'. Pass decimal=','"),
    ("infinite.csv", {"label": "dx"}, "row 6, column 'chol': expected a finite number .*; found inf"),
    ("mrn.csv", {"label": "dx"}, "column 'mrn': 60 different numbers would become 1 in float32"),
    ("utf16.csv", {"label": "dx"}, "text in UTF-16.*encoding='utf-16'"),
]


@pytest.mark.parametrize(("name", "options", "message"), REFUSED, ids=[name for name, *_ in REFUSED])
def test_what_a_table_does_not_say_is_refused_with_its_place_and_a_way_on(name, options, message):
    with pytest.raises(DataError, match=message):
        Dataset.from_csv(TABLES / name, **options)


READ = [
    ("commas_in_quotes.csv", {}, ("age, years", "weight, kg", "a,b,c")),
    ("line_in_header.csv", {}, ("age years",)),
    ("comment_first.csv", {}, ("age", "weight")),
    ("pipe.csv", {}, ("age", "weight")),
    ("unnamed_first.csv", {}, ("age",)),
    ("unnamed_first.csv", {"features": ["age"]}, ("age",)),
    ("trailing_comma.csv", {}, ("age", "weight")),
    ("trailing_comma.csv", {"features": ["age"]}, ("age",)),
    ("utf16.csv", {"encoding": "utf-16"}, ("age", "weight")),
    ("no_header.csv", {"names": ["age", "sex", "weight", "dx"]}, ("age", "sex", "weight")),
    ("question_mark.csv", {"missing": "?"}, ("age", "chol")),
    ("below_detection.csv", {"censored": "half"}, ("age", "crp")),
    ("decimal_comma.csv", {"decimal": ","}, ("age", "weight")),
    ("sex_yes_no.csv", {}, ("age", "sex", "smoker")),
    ("mrn.csv", {"id": "mrn"}, ("age",)),
    ("label_NA.csv", {"drop_na": True}, ("age", "weight")),
    ("group_NA.csv", {"group": "pid", "missing_group": "own"}, ("age",)),
]


@pytest.mark.parametrize(("name", "options", "features"), READ, ids=[f"{n}-{'-'.join(o)}" for n, o, _ in READ])
def test_what_a_table_says_is_read(name, options, features):
    data = Dataset.from_csv(TABLES / name, label="dx", **options)
    assert data.input.features == features
    assert len(data.labels) == 2


def test_cells_have_the_values_that_they_write():
    crp = Dataset.from_csv(TABLES / "below_detection.csv", label="dx", censored="half", features=["crp"])
    assert min(part.x.min() for _, part in crp.splits()) == 2.5
    comma = Dataset.from_csv(TABLES / "decimal_comma.csv", label="dx", decimal=",", features=["weight"])
    point = Dataset.from_csv(TABLES / "question_mark.csv", label="dx", missing="?", features=["chol"])
    assert np.nanmax(comma.train.x) == np.nanmax(point.train.x)
    ids = Dataset.from_csv(TABLES / "mrn.csv", label="dx", id="mrn")
    assert "9007199254740993" in {id for _, part in ids.splits() for id in part.ids}


def test_classes_stand_in_the_order_of_numbers():
    assert Dataset.from_csv(TABLES / "gleason.csv", label="gleason").labels == ("6", "7", "8", "9", "10")
    grades = Dataset.from_manifest(CASES / "images" / "tables" / "grades.csv", image="file", label="grade")
    assert grades.labels == ("0", "1", "2", "10", "11")


@pytest.mark.parametrize(
    ("name", "alike"), [("label_case_space.csv", "' ill', 'Ill', 'ill'"), ("label_1_and_1.0.csv", "'1', '1.0'")]
)
def test_labels_that_look_alike_are_told(caplog, name, alike):
    Dataset.from_csv(TABLES / name, label="dx")
    assert f"The classes {alike} differ in spelling only" in caplog.text


def test_lists_of_labels_are_told_and_read_with_their_separator(caplog):
    listed = Dataset.from_csv(TABLES / "code_list.csv", text="note", label="codes", sep=";")
    assert (listed.task.kind, listed.labels) == ("multilabel", ("041.4", "042", "250.00"))
    Dataset.from_csv(TABLES / "code_list.csv", text="note", label="codes")
    assert "some labels contain ';'" in caplog.text
    xray = {"image": "Image Index", "label": "Finding Labels", "group": "Patient ID"}
    findings = Dataset.from_manifest(CASES / "images" / "tables" / "finding_labels.csv", **xray, sep="|")
    assert findings.labels == ("Atelectasis", "Effusion")


FINDINGS = ["No Finding", "Cardiomegaly", "Edema", "Pneumonia", "Pleural Effusion"]


def test_uncertain_labels_of_chexpert_need_a_policy():
    path = CASES / "images" / "tables" / "chexpert.csv"
    for options in ({}, {"kind": "multilabel"}):
        with pytest.raises(DataError, match=r"column 'No Finding'.*-1.*uncertain='missing'"):
            Dataset.from_manifest(path, image="Path", targets=FINDINGS, **options)
    table = pd.read_csv(path).set_index("Path")["Edema"]
    for policy, value in (("negative", 0.0), ("positive", 1.0), ("missing", np.nan)):
        data = Dataset.from_manifest(path, image="Path", targets=FINDINGS, uncertain=policy)
        found = {id: y[2] for _, part in data.splits() for id, y in zip(part.ids, part.y, strict=True)}
        expected = table.replace(-1, value)
        assert data.task.kind == "multilabel"
        np.testing.assert_array_equal([found[id] for id in expected.index], expected.to_numpy(np.float32))
    own = Dataset.from_manifest(path, image="Path", targets=FINDINGS, uncertain="class")
    assert "Edema uncertain" in own.labels


def test_notes_that_are_one_token_sequence_are_told_and_both_checks_agree(caplog):
    data = Dataset.from_csv(TABLES / "templated.csv", text="note", label="dx", tokenizer={"clinical": True})
    assert "the same to the model" in caplog.text
    assert set(check_leakage(data, near=False).counts()) == {"train-valid", "train-test", "valid-test"}
    with pytest.raises(DataError, match="are the same tokens as notes of the"):
        data.check_leakage()


def test_notes_that_are_the_same_tokens_stand_in_one_split(caplog):
    words = np.random.default_rng(0).choice(list("klmnopq"), (60, 6))
    notes = [f"patient {i} has pain {' '.join(words[i])}" for i in range(60)] + [f"seen {i} times" for i in range(12)]
    data = Dataset.from_arrays(notes, np.arange(72) % 2, modality="text", tokenizer={"clinical": True})
    data.check_leakage()
    assert check_leakage(data, near=False).clean
    assert "moved to another split" in caplog.text


ODD = [  # content, options, features and first row, or the error
    ("a;b\n1.234,5;x\n2,0;y\n", {"label": "b", "decimal": ",", "thousands": "."}, [1234.5]),
    ("a,b\n\"1,234\",x\n5,y\n", {"label": "b", "thousands": ","}, [1234.0]),
    ("a,b\n\"1,23\",x\n5,y\n", {"label": "b", "thousands": ","}, "row 1, column 'a': expected a number; found '1,23'"),
    ("a,b\n\"1,234\",x\n5,y\n", {"label": "b"}, "thousands=','.*or decimal=','"),
    ("a;b\n87.2;x\n5;y\n", {"label": "b", "decimal": ","}, "row 1, column 'a': expected a number written with the decimal mark"),
    ("a,b\n>90,x\n5,y\n", {"label": "b", "censored": "half"}, [90.0]),
    ("a,b\n<5,x\n7,y\n", {"label": "b", "censored": "limit"}, [5.0]),
    ("a,b\n<5,x\n7,y\n", {"label": "b", "censored": "missing"}, [np.nan]),
    ("a,b\n<x,x\n7,y\n", {"label": "b", "censored": "half"}, "row 1, column 'a'"),
    ("a,b\n2026-11-28,x\n1970-01-02,y\n", {"label": "b", "dates": "a"}, [20785.0]),
    ("a,b\n03/04/2020,x\n1970-01-02,y\n", {"label": "b", "dates": "a"}, "row 1, column 'a': expected a date.*date_format"),
    ("a,b\n03/04/2020,x\n04/04/2020,y\n", {"label": "b", "dates": "a", "date_format": "%d/%m/%Y"}, [18355.0]),
    ("a,b\n1,2.5\n4,\n", {"targets": ["b"]}, "row 2, column 'b': the cell is empty; expected a number to predict"),
    ("a,b\n1,2.5\n4,\n", {"targets": ["b"], "drop_na": True}, [1.0]),
    ("a,b\n1,1\n4,\n", {"targets": ["b"], "kind": "regression"}, "row 2, column 'b': the cell is empty"),
    ("a,b\n1,1\n4,\n", {"targets": ["b"]}, [1.0]),
    ("a,b\n2020-01-01,x\n2020-01-02,y\n", {"label": "b"}, r"dates=\['a'\]"),
    ("a,b\n-9,x\n4,y\n", {"label": "b", "missing": {"a": -9}}, [np.nan]),
    ("a,b\n-9.0,x\n4,y\n", {"label": "b", "missing": [-9]}, [np.nan]),
    ("a,b\n8o,x\n4,y\n", {"label": "b"}, "row 1, column 'a': expected a number; found '8o'"),
    ("a,b\n1_000,x\n4,y\n", {"label": "b"}, "row 1, column 'a': expected a number; found '1_000'"),
    ("#chrom,b\n1,x\n4,y\n", {"label": "b"}, [1.0]),
    ("# a note, by me\n# another\na,c,b\n1,2,x\n4,5,y\n", {"label": "b"}, [1.0, 2.0]),
    ("a,b\n1,x,\n4,y,\n", {"label": "b"}, [1.0]),
    ("a,b\n1,x,7\n4,y,8\n", {"label": "b"}, "expected 2 columns in every row"),
    ("1,2,x\n4,5,y\n", {"label": "x", "names": ["a", "b"]}, "names has 2 columns; the first row has 3 cells"),
    ("a|b\n1|x\n4|y\n", {"label": "b", "delimiter": ","}, "no column 'b'"),
    ("a,b\nyes,x\nno,y\nyes,x\nno,y\n", {"label": "b"}, [1.0]),
    ("a,b\nm,x\nf,y\n", {"label": "b"}, r"row 1, column 'a': expected a number; found 'm'.*categories=\['a'\]"),
    ("a,b\n3.0,x\n7,y\n", {"label": "b", "categories": "a"}, [0.0]),
    ("a,b\nm,x\nf,y\n", {"label": "b", "categories": {"a": ["m", "f"]}}, [0.0]),
    ("a,b\nM,x\nf,y\n", {"label": "b", "categories": {"a": ["m", "f"]}}, "row 1, column 'a': the cell differs from the category 'm'"),
    ("a,b\n1,x\n2,y\n", {"label": "b", "decimal": ",", "thousands": ","}, "two different marks"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "options", "expected"), ODD, ids=range(len(ODD)))
def test_odd_cells_are_read_or_refused(tmp_path, content, options, expected):
    path = tmp_path / "a.csv"
    path.write_text(content)
    if isinstance(expected, str):
        with pytest.raises(DataError, match=expected):
            Dataset.from_csv(path, **options)
        return
    from deepbio.datasets.build.table import from_csv

    found = from_csv.__wrapped__(path, **options)["x"]
    np.testing.assert_array_equal(found[0], np.array(expected, np.float32))


def test_zeros_and_odd_numbers_that_may_mean_missing_are_remarked(tmp_path):
    from deepbio.datasets.check import check_dataset

    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"glucose": rng.integers(70, 200, 200), "age": rng.integers(20, 90, 200)})
    frame["sodium"] = rng.integers(120, 160, 200)
    frame.loc[::20, "glucose"], frame.loc[::50, "sodium"] = 0, 999
    frame["dx"] = np.where(frame.index % 2, "ill", "well")
    frame.to_csv(tmp_path / "a.csv", index=False)
    problems = " ".join(check_dataset(Dataset.from_csv(tmp_path / "a.csv", label="dx")).problems)
    assert "Zeros far below all other values: glucose (10)" in problems
    assert "sodium (999)" in problems
    assert "age" not in problems


def test_the_log_names_no_cell_of_a_note(caplog, tmp_path):
    (tmp_path / "a.csv").write_text("note,dx\n" + "".join(f"Ms Example coughs {i},{'ab'[i % 2]}\n" for i in range(40)))
    with caplog.at_level(logging.DEBUG):
        Dataset.from_csv(tmp_path / "a.csv", text="note", label="dx")
    assert "Example" not in caplog.text
