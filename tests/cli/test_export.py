"""`deepbio export`: a folder that runs elsewhere, or one clear error."""

import json


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
