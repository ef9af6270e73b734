from dataclasses import replace

import pytest

from deepbio.benchmark import list_suites, read_suite
from deepbio.errors import DataError, ModelError
from tests.benchmark.small_suite import SMALL, write_suite


@pytest.fixture
def suite(tmp_path):
    return read_suite(write_suite(tmp_path))


@pytest.mark.parametrize("name", list_suites())
def test_every_suite_that_comes_with_deepbio_is_complete(name):
    suite = read_suite(name)
    runs = list(suite.runs())
    assert {"majority"} < {run.model for run in runs if run.baseline}
    for dataset in suite.datasets:
        assert {"logistic_regression", "kmer_logistic_regression"} & {run.model for run in dataset.runs}
    assert all(one.source and one.protocol for dataset in suite.datasets for one in dataset.published)


def test_a_suite_is_the_product_of_data_sets_models_and_seeds(suite):
    # mlp and random_forest: 3 seeds; majority and logistic regression do not depend on the seed
    assert len(list(suite.runs())) == 2 * (3 + 3 + 1 + 1)


def test_forests_can_have_fewer_seeds_than_models(tmp_path):
    text = SMALL.replace("seeds: 3", "seeds: 3\nbaseline_seeds: 1")
    assert len(list(read_suite(write_suite(tmp_path, text)).runs())) == 2 * (3 + 1 + 1 + 1)


def test_the_key_changes_with_all_that_decides_the_numbers_and_not_with_labels(suite):
    run = next(suite.runs())
    others = [replace(run, seed=9), replace(run, training={"epochs": 3}), replace(run, config={"units": [3]})]
    others += [replace(run, options={"seed": 1}), replace(run, threads=2)]
    assert len({one.key.rsplit("-", 1)[1] for one in [run, *others]}) == 6
    assert replace(run, label="named").key.rsplit("-", 1)[1] == run.key.rsplit("-", 1)[1]


def test_settings_of_a_model_go_before_those_of_data_set_and_suite(tmp_path):
    text = SMALL.replace("seeds: 3", "seeds: [4]\ntraining: {epochs: 1, batch_size: 8}").replace(
        "models: [mlp]", "training: {epochs: 2, patience: 5}\n    models: [{name: mlp, training: {epochs: 3}}]", 1
    )
    run = next(read_suite(write_suite(tmp_path, text)).runs())
    assert run.training == {"epochs": 3, "batch_size": 8, "patience": 5}
    assert run.seed == 4


def test_a_part_of_a_suite_by_seeds_or_by_name(suite):
    assert {run.seed for run in suite.with_seeds(2).runs()} == {0, 1}
    assert {run.dataset for run in suite.only("xor").runs()} == {"xor"}
    assert [run.model for run in suite.only("xor/mlp").runs()] == ["mlp"] * 3
    with pytest.raises(DataError, match="Did you mean xor/mlp"):
        suite.only("xor/mpl")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("name: xor", "name: xar", "Did you mean xor"),
        ("[mlp]", "[mpl]", "Did you mean mlp"),
        ("[auroc, log_loss]", "[aurok]", "Did you mean auroc"),
        ("seeds: 3", "seeds: many", "seeds"),
        ("seeds: 3", "seeds: 1000000000", "less than or equal to 10000"),
        ("[auroc, log_loss]", "{auroc: 1}", "datasets.0.metrics"),
        ("[auroc, log_loss]", "[*a]", "not valid YAML|without aliases"),
        ("[auroc, log_loss]", "[pearson]", "does not suit xor"),
        ("random_forest]", "random_forrest]", "Did you mean random_forest"),
        ("seeds: 3", "seedz: 3", "Did you mean seeds"),
        ("title: Small", "about: x", "needs 'title'"),
        ("[mlp]", "[mlp, mlp]", "xor/mlp twice"),
        ("[mlp]", "[{name: mlp, label: a/b}]", "a label consists of letters"),
        ("title: Small", "title: [", "not valid YAML"),
        (
            "    models: [mlp]",
            "    models: [mlp]\n    published: [{name: a, kind: limt, metrics: {auroc: 1}, source: b, protocol: c}]",
            "Did you mean limit",
        ),
    ],
)
def test_a_mistake_in_a_suite_is_an_error_before_anything_runs(tmp_path, old, new, message):
    with pytest.raises((DataError, ModelError), match=message):
        read_suite(write_suite(tmp_path, SMALL.replace(old, new, 1)))


def test_a_data_set_may_have_baselines_alone(tmp_path):
    alone = SMALL.replace("    models: [mlp]\n", "")
    suite = read_suite(write_suite(tmp_path, alone))
    assert {run.name for run in suite.runs()} == {
        "majority", "logistic_regression", "random_forest", "kmer_logistic_regression",
    }  # fmt: skip
    neither = "\n".join(line for line in alone.splitlines() if "baselines" not in line)
    with pytest.raises(DataError, match="needs 'models', 'baselines' or both"):
        read_suite(write_suite(tmp_path, neither))


def test_a_published_percentage_is_refused(tmp_path):
    entry = "    models: [mlp]\n    published: [{name: a, metrics: {auroc: 94}, source: b, protocol: c}]"
    with pytest.raises(DataError, match="auroc is between 0 and 1; a has 94. Divide percentages by 100"):
        read_suite(write_suite(tmp_path, SMALL.replace("    models: [mlp]", entry, 1)))


def test_an_unknown_suite_is_answered_with_the_nearest():
    with pytest.raises(DataError, match="Did you mean quick"):
        read_suite("quik")
