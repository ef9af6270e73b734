"""A prior by prevalence: Bayes' rule on the answer, exact evidence, and what is refused."""

import dataclasses

import numpy as np
import pytest
from typer.testing import CliRunner

from deepbio.cli.main import app
from deepbio.diagnosis import diagnose, prior_factors, read_prior
from deepbio.diagnosis.diagnose import DEFAULT_MODEL
from deepbio.diagnosis.priors import PRIOR_REMARK
from deepbio.errors import DataError, ModelError
from deepbio.zoo import describe, get_model

NOTE = "4M. High fever for 5 days, red eyes, rash on the trunk. Strawberry tongue. No cough."


@pytest.fixture(scope="module")
def model():
    return get_model(DEFAULT_MODEL)


@pytest.fixture(scope="module")
def labels(model):
    task = describe(model).task
    assert task is not None
    return task.labels


@pytest.fixture(scope="module")
def equal(labels):
    return {name: 2.5 for name in labels if name != "None of these"}


def probabilities(found):
    return {c.name: c.probability for c in found.candidates}


def test_equal_prevalences_change_nothing(model, equal):
    before, after = diagnose(NOTE, model=model, top=50), diagnose(NOTE, model=model, top=50, prior=equal)
    assert probabilities(after) == pytest.approx(probabilities(before), rel=1e-6)
    assert PRIOR_REMARK in after.remarks
    assert PRIOR_REMARK not in before.remarks


def test_ten_times_the_prevalence_is_ten_times_the_odds_against_each_other_disease(model, equal):
    more = equal | {"Typhoid": 25.0}
    before, after = (probabilities(diagnose(NOTE, model=model, top=50, prior=p)) for p in (equal, more))
    odds = [p["Typhoid"] / p["Kawasaki disease"] for p in (before, after)]
    assert odds[1] / odds[0] == pytest.approx(10, rel=1e-6)


def test_the_prior_of_none_of_these_stays_unless_it_is_given(model, labels, equal):
    none = labels.index("None of these")
    record = describe(model)
    assert prior_factors(record, equal)[none] == pytest.approx(1)
    # 50 diseases of 1 and none of these of 50: half, where it was a tenth
    factors = prior_factors(record, dict.fromkeys(equal, 1.0) | {"None of these": 50.0})
    assert factors[none] == pytest.approx(0.5 / 0.1)
    assert factors[labels.index("Typhoid")] == pytest.approx(0.01 / 0.018)


def test_the_evidence_still_adds_up_with_a_prior(model, equal):
    found = diagnose(NOTE, model=model, top=50, prior=equal | {"Kawasaki disease": 0.01, "Typhoid": 40.0})
    logits = np.array([(c.bias or 0.0) + sum(weight for _, weight in c.evidence) for c in found.candidates])
    p = np.array([c.probability for c in found.candidates])
    np.testing.assert_allclose(np.log(p[:8] / p[0]), logits[:8] - logits[0], atol=1e-4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Tyfoid": 1.0}, "no disease of the model. Did you mean Typhoid"),
        ({"Typhoid": 0.0}, "positive number; received 0.0"),
        ({"Typhoid": float("nan")}, "positive number; received nan"),
        ({"Typhoid": True}, "positive number; received True"),
    ],
)
def test_a_wrong_prior_is_refused(model, equal, change, message):
    with pytest.raises(DataError, match=message):
        diagnose(NOTE, model=model, prior=equal | change)


def test_a_prior_without_a_disease_is_refused_not_guessed(model, equal):
    with pytest.raises(DataError, match="50 diseases; 1 have none: Typhoid"):
        diagnose(NOTE, model=model, prior={name: p for name, p in equal.items() if name != "Typhoid"})


def test_a_model_of_words_takes_a_prior_too(small_model, five_diseases):
    names = five_diseases.task.labels
    before = probabilities(diagnose(NOTE, model=small_model))
    after = probabilities(diagnose(NOTE, model=small_model, prior=dict.fromkeys(names, 1.0) | {names[3]: 7.0}))
    odds = [p[names[3]] / p[names[0]] for p in (before, after)]
    assert odds[1] / odds[0] == pytest.approx(7, rel=1e-5)


def test_a_model_of_an_unknown_prior_is_refused(small_model, five_diseases):
    record = describe(small_model)
    bare = dataclasses.replace(record, dataset=None, postprocessing=None)
    with pytest.raises(ModelError, match="The prior that the probabilities assume is not known"):
        prior_factors(bare, dict.fromkeys(five_diseases.task.labels, 1.0))


@pytest.mark.parametrize("line", ["Typhoid 3", "Typhoid\t", "\t3", "Typhoid\t-1", "Typhoid\tinf", "Q fever\t2"])
def test_a_table_with_a_wrong_line_is_refused(tmp_path, line):
    (tmp_path / "prior.tsv").write_text(f"# per 100,000\nQ fever\t1\n{line}\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"prior\.tsv, line 3"):
        read_prior(tmp_path / "prior.tsv")


def test_the_command_reads_a_table(tmp_path, small_preset, five_diseases):
    (tmp_path / "note.txt").write_text(NOTE, encoding="utf-8")
    names = five_diseases.task.labels
    lines = [f"{name}\t{1e6 if name == names[4] else 1e-6}\n" for name in names]
    (tmp_path / "prior.tsv").write_text("".join(lines), encoding="utf-8")
    result = CliRunner().invoke(
        app,
        ["diagnose", str(tmp_path / "note.txt"), "--model", str(small_preset), "--prior", str(tmp_path / "prior.tsv")],
    )
    assert result.exit_code == 0, result.output
    assert PRIOR_REMARK in result.stdout
    assert f"  1. 100.0%  {names[4]}" in result.stdout
