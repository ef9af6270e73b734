"""`deepbio export`: a folder that runs elsewhere, or one clear error."""

import json
import sys


def test_a_run_is_exported_once_and_replaced_on_request(run, tmp_path):
    folder, out = tmp_path / "run", tmp_path / "out"
    assert run("fit", "mlp", "xor", "--out", folder, "--epochs", 1, "--quiet")[0] == 0
    code, _, err = run("export", folder, "-o", out, "--format", "saved_model")
    assert code == 0, err
    assert "equal those of deepbio predict" in err
    assert json.loads((out / "deepbio.json").read_text())["input"]["encoding"].startswith("columns in the order")
    code, _, err = run("export", folder, "-o", out, "--format", "saved_model")
    assert (code, "--overwrite" in err) == (2, True)
    assert run("export", folder, "-o", out, "--format", "saved_model", "--overwrite")[0] == 0
    code, _, err = run("export", folder, "-o", tmp_path / "other", "--format", "saved_mode")
    assert (code, "Did you mean saved_model" in err) == (2, True)
    code, _, err = run("export", "mlp", "-o", tmp_path / "other")
    assert (code, "architecture without weights" in err) == (2, True)
    assert not (tmp_path / "other").exists()


def test_a_name_that_is_too_long_is_one_line(run):
    for arguments in (("export", "o" * 300, "-o", "out"), ("fit", "mlp", "xor", "--out", "o" * 300, "--quiet")):
        code, _, err = run(*arguments)
        assert (code, err) == (2, f"Error: {'o' * 60}... is too long for the name of a file. Choose a shorter one.\n")


def test_push_names_what_is_missing_before_it_asks(run, trained, monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    for target, extra in ((["--mlflow", "xor"], "mlflow"), (["hf://someone/xor"], "hub")):
        code, _, err = run("push", trained / "xor", *target)
        assert (code, err.count("\n"), f"deepbio-zoo[{extra}]" in err) == (2, 1, True)
    for target in ([], ["--mlflow", ""], ["hf://someone/xor", "--mlflow", "xor"]):
        code, _, err = run("push", trained / "xor", *target)
        assert (code, err.startswith("Error: Expected one target")) == (2, True)
