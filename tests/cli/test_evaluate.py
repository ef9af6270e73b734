"""`deepbio evaluate`: weights that changed are refused."""

import shutil

import pytest


def test_a_changed_weight_file_is_refused(run, trained, tmp_path):
    copy = shutil.copytree(trained / "xor", tmp_path / "copy")
    with (copy / "model.weights.h5").open("r+b") as file:
        file.seek(2000)
        file.write(b"\x01\x02")
    code, _, err = run("evaluate", copy)
    assert code == 2
    assert "has changed: its SHA-256 should be" in err


@pytest.mark.filterwarnings("default")
def test_a_warning_is_one_line_without_code(run, trained, tmp_path):
    (tmp_path / "one.csv").write_text("x1,x2,y\n" + "".join(f"0.{i},0.5,same\n" for i in range(1, 9)))
    code, out, err = run("evaluate", trained / "xor", "one.csv", "--label", "y")
    assert code == 0, err
    assert "8 examples" in out
    assert "Warning: AUROC is undefined" in err
    assert ".py:" not in err
