"""New files on the command line: read as those of training were, evaluated whole, with the metrics that training asked for."""

import csv
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

CASES = Path(__file__).parents[1] / "data" / "cases"

UNCALIBRATED = "How often these probabilities are right is not known: `deepbio calibrate RUN` measures it.\n"


def _rows(out):
    return list(csv.DictReader(io.StringIO(out), delimiter="\t"))


@pytest.fixture(scope="module")
def brain(tmp_path_factory):
    """A run on DICOM files through the window 40,100; their headers say -600,1500. (Files drawn for this fault.)"""
    from deepbio.datasets import Dataset
    from deepbio.training import fit
    from deepbio.zoo import get_model

    files = CASES / "images" / "window_of_training"
    data = Dataset.from_manifest(files / "list.csv", image="file", label="finding", window=(40, 100))
    folder = tmp_path_factory.mktemp("brain")
    model = get_model("logistic", dataset=data, seed=0)
    fit(model, data, out=folder / "run", epochs=60, learning_rate=0.05, verbose=False)
    return files, folder / "run"


def test_the_window_of_training_is_that_of_new_files(run, brain, caplog):
    files, model = brain
    assert json.loads((model / "preset.json").read_text())["reading"]["options"]["window"] == [40, 100]
    code, out, err = run("predict", model, files / "new")
    assert code == 0, err
    rows = _rows(out)
    assert [row["label"] for row in rows] == ["none", "bleed"] * 4
    expected = [0.79, 0.21, 0.79, 0.19, 0.80, 0.21, 0.79, 0.21]  # through read_images(window=(40, 100))
    np.testing.assert_allclose([float(row["p_none"]) for row in rows], expected, atol=0.006)
    assert (err, caplog.text) == (UNCALIBRATED, "")
    from deepbio.datasets.readers import read_images
    from deepbio.inference import predict
    from deepbio.zoo import get_model

    by_path, by_pixels = (
        predict(get_model(model), x) for x in (files / "new", read_images(files / "new", window=(40, 100)))
    )
    np.testing.assert_allclose(by_path, by_pixels, atol=1e-6)
    assert run("predict", model, files / "new", "--window", "-600,1500")[0] == 0
    assert "window=[-600.0, 1500.0] differs from training, which used [40" in caplog.text


def test_a_whole_table_of_three_images_is_evaluated(run, brain, tmp_path):
    files, model = brain
    (tmp_path / "few.csv").write_text(
        "scan,finding\n" + "".join(f"{i:02}.dcm,{'bleed' if i % 2 else 'none'}\n" for i in range(3))
    )
    code, out, err = run("evaluate", model, "few.csv", "--image", "scan", "--data", f"folder={files}", "--json")
    assert code == 0, err
    found = json.loads(out)
    assert (found["dataset"], found["split"], found["examples"]) == ("few", "all", 3)
    for i, name in enumerate(("none", "bleed", "none")):
        (tmp_path / "ward" / name).mkdir(parents=True, exist_ok=True)
        shutil.copy(files / f"{i:02}.dcm", tmp_path / "ward" / name)
    code, out, err = run("evaluate", model, "--images", "ward", "--json")
    assert code == 0, err
    assert json.loads(out)["metrics"] == found["metrics"]
    code, _, err = run("report", model, "--images", "ward", "-o", "ward.html")
    assert code == 0, err
    assert "3 examples" in err
    assert "ward" in (tmp_path / "ward.html").read_text()


def test_a_class_that_the_model_does_not_know_is_named(run, brain, tmp_path):
    files, model = brain
    for name in ("none", "tumour"):
        (tmp_path / "ward" / name).mkdir(parents=True)
        shutil.copy(files / "00.dcm", tmp_path / "ward" / name)
    code, out, err = run("evaluate", model, "--images", "ward")
    assert (code, out) == (2, "")
    assert "The model predicts bleed, none; the file also has tumour" in err


