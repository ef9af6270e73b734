from dataclasses import replace

import pytest

from deepbio.benchmark import list_suites, read_suite
from deepbio.errors import DataError, ModelError
from tests.benchmark.small_suite import BASELINES_ONLY, write_suite


@pytest.fixture
def suite(tmp_path):
    return read_suite(write_suite(tmp_path))


@pytest.mark.parametrize("name", list_suites())
def test_every_suite_that_comes_with_deepbio_is_sound(name):
    suite = read_suite(name)
    cells = list(suite.cells())
    assert {"majority"} < {cell.model for cell in cells if cell.baseline}
    for entry in suite.entries:
        assert {"logistic_regression", "kmer_logistic_regression"} & {cell.model for cell in entry.cells}
    assert all(one.source and one.protocol for entry in suite.entries for one in entry.published)


def test_a_suite_is_the_product_of_data_sets_models_and_seeds(suite):
    # mlp and random_forest: 3 seeds; majority and logistic regression do not depend on the seed
    assert len(list(suite.cells())) == 2 * (3 + 3 + 1 + 1)


def test_forests_can_have_fewer_seeds_than_models(tmp_path):
    text = BASELINES_ONLY.replace("seeds: 3", "seeds: 3\nbaseline_seeds: 1")
    assert len(list(read_suite(write_suite(tmp_path, text)).cells())) == 2 * (3 + 1 + 1 + 1)


def test_the_key_changes_with_all_that_decides_the_numbers_and_not_with_labels(suite):
    cell = next(suite.cells())
    others = [replace(cell, seed=9), replace(cell, training={"epochs": 3}), replace(cell, config={"units": [3]})]
    others += [replace(cell, options={"seed": 1}), replace(cell, threads=2)]
    assert len({one.key.rsplit("-", 1)[1] for one in [cell, *others]}) == 6
    assert replace(cell, label="named").key.rsplit("-", 1)[1] == cell.key.rsplit("-", 1)[1]


def test_settings_of_a_model_go_before_those_of_data_set_and_suite(tmp_path):
    text = BASELINES_ONLY.replace("seeds: 3", "seeds: [4]\ntraining: {epochs: 1, batch_size: 8}").replace(
        "models: [mlp]", "training: {epochs: 2, patience: 5}\n    models: [{name: mlp, training: {epochs: 3}}]", 1
    )
    cell = next(read_suite(write_suite(tmp_path, text)).cells())
    assert cell.training == {"epochs": 3, "batch_size": 8, "patience": 5}
    assert cell.seed == 4


def test_a_part_of_a_suite_by_seeds_or_by_name(suite):
    assert {cell.seed for cell in suite.with_seeds(2).cells()} == {0, 1}
    assert {cell.dataset for cell in suite.only("xor").cells()} == {"xor"}
    assert [cell.model for cell in suite.only("xor/mlp").cells()] == ["mlp"] * 3
    with pytest.raises(DataError, match="Did you mean xor/mlp"):
        suite.only("xor/mpl")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("name: xor", "name: xar", "Did you mean xor"),
        ("[mlp]", "[mpl]", "Did you mean mlp"),
        ("[auroc, log_loss]", "[aurok]", "Did you mean auroc"),
        ("[auroc, log_loss]", "[pearson]", "does not suit xor"),
        ("random_forest]", "random_forrest]", "Did you mean random_forest"),
        ("seeds: 3", "seedz: 3", "Did you mean seeds"),
        ("title: Small", "about: x", "needs 'title'"),
        ("[mlp]", "[mlp, mlp]", "xor/mlp twice"),
        ("[mlp]", "[{name: mlp, label: a/b}]", "a label holds letters"),
        ("title: Small", "title: [", "not valid YAML"),
        (
            "    models: [mlp]",
            "    models: [mlp]\n    published: [{name: a, kind: limt, metrics: {auroc: 1}, source: b, protocol: c}]",
            "Did you mean limit",
        ),
    ],
)
def test_a_mistake_in_a_suite_is_told_before_anything_runs(tmp_path, old, new, message):
    with pytest.raises((DataError, ModelError), match=message):
        read_suite(write_suite(tmp_path, BASELINES_ONLY.replace(old, new, 1)))


def test_an_unknown_suite_is_answered_with_the_nearest():
    with pytest.raises(DataError, match="Did you mean quick"):
        read_suite("quik")
