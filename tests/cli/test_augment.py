"""`deepbio augment` shows what there is, draws a sheet, and reports mistakes."""

import numpy as np
import pytest
import yaml
from PIL import Image


def test_policies_and_operations_are_listed(run):
    code, out, _ = run("augment", "list")
    assert code == 0
    assert "image\tpolicy\tmedical\trotate(degrees=10), shift(factor=0.1)" in out
    assert "dna\toperation\ttranslocate\t" in out


@pytest.mark.parametrize(("dataset", "augment"), [("digits", "flip,rotate"), ("ecoli_promoters", "evoaug")])
def test_a_sheet_is_drawn_and_repeats(run, tmp_path, dataset, augment):
    sheets = []
    for name in ("a.png", "b.png"):
        code, _, err = run(
            "augment", "preview", dataset, "--augment", augment, "-o", tmp_path / name, "--examples", 2, "--columns", 2
        )
        assert code == 0, err
        sheets.append(np.asarray(Image.open(tmp_path / name)))
    assert sheets[0].std() > 10
    np.testing.assert_array_equal(*sheets)


def test_a_sheet_of_nothing_and_an_unknown_policy_are_refused(run, tmp_path):
    for augment, message in (("none", "changes nothing"), ("meidcal", "Did you mean medical")):
        code, _, err = run("augment", "preview", "digits", "--augment", augment, "-o", tmp_path / "x.png")
        assert code == 2
        assert message in err
    assert not list(tmp_path.iterdir())


def test_fit_takes_an_augmentation_and_records_it(run, tmp_path):
    steps = "[shift, {rotate: {degrees: 5}}]"
    code, _, err = run(
        "fit", "perceptron", "digits", "--augment", steps, "--epochs", 1, "--out", tmp_path / "r", "--quiet"
    )
    assert code == 0, err
    assert yaml.safe_load((tmp_path / "r" / "recipe.yaml").read_text())["training"]["augment"] == yaml.safe_load(steps)
    code, _, err = run("evaluate", tmp_path / "r", "--tta", "shift", "--split", "valid", "--n-resamples", 10)
    assert code == 0, err
    code, _, err = run("evaluate", tmp_path / "r", "--tta", "shfit", "--split", "valid")
    assert code == 2
    assert "Did you mean shift" in err
