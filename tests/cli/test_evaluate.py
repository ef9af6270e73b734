"""`deepbio evaluate`: weights that changed are refused."""

import shutil


def test_a_changed_weight_file_is_refused(run, trained, tmp_path):
    copy = shutil.copytree(trained / "xor", tmp_path / "copy")
    with (copy / "model.weights.h5").open("r+b") as file:
        file.seek(2000)
        file.write(b"\x01\x02")
    code, _, err = run("evaluate", copy)
    assert code == 2
    assert "has changed: its SHA-256 should be" in err
