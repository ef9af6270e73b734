"""`deepbio finetune`, and training a tuned run again from its recipe."""

import pytest
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
