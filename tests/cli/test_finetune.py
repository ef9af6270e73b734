"""`deepbio finetune`, and training a tuned run again from its recipe."""

import numpy as np
import pytest
import yaml
from PIL import Image
from typer.testing import CliRunner

from deepbio.cli.finetune import _schedule, _which
from deepbio.cli.main import app
from deepbio.cli.recipe import plan_of_recipe
from deepbio.errors import DeepbioError
from deepbio.zoo import get_model, weights_hash


def test_a_tuned_run_is_trained_again_from_its_recipe(tmp_path):
    first, again = tmp_path / "first", tmp_path / "again"
    arguments = [
        *["--freeze", "trunk", "--unfreeze", "1=1", "--epochs", "2", "--seed", "3", "--quiet", "--out"],
        str(first),
    ]
    done = CliRunner().invoke(
        app, ["finetune", "dna_cnn.uci_splice", "ecoli_promoters", *arguments], catch_exceptions=False
    )
    assert done.exit_code == 0
    assert "auroc" in done.stdout
    recipe = ["fit", "--recipe", str(first / "recipe.yaml"), "--quiet", "--out", str(again)]
    assert CliRunner().invoke(app, recipe, catch_exceptions=False).exit_code == 0
    assert weights_hash(get_model(first)) == weights_hash(get_model(again))
    assert (first / "recipe.yaml").read_text() == (again / "recipe.yaml").read_text()


def test_what_the_options_mean():
    assert [_which(text) for text in ("2", "0.5", "trunk", "conv1d*,dense")] == [2, 0.5, "trunk", ["conv1d*", "dense"]]
    assert _schedule("2=1,5=all") == {2: 1, 5: "all"}
    assert _schedule("gradual") == "gradual"
    with pytest.raises(DeepbioError, match="EPOCH=WHAT"):
        _schedule("two=all")


def test_a_recipe_of_a_nameless_model_says_what_to_do():
    with pytest.raises(DeepbioError, match="Save that model as a preset"):
        plan_of_recipe({"freeze": "trunk", "origin": {"model": None}})


def test_a_data_set_or_files_are_needed():
    with pytest.raises(DeepbioError, match="Expected a data set"):
        CliRunner().invoke(app, ["finetune", "dna_cnn.uci_splice"], catch_exceptions=False)


@pytest.fixture
def pictures(tmp_path):
    """Folder of 24 pictures in two classes, the second brighter."""
    draw = np.random.default_rng(0)
    for k, name in enumerate("ab"):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for i in range(12):
            grey = draw.normal(90 + 40 * k, 30, (28, 28)).clip(0, 255).astype(np.uint8)
            Image.fromarray(grey).save(tmp_path / "pictures" / name / f"{i}.png")
    return tmp_path / "pictures"


def test_a_solved_head_is_solved_again_from_its_recipe(tmp_path, pictures, monkeypatch):
    monkeypatch.setenv("DEEPBIO_CACHE", str(tmp_path / "cache"))
    first, again = tmp_path / "first", tmp_path / "again"
    arguments = ["finetune", "image_cnn.breastmnist", "--images", str(pictures), "--quiet", "--out", str(first)]
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    assert "head solved (linear probe" in done.output
    recipe = yaml.safe_load((first / "recipe.yaml").read_text())
    assert (recipe["finetune"]["copies"], recipe["training"]["augment"]) == (8, "medical")
    assert "epochs" not in recipe["training"]
    CliRunner().invoke(app, ["fit", "--recipe", str(first), "--quiet", "--out", str(again)], catch_exceptions=False)
    assert weights_hash(get_model(first)) == weights_hash(get_model(again))
    assert (first / "recipe.yaml").read_text() == (again / "recipe.yaml").read_text()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--compare", "--method", "full", "--unfreeze", "gradual"], "--compare does not take --method, --unfreeze"),
        (["--score", "--freeze", "trunk"], "--score does not take --freeze"),
        (["--member", "2"], "is one model, not an ensemble"),
    ],
)
def test_an_option_that_would_do_nothing_is_refused(options, message):
    with pytest.raises(DeepbioError, match=message):
        CliRunner().invoke(app, ["finetune", "dna_cnn.uci_splice", "ecoli_promoters", *options], catch_exceptions=False)


def test_an_architecture_is_no_trained_model():
    with pytest.raises(DeepbioError, match="dna_cnn is an architecture without weights"):
        CliRunner().invoke(app, ["finetune", "dna_cnn", "ecoli_promoters"], catch_exceptions=False)
