"""`deepbio calibrate`: calibration, prediction sets and their removal."""

import json


def test_a_run_is_calibrated_predicted_with_sets_and_reset(run, tmp_path):
    folder, table = tmp_path / "run", tmp_path / "x.csv"
    code, _, err = run("fit", "mlp", "xor", "--out", folder, "--epochs", 3, "--calibration", "temperature", "--quiet")
    assert code == 0, err
    assert json.loads((folder / "preset.json").read_text())["postprocessing"]["calibration"]["method"] == "temperature"
    before = json.loads((folder / "metrics.json").read_text())["valid"]["metrics"]
    code, out, err = run("calibrate", folder, "--method", "platt", "--threshold", "sensitivity=0.9", "--coverage", 0.9)
    assert code == 0, err
    after = json.loads((folder / "metrics.json").read_text())["valid"]["metrics"]
    assert after["log_loss"] != before["log_loss"]  # of the calibrated predictions
    assert after["auroc"] == before["auroc"]  # the order stays
    assert "platt" in out
    assert "calibration error after" in out
    assert "sensitivity at least 0.9" in out
    table.write_text("x1,x2\n1,1\n-1,1\n")
    code, out, err = run("predict", folder, table, "--sets", "--ood")
    assert code == 0, err
    meaning = ["observed", "observed_low", "observed_high", "observed_examples", "prevalence", "threshold"]
    meaning += ["sensitivity", "specificity"]
    assert out.splitlines()[0].split("\t")[4:] == [*meaning, "set", "ood_score"]
    code, rare, err = run("predict", folder, table, "--prevalence", 0.01)
    assert code == 0, err
    assert "sensitivity at least 0.9 at another prevalence" in err
    lines = [[line.split("\t") for line in text.splitlines()[1:]] for text in (out, rare)]
    assert [line[1] for line in lines[0]] == [line[1] for line in lines[1]]
    assert all(float(after[3]) < float(before[3]) for before, after in zip(*lines, strict=True))
    assert run("predict", folder, table, "--prevalence", "rare")[0] == 2
    assert run("evaluate", folder)[0] == 0
    assert run("calibrate", folder, "--forget")[0] == 0
    assert set(json.loads((folder / "metrics.json").read_text())) == {"train_seconds"}
    assert run("card", folder)[0] == 0
    assert "None yet" in (folder / "card.md").read_text()
    assert "postprocessing" not in json.loads((folder / "preset.json").read_text())
    code, _, err = run("predict", folder, table, "--sets")
    assert (code, "--coverage" in err) == (2, True)
    code, _, err = run("calibrate", folder, "--method", "temprature")
    assert (code, "Did you mean temperature" in err) == (2, True)
    code, _, err = run("calibrate", tmp_path)
    assert (code, "Expected a preset" in err) == (2, True)
