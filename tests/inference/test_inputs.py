"""What `predict` and `evaluate` take from memory and by path: each odd input gives the right answer or one clear error."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from deepbio.datasets import Dataset, Split
from deepbio.errors import DataError, DeepbioError
from deepbio.inference import evaluate, predict
from deepbio.inference.inputs import as_source
from deepbio.zoo import describe, get_model

NOTES = [f"fever and cough on day {i}" if i % 2 else f"itchy rash, day {i}" for i in range(40)]


def _random(model):
    draw = np.random.default_rng(0)
    model.set_weights([draw.normal(size=w.shape, scale=0.1).astype(w.dtype) for w in model.get_weights()])
    return model


@pytest.fixture(scope="module")
def notes():
    data = Dataset.from_arrays(NOTES, ["hives", "flu"] * 20, modality="text")
    return _random(get_model("bag_of_words", dataset=data, seed=0))


@pytest.fixture(scope="module")
def dna():
    bases = np.random.default_rng(0).choice(list("ACGT"), (40, 12))
    data = Dataset.from_arrays(["".join(row) for row in bases], ["a", "b"] * 20, modality="dna")
    return _random(get_model("logistic", dataset=data, seed=0))


@pytest.fixture(scope="module")
def visits(tmp_path_factory):
    """A table of a file, and a model of it."""
    draw = np.random.default_rng(1)
    rows = [f"p{i},{draw.normal():.3f},{20 + i},{'ill' if i % 3 else 'well'}\n" for i in range(40)]
    path = tmp_path_factory.mktemp("visits") / "visits.csv"
    path.write_text("name,level,age,dx\n" + "".join(rows))
    data = Dataset.from_csv(path, label="dx", features=["level", "age"])
    return path, _random(get_model("logistic", dataset=data, seed=0))


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    """A folder of 16-bit images, and a model that was trained through a window."""
    folder, draw = tmp_path_factory.mktemp("scans"), np.random.default_rng(2)
    for i in range(40):
        (folder / "ab"[i % 2]).mkdir(exist_ok=True)
        Image.fromarray(draw.integers(0, 4000, (5, 6), np.uint16)).save(folder / "ab"[i % 2] / f"{i}.png")
    data = Dataset.from_folder(folder, window=(2000, 900))
    return folder, _random(get_model("logistic", dataset=data, seed=0))


SAME_NOTES = {
    "a tuple": tuple,
    "a series": pd.Series,
    "a series of pandas strings": lambda x: pd.Series(x, dtype="string"),
    "a categorical series": lambda x: pd.Series(x, dtype="category"),
    "a NumPy array of strings": np.array,
    "a NumPy array of objects": lambda x: np.array(x, dtype=object),
    "a NumPy array of bytes": lambda x: np.array(x, dtype="S"),
    "a frame with one column": lambda x: pd.DataFrame({"anything": x}),
    "a frame with a column of notes": lambda x: pd.DataFrame({"day": range(len(x)), "note": x}),
}


@pytest.mark.parametrize("case", SAME_NOTES)
def test_notes_are_the_same_however_they_are_held(notes, case):
    np.testing.assert_array_equal(predict(notes, SAME_NOTES[case](NOTES)), predict(notes, NOTES))


def test_the_index_of_a_series_names_its_notes(notes):
    assert as_source(describe(notes), pd.Series(NOTES[:2], index=["n7", "n9"]))[1] == ["n7", "n9"]


def test_sequences_are_read_from_arrays_and_series_and_cropped_on_request(dna):
    sequences = ["ACGTACGTACGT", "acgtacgtacgt", "TTTTNNNNCCCC"]
    expected = predict(dna, sequences)
    assert expected[0] == expected[1]
    for held in (np.array(sequences), pd.Series(sequences), tuple(sequences)):
        np.testing.assert_array_equal(predict(dna, held), expected)
    longer = [f"GG{s}GG" for s in sequences]
    np.testing.assert_array_equal(predict(dna, longer, length=12), expected)


def test_a_frame_is_read_by_the_names_of_its_columns(visits):
    path, model = visits
    frame = pd.read_csv(path)
    expected = predict(model, path)
    np.testing.assert_array_equal(predict(model, frame), expected)
    np.testing.assert_array_equal(predict(model, frame[["age", "name", "level"]]), expected)
    np.testing.assert_array_equal(predict(model, frame[["level", "age"]].to_numpy()), expected)
    np.testing.assert_array_equal(predict(model, frame.convert_dtypes()), expected)


def test_paths_of_images_are_read_through_the_window_of_training(scans):
    folder, model = scans
    paths = sorted(folder.rglob("*.png"))
    expected = predict(model, folder)
    for held in (
        [str(path) for path in paths],
        paths,
        np.array(list(map(str, paths))),
        pd.Series(list(map(str, paths))),
    ):
        np.testing.assert_array_equal(predict(model, held), expected)
    np.testing.assert_allclose(predict(model, str(paths[3])), expected[3:4], atol=1e-6)


def test_a_frame_of_images_is_read_as_a_table_of_images(tmp_path, monkeypatch):
    draw = np.random.default_rng(4)
    for i in range(40):
        Image.fromarray(draw.integers(0, 4000, (5, 6), np.uint16)).save(tmp_path / f"{i}.png")
    frame = pd.DataFrame({"file": [f"{i}.png" for i in range(40)], "dx": ["ill", "well"] * 20})
    frame.to_csv(tmp_path / "scans.csv", index=False)
    how = {"image": "file", "label": "dx", "window": (2000, 900)}
    data = Dataset.from_manifest(frame, folder=tmp_path, **how)
    assert data.fingerprint() == Dataset.from_manifest(tmp_path / "scans.csv", **how).fingerprint()
    model = _random(get_model("logistic", dataset=data, seed=0))
    expected = predict(model, tmp_path / "scans.csv")
    np.testing.assert_array_equal(predict(model, frame, folder=tmp_path), expected)
    np.testing.assert_array_equal(predict(model, frame[["file"]], folder=tmp_path), expected)
    assert evaluate(model, frame, folder=tmp_path, n_resamples=0).examples == 40
    with pytest.raises(DataError, match=r"the frame, row 1, column 'file': expected an image at 0\.png.*folder=FOLDER"):
        predict(model, frame)
    monkeypatch.chdir(tmp_path)
    np.testing.assert_array_equal(predict(model, frame), expected)


def test_a_file_of_one_class_is_evaluated(visits, tmp_path):
    path, model = visits
    frame = pd.read_csv(path)
    ill = frame[frame.dx == "ill"]
    found = evaluate(model, ill, metrics=["accuracy"], n_resamples=0)
    assert found.examples == len(ill)
    assert found["accuracy"].value == (predict(model, ill) < 0.5).mean()  # "ill" is the first label
    ill.rename(columns={"dx": "diagnosis"}).to_csv(tmp_path / "ward.csv", index=False)
    again = evaluate(model, tmp_path / "ward.csv", label="diagnosis", metrics=["accuracy"], n_resamples=0)
    assert again["accuracy"].value == found["accuracy"].value


def test_targets_are_matched_by_the_names_of_their_columns(tmp_path):
    draw = np.random.default_rng(3)
    frame = pd.DataFrame({"x": draw.normal(size=40), "a": draw.integers(0, 2, 40), "b": draw.integers(0, 2, 40)})
    frame.to_csv(tmp_path / "t.csv", index=False)
    data = Dataset.from_csv(tmp_path / "t.csv", targets=["a", "b"], features=["x"])
    model = _random(get_model("logistic", dataset=data, seed=0))
    straight = evaluate(model, tmp_path / "t.csv", n_resamples=0)
    turned = evaluate(model, frame[["b", "a", "x"]], targets=["b", "a"], n_resamples=0)
    np.testing.assert_array_equal(straight.y, frame[["a", "b"]])
    np.testing.assert_array_equal(turned.y, straight.y)
    with pytest.raises(DataError, match=r"predicts multilabel with 2 output\(s\) \(a, b\); the file has"):
        evaluate(model, frame.assign(c=frame.a), targets=["a", "c"])


def test_a_note_that_is_missing_is_named_by_its_number_only(notes):
    for held in (
        pd.Series(["secret cough", None]),
        np.array(["secret cough", np.nan], dtype=object),
        ["secret cough", None],
    ):
        with pytest.raises(DataError, match="number 2 is a missing value") as raised:
            predict(notes, held)
        assert "secret" not in str(raised.value)


def _wrong(case, notes, dna, visits, scans, folder):
    path, table = visits
    frame, (images, scan_model) = pd.read_csv(path), scans
    (folder / "regions.bed").write_text("chr1\t5\t9\n")
    (folder / "track.bw").write_bytes(b"")
    (folder / "one.csv").write_text("level,age,dx\n1,2,healthy\n")
    (folder / "empty.csv").write_text("")
    return {
        "an empty list": (lambda: predict(notes, []), "at least one example"),
        "an empty series": (lambda: predict(notes, pd.Series([], dtype=object)), "at least one example"),
        "a table of strings": (lambda: predict(notes, np.array([["a"], ["b"]])), r"shape \(2, 1\)"),
        "a number among notes": (lambda: predict(notes, ["a", 3]), "number 2 is int"),
        "sequences of another length": (lambda: predict(dna, ["ACGT"]), "number 1 has 4.*--length 12"),
        "letters of a protein": (lambda: predict(dna, ["MKVLELLEFPQR"]), "position 4.*no nucleotide"),
        "another window length": (lambda: predict(dna, ["ACGT"], length=5), "takes length=12; received 5"),
        "a column is missing": (lambda: predict(table, frame[["age"]]), "no column 'level'"),
        "columns without names": (lambda: predict(table, pd.DataFrame(np.zeros((2, 2)))), "no column 'level'"),
        "an empty cell": (lambda: predict(table, frame.assign(age=np.nan)), "row 1, column 'age'"),
        "NaN in an array": (lambda: predict(table, np.array([[1, 2], [3, np.nan]])), "row 2, column 'age'"),
        "an infinite number": (lambda: predict(table, np.array([[np.inf, 2]])), "Row 1, column 1"),
        "words in a column of numbers": (lambda: predict(table, frame.assign(age="old")), "'age'"),
        "another number of columns": (lambda: predict(table, np.zeros((2, 3))), r"\(2,\)"),
        "a misspelt option": (lambda: predict(table, path, bath_size=3), "no option 'bath_size'"),
        "a misspelt option of arrays": (lambda: predict(table, np.zeros((2, 2)), bath_size=3), "bath_size is no option"),
        "an option of files": (lambda: predict(scan_model, np.zeros((1, 5, 6, 1), np.uint8), window=(1, 2)), "window is"),
        "a file that is not there": (lambda: predict(table, folder / "nowhere.csv"), "nowhere.csv; there is none"),
        "an empty file": (lambda: predict(table, folder / "empty.csv"), "empty.csv"),
        "a folder for a table": (lambda: predict(table, images), "folder|directory|file"),
        "an image for a table": (lambda: predict(table, next(images.rglob("*.png"))), "png"),
        "a table for images": (lambda: predict(scan_model, path), "--image COLUMN"),
        "images of another size": (lambda: predict(scan_model, images, shape=(9, 9, 1)), r"shape=\[5, 6, 1\]"),
        "regions without a genome": (lambda: predict(dna, folder / "regions.bed"), "--genome FASTA"),
        "a track for regions": (lambda: predict(dna, folder / "track.bw"), "name the regions"),
        "arrays without labels": (lambda: evaluate(table, np.zeros((2, 2))), "Expected a Split"),
        "a class that is not known": (lambda: evaluate(table, folder / "one.csv"), "predicts ill, well; the file also has healthy"),
        "fractions of a whole file": (lambda: evaluate(table, path, fractions={"train": 1}), "fractions is about splits"),
        "no column of labels": (lambda: evaluate(notes, pd.DataFrame({"note": NOTES}), text="note"), "--label COLUMN"),
        "an option of a split": (lambda: evaluate(table, Split(np.zeros((2, 2), np.float32), np.zeros(2)), label="dx"), "label is"),
    }[case]  # fmt: skip


CASES = (
    "an empty list", "an empty series", "a table of strings", "a number among notes", "sequences of another length",
    "letters of a protein", "another window length", "a column is missing", "columns without names", "an empty cell",
    "NaN in an array", "an infinite number", "words in a column of numbers", "another number of columns", "a misspelt option",
    "a misspelt option of arrays", "an option of files", "a file that is not there", "an empty file", "a folder for a table",
    "an image for a table", "a table for images", "images of another size", "regions without a genome", "a track for regions",
    "arrays without labels", "a class that is not known", "fractions of a whole file", "no column of labels",
    "an option of a split",
)  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_an_odd_input_is_one_clear_error(notes, dna, visits, scans, tmp_path, case):
    call, message = _wrong(case, notes, dna, visits, scans, Path(tmp_path))
    with pytest.raises(DeepbioError, match=message):
        call()


def test_a_sparse_matrix_is_its_values():
    x = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32) * (np.arange(40) % 2)[:, None]
    model = _random(
        get_model("logistic", dataset=Dataset.from_arrays(x + np.eye(40, 3, dtype=np.float32), ["a", "b"] * 20), seed=0)
    )
    sparse = pytest.importorskip("scipy.sparse")
    assert (predict(model, sparse.csr_matrix(x)) == predict(model, x)).all()


def test_columns_in_a_dictionary_are_refused(notes):
    with pytest.raises(DataError, match=r"path of a file for each class; columns of a table are pandas.DataFrame"):
        predict(notes, {"age": [60, 70]})