def test_a_run_of_notes_knows_its_columns(run, tmp_path, caplog):
    notes = CASES / "inference" / "notes.csv"
    own = ("--table", notes, "--text", "transcription", "--label", "dx", "--data", "id=id")
    code, _, err = run("fit", "bag_of_words", *own, "--epochs", 1, "--out", "run", "--quiet")
    assert code == 0, err
    code, out, err = run("predict", "run", notes)
    assert code == 0, err
    assert [row["id"] for row in _rows(out)] == [f"n{i}" for i in range(100, 160)]
    (tmp_path / "ward.csv").write_text("nr,note\n7,Fever and cough.\n9,No complaint.\n")
    code, out, err = run("predict", "run", "ward.csv")
    assert code == 2
    assert "there is no column 'transcription' for text" in err
    caplog.clear()
    code, out, err = run("predict", "run", "ward.csv", "--text", "note", "--data", "id=nr")
    assert code == 0, err
    assert [row["id"] for row in _rows(out)] == ["7", "9"]
    assert (err, caplog.text) == (UNCALIBRATED, "")  # another name of a column contradicts nothing


def test_cells_are_predicted_and_evaluated_from_a_file(run):
    pytest.importorskip("anndata", reason="needs the extra 'data'")
    import anndata

    from deepbio.inference import predict
    from deepbio.zoo import get_model

    cells = CASES / "images" / "cells" / "cells.h5ad"
    code, _, err = run("fit", "logistic", "--h5ad", cells, "--label", "ct", "--epochs", 1, "--out", "run", "--quiet")
    assert code == 0, err
    code, out, err = run("predict", "run", cells)
    assert code == 0, err
    read, model = anndata.read_h5ad(cells), get_model("run")
    p = predict(model, read)
    assert p.shape == (60, 3)
    assert [row["id"] for row in _rows(out)] == read.obs_names.tolist()
    np.testing.assert_array_equal(p, predict(model, read.to_df()))
    np.testing.assert_array_equal(
        p, predict(model, read.to_df()[["g3", "g1", *(g for g in read.var_names if g not in ("g1", "g3"))]])
    )
    code, out, err = run("evaluate", "run", cells, "--json")
    assert code == 0, err
    assert json.loads(out)["examples"] == 60


@pytest.mark.filterwarnings("ignore:A.* is undefined")  # of a validation split of four pictures
def test_an_ordinal_run_reports_quadratic_kappa(run, tmp_path):
    grades = CASES / "images" / "tables" / "grades.csv"
    own = ("--table", grades, "--image", "file", "--label", "grade", "--epochs", 1, "--out", "run", "--quiet")
    code, out, err = run("fit", "logistic", *own, "--train", "loss=ordinal", "--train", "monitor=quadratic_kappa")
    assert code == 0, err
    assert "quadratic_kappa" in out
    assert "quadratic_kappa" in json.loads((tmp_path / "run" / "metrics.json").read_text())["valid"]["metrics"]
    code, out, err = run("evaluate", "run", "--json")
    assert code == 0, err
    assert "quadratic_kappa" in json.loads(out)["metrics"]
    code, out, err = run("evaluate", "run", grades, "--metric", "kappa", "--json")
    assert code == 0, err
    found = json.loads(out)
    assert {"quadratic_kappa", "kappa"} <= found["metrics"].keys()
    assert found["examples"] == 24
    assert run("report", "run", "-o", "page.html")[0] == 0
    assert "Kappa (quadratic)" in (tmp_path / "page.html").read_text()


def test_a_table_of_images_is_predicted_by_a_run_on_images(run, brain, tmp_path):
    files, model = brain
    twice = CASES / "images" / "tables" / "twice.csv"
    code, out, err = run("predict", model, twice)
    assert code == 0, err
    assert _rows(out)[0]["id"] == "v00.png"
    (tmp_path / "other.csv").write_text(f"scan\n{files / '00.dcm'}\n")
    code, _, err = run("predict", model, "other.csv")
    assert code == 2
    assert "there is no column 'file'" in err
    code, out, err = run("predict", model, "other.csv", "--image", "scan")
    assert code == 0, err
    assert len(_rows(out)) == 1


def test_a_preview_needs_no_classes(run, tmp_path):
    (tmp_path / "scans").mkdir()
    for i in range(2):
        Image.fromarray(np.full((8, 8), 100 * i + 50, np.uint8)).save(tmp_path / "scans" / f"{i}.png")
    code, _, err = run(
        "augment", "preview", "--images", "scans", "--augment", "flip", "--columns", 2, "-o", "sheet.png"
    )
    assert code == 0, err
    assert (tmp_path / "sheet.png").stat().st_size > 1000
