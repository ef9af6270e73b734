import numpy as np
import pytest

from deepbio.datasets.build import from_csv
from deepbio.errors import DataError
from deepbio.sequence import decode


@pytest.fixture
def visits(tmp_path):
    draw = np.random.default_rng(0)
    path = tmp_path / "visits.csv.gz"
    rows = ["visit,patient,age,dose,note,seq,diagnosis,part"]
    for i in range(80):
        seq = "".join(draw.choice(list("ACGT"), 8))
        part = "test" if i >= 60 else "train"
        rows.append(
            f"v{i},p{i // 2},{i},{draw.normal():.4f},note {i} says so,{seq},{'ill' if i % 4 else 'well'},{part}"
        )
    path.write_bytes(__import__("gzip").compress("\n".join(rows).encode()))
    return path


def test_a_table_with_patients_and_published_test_rows(visits):
    data = from_csv(
        visits, label="diagnosis", features=["dose", "age"], group="patient", id="visit", split="part", positive="ill"
    )
    assert (data.name, data.input.features, data.labels) == ("visits", ("dose", "age"), ("well", "ill"))
    assert sorted(data.test.ids) == sorted(f"v{i}" for i in range(60, 80))
    assert len(data.train) + len(data.valid) == 60
    assert data.train.x[:, 1].tolist() == [int(id[1:]) for id in data.train.ids]
    data.check_leakage()
    assert data.options == {
        "csv": str(visits),
        "label": "diagnosis",
        "features": ["dose", "age"],
        "group": "patient",
        "id": "visit",
        "split": "part",
        "positive": "ill",
        "seed": 0,
    }


def test_notes_and_sequences_are_other_ways_to_learn(visits):
    notes = from_csv(visits, label="diagnosis", text="note", group="patient")
    assert notes.input.modality == "text"
    sequences = from_csv(visits, label="diagnosis", sequence="seq", id="visit")
    assert sequences.input.shape == (8,)
    assert set(decode(sequences.test.x)[0]) <= set("ACGT")


def test_numbers_to_predict_are_named_by_their_columns(visits):
    data = from_csv(visits, targets="dose", features=["age"])
    assert (data.task.kind, data.labels, data.train.y.shape[1]) == ("regression", ("dose",), 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "either label=COLUMN with classes, or targets"),
        ({"label": "diagnosis", "targets": ["dose"]}, "either label=COLUMN"),
        ({"label": "diagnosis", "text": "note", "features": ["age"]}, "one of text=COLUMN"),
        ({"label": "diagnosis", "features": []}, "no column is left to learn from"),
        ({"label": "diagnosis"}, "visits.csv.gz, row 1, column 'visit': expected a number; found 'v0'"),
        ({"label": "patient", "sequence": "note"}, r"visits.csv.gz: Record 11: expected 14 bases as in record 1"),
        (
            {"label": "diagnosis", "features": ["age"], "group": "part"},
            "The test split would be empty: 80 examples form 2 groups",
        ),
        ({"label": "diagnosis", "features": ["age"], "split": "diagnosis"}, "Example 1: unknown split 'well'"),
        ({"label": "diagnosis", "features": ["age"], "positive": "sick"}, "visits.csv.gz: The positive class 'sick'"),
    ],
)
def test_contradictions_are_refused(visits, options, message):
    with pytest.raises(DataError, match=message):
        from_csv(visits, **options)
