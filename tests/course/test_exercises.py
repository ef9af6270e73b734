"""Every checker accepts a right answer, and explains at least three wrong ones."""

import importlib

import pytest

from deepbio.course import check, lessons, verdict
from deepbio.course.checking import exercises_of
from deepbio.errors import DeepbioError

ANSWERS = {
    lesson.number: importlib.import_module(f"tests.course.answers.lesson_{lesson.number:02}") for lesson in lessons()
}
RIGHT = [(key, answer) for module in ANSWERS.values() for key, answer in module.RIGHT.items()]
WRONG = [
    pytest.param(key, answer, phrase, id=f"{key}-{i}")
    for module in ANSWERS.values()
    for key, answers in module.WRONG.items()
    for i, (answer, phrase) in enumerate(answers)
]


@pytest.mark.parametrize(("key", "answer"), RIGHT, ids=[key for key, _ in RIGHT])
def test_a_right_answer_is_right(key, answer):
    found = verdict(key, answer)
    assert found.status == "right", found.reason
    assert found.reason.endswith(".")


@pytest.mark.parametrize(("key", "answer", "phrase"), WRONG)
def test_a_wrong_answer_is_explained(key, answer, phrase):
    found = verdict(key, answer)
    assert found.status == "not yet"
    assert phrase in found.reason


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.path.stem)
def test_every_exercise_has_a_checker_with_one_right_and_three_wrong_answers(lesson):
    assert 2 <= len(lesson.exercises) <= 4
    assert tuple(exercises_of(lesson.number)) == lesson.exercises
    assert set(ANSWERS[lesson.number].RIGHT) == set(lesson.exercises)
    assert {key: len(wrong) >= 3 for key, wrong in ANSWERS[lesson.number].WRONG.items()} == dict.fromkeys(
        lesson.exercises, True
    )


@pytest.mark.parametrize("key", [key for key, _ in RIGHT])
def test_the_placeholder_is_not_an_answer(key):
    assert verdict(key, ...).status == "not answered"


def test_a_check_prints_its_verdict(capsys):
    check("2.2", 0.5)
    assert capsys.readouterr().out == "Exercise 2.2: not yet. A line does better: put one corner alone on its side.\n"


@pytest.mark.parametrize("key", ["2.9", "99.1", "two"])
def test_an_unknown_exercise_is_refused(key):
    with pytest.raises(DeepbioError, match="no exercise"):
        verdict(key, 1)


def test_the_step_of_lesson_10_is_that_of_keras():
    import keras
    import numpy as np

    random = np.random.default_rng(0)
    layer = keras.layers.LSTM(4)
    x = random.normal(size=(1, 1, 3)).astype("float32")
    layer(x)
    weights = [random.normal(size=w.shape) for w in layer.get_weights()]
    layer.set_weights(weights)
    h, _ = ANSWERS[10].RIGHT["10.1"](x[0, 0], np.zeros(4), np.zeros(4), *weights)
    assert np.allclose(h, np.asarray(layer(x))[0], atol=1e-6)
