"""The command line, as its user meets it: results on standard output, notes and errors on standard error."""

import gzip
import json
import re
import shutil
import sys

import numpy as np
import pytest

from deepbio.cli.main import main
from deepbio.datasets import load_dataset
from deepbio.inference import predict
from deepbio.zoo import get_model


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Two runs written once: an MLP on `xor`, a CNN on the promoters."""
    folder = tmp_path_factory.mktemp("runs")
    from deepbio.training import fit

    for name, dataset, epochs in (("mlp", "xor", 3), ("dna_cnn", "ecoli_promoters", 1), ("lenet5", "digits", 1)):
        data = load_dataset(dataset)
        fit(get_model(name, dataset=data, seed=0), data, out=folder / dataset, epochs=epochs, verbose=False)
    return folder


def test_models_are_listed_as_lines_in_a_pipe(run):
    code, out, _ = run("models", "*cnn*")
    assert code == 0
    assert out.splitlines()[0] == "model\tinput\tparameters\tsummary"
    assert any(line.startswith("dna_cnn\tdna\t177,539\t") for line in out.splitlines())


def test_listings_are_json_on_request(run):
    models = json.loads(run("models", "--json")[1])
    assert {"lenet5", "mlp"} <= {model["name"] for model in models}
    datasets = json.loads(run("datasets", "--modality", "dna", "--json")[1])
    assert {card["modality"] for card in datasets} == {"dna"}


def test_info_knows_models_data_sets_and_presets(run, trained):
    assert "parameters: 61706" in run("info", "lenet5")[1]
    assert "CC BY 4.0" in run("info", "uci_splice")[1]
    facts = json.loads(run("info", trained / "xor", "--json")[1])
    assert facts["architecture"] == "mlp"


def test_info_of_a_preset_is_a_page_to_read(run, trained):
    page = run("info", "spliceai_10k.ci")[1]
    assert re.search(r"^input +dna, 10,101 bases$", page, re.M)
    assert re.search(r"^output +3 logits at each position .*: none, acceptor, donor$", page, re.M)
    assert re.search(r"^parameters +3,493,935 in 5 members", page, re.M)  # 5 x 698,787
    assert re.search(r"^size +1\d\.\d MB", page, re.M)
    assert re.search(r"^licence +CC BY 4.0$", page, re.M)
    assert re.search(r"^results +.*top-k accuracy", page, re.M)
    assert "sha256" not in page
    page = run("info", "spliceai_10k.illumina")[1]
    assert "of your installed package spliceai 1.3.1" in page
    page = run("info", trained / "xor")[1]
    assert re.search(r"^results +valid \(\d+ examples\): accuracy \d\.\d{3} \[", page, re.M)
    assert re.search(r"^recipe +deepbio fit --recipe .*xor/recipe.yaml$", page, re.M)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("info", "lenet"), "Did you mean lenet5"),
        (("models", "--modality", "genes"), "Unknown modality 'genes'"),
        (("datasets", "--modality", "tables"), "Did you mean table"),
        (("fit", "dna_cn", "uci_splice"), "Did you mean dna_cnn"),
        (("fit", "dna_cnn", "uci_splic"), "Did you mean uci_splice"),
        (("fit", "dna_cnn", "xor"), "takes dna; xor is table"),
        (("fit", "mlp"), "Expected a model and a data set"),
        (("fit", "mlp", "xor", "--set", "hiden=3"), "Did you mean hidden"),
        (("fit", "mlp", "xor", "--set", "units"), "--set takes key=value"),
        (("fit", "mlp", "xor", "--train", "scedule=cosine"), "Did you mean schedule"),
        (("fit", "mlp", "xor", "--optimizer", "adamm"), "Did you mean adam"),
        (("fit", "mlp", "xor", "--data", "sed=1"), "Did you mean seed"),
        (("fit", "mlp", "xor", "--epochs", "0"), "at least 1"),
        (("fit", "--recipe", "no_such.yaml"), "Expected a recipe at no_such.yaml"),
        (("evaluate", "no_such_run"), "no run or pretrained model 'no_such_run'"),
        (("evaluate", "mlp"), "architecture without weights"),
        (("predict", "./no_such_run", "a.fa"), "Expected a file or folder at a.fa"),
    ],
)
def test_a_mistake_is_one_message_and_exit_code_two(run, arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(*arguments)
    assert code == 2
    assert out == ""
    assert message in err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) in ([], [tmp_path / "runs"]), "nothing half-written"
    assert not list(tmp_path.rglob("*.*"))


def test_an_option_of_the_wrong_type_is_refused_by_name(run):
    code, _, err = run("fit", "mlp", "xor", "--epochs", "many")
    assert code == 2
    assert "--epochs" in err


def test_fit_evaluate_and_train_again_from_the_recipe(run, tmp_path):
    code, out, err = run("fit", "mlp", "xor", "--out", tmp_path / "a", "--epochs", 2, "--set", "units=8,8", "--quiet")
    assert code == 0, err
    assert "accuracy" in out
    assert "The test split is untouched" in err
    code, out, _ = run("evaluate", tmp_path / "a", "--json")
    assert code == 0
    assert json.loads(out)["split"] == "test"
    code, _, err = run("fit", "--recipe", tmp_path / "a" / "recipe.yaml", "--out", tmp_path / "b", "--quiet")
    assert code == 0, err
    a, b = (get_model(tmp_path / name).get_weights() for name in "ab")
    assert all((x == y).all() for x, y in zip(a, b, strict=True))
    code, _, err = run("fit", "mlp", "xor", "--out", tmp_path / "a", "--quiet")
    assert (code, "already holds a run" in err) == (2, True)


def test_predict_reads_fasta_and_writes_tsv(run, trained, tmp_path):
    data = load_dataset("ecoli_promoters")
    letters = np.array(list("ACGTN"))
    with gzip.open(tmp_path / "my.fa.gz", "wt") as file:
        for name, row in zip("abc", np.asarray(data.test.x)[:3], strict=True):
            file.write(f">{name} first\n{''.join(letters[row])}\n")
    code, out, err = run("predict", trained / "ecoli_promoters", tmp_path / "my.fa.gz")
    assert code == 0, err
    rows = [line.split("\t") for line in out.splitlines()]
    assert rows[0] == ["id", "label", "p_not_promoter", "p_promoter"]
    assert [row[0] for row in rows[1:]] == ["a", "b", "c"]
    expected = predict(get_model(trained / "ecoli_promoters"), data.test.take([0, 1, 2]))
    np.testing.assert_allclose([float(row[3]) for row in rows[1:]], expected, rtol=1e-4)
    assert run("predict", trained / "ecoli_promoters", tmp_path / "my.fa.gz", "-o", tmp_path / "p.tsv")[0] == 0
    assert (tmp_path / "p.tsv").read_text() == out


def test_predict_reads_a_table_by_the_names_of_its_columns(run, trained, tmp_path):
    (tmp_path / "t.csv").write_text("x2,note,x1\n1.0,a,-1.0\n1.0,b,1.0\n")
    code, out, err = run("predict", trained / "xor", tmp_path / "t.csv")
    assert code == 0, err
    expected = predict(get_model(trained / "xor"), np.array([[-1, 1], [1, 1]], np.float32))
    np.testing.assert_allclose([float(line.split("\t")[3]) for line in out.splitlines()[1:]], expected, rtol=1e-4)


def test_predict_reads_an_image_folder(run, trained, tmp_path):
    from PIL import Image

    x = np.asarray(load_dataset("digits").test.x)[:2]
    (tmp_path / "images").mkdir()
    for i, image in enumerate(x):
        Image.fromarray(image[..., 0]).save(tmp_path / "images" / f"{i}.png")
    code, out, err = run("predict", trained / "digits", tmp_path / "images")
    assert code == 0, err
    expected = predict(get_model(trained / "digits"), x)
    found = np.array([line.split("\t")[2:] for line in out.splitlines()[1:]], float)
    np.testing.assert_allclose(found, expected, atol=1e-4)


BAD_FILES = {
    "protein letters": ("ecoli_promoters", "a.fa", b">p\nMKVLELLEF\n", "a.fa"),
    "empty FASTA": ("ecoli_promoters", "a.fa", b"", "empty"),
    "binary junk": ("ecoli_promoters", "a.fa", bytes(range(256)) * 4, "a.fa"),
    "wrong length": ("ecoli_promoters", "a.fa", b">one\nACGT\n", "57"),
    "no sequence": ("ecoli_promoters", "a.fa", b">one\n>two\nACGT\n", "one"),
    "truncated gzip": ("ecoli_promoters", "a.fa.gz", gzip.compress(b">one\n" + b"ACGT" * 500)[:40], "a.fa.gz"),
    "missing column": ("xor", "a.csv", b"x1,y\n1,2\n", "x2"),
    "NaN": ("xor", "a.csv", b"x1,x2\n1,2\n3,\n", "row 2"),
    "text for a number": ("xor", "a.csv", b"x1,x2\n1,two\n", "x2"),
    "empty table": ("xor", "a.csv", b"", "empty"),
    "no rows": ("xor", "a.csv", b"x1,x2\n", "row"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_named_and_nothing_is_written(run, trained, tmp_path, case):
    dataset, name, content, message = BAD_FILES[case]
    (tmp_path / name).write_bytes(content)
    code, out, err = run("predict", trained / dataset, tmp_path / name, "-o", tmp_path / "out.tsv")
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err
    assert not (tmp_path / "out.tsv").exists()


def test_an_unreadable_image_is_named(run, trained, tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "scan.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    code, _, err = run("predict", trained / "digits", tmp_path / "images")
    assert code == 2
    assert "scan.png" in err


def test_a_changed_weight_file_is_refused(run, trained, tmp_path):
    copy = shutil.copytree(trained / "xor", tmp_path / "copy")
    with (copy / "model.weights.h5").open("r+b") as file:
        file.seek(2000)
        file.write(b"\x01\x02")
    code, _, err = run("evaluate", copy)
    assert code == 2
    assert "has changed: its SHA-256 should be" in err


def test_a_folder_that_cannot_be_written_is_refused_before_training(run, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, err = run("fit", "mlp", "xor", "--out", tmp_path / "file", "--quiet")
    assert code == 2
    assert "Cannot write" in err


def test_a_full_disk_is_named(run, tmp_path, monkeypatch):
    import errno
    import os

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    code, _, err = run("fit", "mlp", "xor", "--out", tmp_path / "run", "--quiet")
    assert code == 2
    assert "the disk is full" in err
    assert not (tmp_path / "run" / "preset.json").exists()


def test_debug_shows_where_an_error_is_from(run, monkeypatch):
    from deepbio.errors import ModelError

    monkeypatch.setattr(sys, "argv", ["deepbio", "--debug", "fit", "dna_cn", "uci_splice"])
    with pytest.raises(ModelError):
        main()


def test_ctrl_c_ends_with_130(run, monkeypatch):
    import deepbio.zoo.registry

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(deepbio.zoo.registry, "list_models", interrupted)
    code, _, err = run("models")
    assert code == 130
    assert "Traceback" not in err


def test_the_version_is_printed(run):
    import deepbio

    assert run("--version")[1].strip() == deepbio.__version__
