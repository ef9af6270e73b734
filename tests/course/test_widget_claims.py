"""What the texts of the widgets promise to those who try it."""

import re
from importlib.resources import files

import numpy as np
import pytest

from tests.course.widget_cases import content, javascript


def _text(page):
    text = files("deepbio.course.widgets").joinpath(f"pages/{page}.html").read_text("utf-8")
    return re.sub(r"\s+", " ", text)


def test_the_limit_of_the_learning_rate_of_the_logistic_unit():
    assert "2 divided by the largest curvature at the maximum, here 0.36" in _text("logistic")
    x, y = np.array(content("logistic")["x"]), content("logistic")["y"]
    w, b = javascript("logisticMaximum(x, y)", x=x.tolist(), y=y)
    p = 1 / (1 + np.exp(-(w * x + b)))
    inputs = np.stack([x, np.ones_like(x)])
    assert 2 / np.linalg.eigvalsh(inputs * p * (1 - p) @ inputs.T)[-1] == pytest.approx(0.36, abs=0.005)


def test_a_surer_unit_is_more_often_right_and_less_likely():
    assert "30 of 38 are right, one more than at the maximum" in _text("logistic")
    x, y = np.array(content("logistic")["x"]), np.array(content("logistic")["y"])
    w, b = javascript("logisticMaximum(x, y)", x=x.tolist(), y=y.tolist())
    assert [((w * x + b > 0) == y).sum(), ((10 * x > 0) == y).sum()] == [29, 30]
    at = "[logLikelihood(w, b, x, y), logLikelihood(10, 0, x, y)]"
    best, sure = javascript(at, w=w, b=b, x=x.tolist(), y=y.tolist())
    assert best - sure > 10


RUN = """(() => {
  const s = SURFACES[name];
  return ["sgd", "momentum", "adam"].map(method => {
    let state = descentStart(s.start);
    for (let i = 0; i < 600 && Math.hypot(...s.g(...state.point)) > 1e-5; i += 1) {
      state = descentStep(method, state, s.g, { rate, momentum: 0.9 });
    }
    return [...state.point, s.f(...state.point)];
  });
})()"""


@pytest.mark.parametrize(
    ("name", "rate", "holds"),
    [
        ("valley", 0.01, lambda sgd, momentum, adam: momentum[2] < 0.001 < 0.1 < min(adam[2], sgd[2])),
        ("valley", 0.1, lambda sgd, momentum, adam: momentum[2] is None and adam[2] < 1e-4),
        ("minima", 0.1, lambda sgd, momentum, adam: momentum[0] < -1 and min(sgd[0], adam[0]) > 0.9),
        ("saddle", 0.01, lambda sgd, momentum, adam: sgd[0] < 0.5 and min(momentum[0], adam[0]) > 0.99),
    ],
)
def test_paths_end_where_the_page_says(name, rate, holds):
    assert holds(*javascript(RUN, name=name, rate=rate))  # a number that has overflowed is null


def test_adversarial_training_raises_the_budget_of_nine_digits_in_ten_and_ten_steps_need_no_more_than_one():
    assert "a larger budget for nine of these ten digits" in _text("attack")
    page = content("attack")
    smallest = """digits.map((text, label) => {
      const x = Array.from(atob(text), c => c.charCodeAt(0) / 255), [n, robust] = [plain, trained].map(networkFrom);
      const flips = (net, k, steps) => {
        const logits = networkForward(net, networkAttack(net, x, label, k / 255, steps)).logits;
        return logits.indexOf(Math.max(...logits)) !== label;
      };
      const [one, ten] = [1, 10].map(steps => { let k = 0; while (!flips(n, k, steps)) k += 1; return k; });
      return { one, ten, trained: flips(robust, ten, 10) };
    })"""
    plain, trained = page["networks"]["cnn"], page["networks"]["cnn_robust"]
    found = javascript(smallest, digits=page["digits"], plain=plain, trained=trained)
    assert sum(not digit["trained"] for digit in found) == 9  # at the budget that flips the other network
    assert all(digit["ten"] <= digit["one"] for digit in found)


def test_probabilities_of_the_boy_and_the_farmer_are_those_of_the_text():
    assert "has 97%. Say no to it: 93%" in _text("findings")
    page = content("findings")
    boy = [*page["notes"]["kawasaki"]["present"], "ownchild", "ownman"]
    left_out = [token for token in boy if token != "hp0031042"]
    farmer = [*page["notes"]["farm"]["present"], "ownmiddleage", "ownman"]
    notes = [left_out, [*left_out, "¬hp0031042"], farmer, [*farmer, "ownrawmilk"], [*farmer, "owntickbite"]]
    found = np.array(javascript("notes.map(n => evidenceProbabilities(evidenceFrom(page), n))", page=page, notes=notes))
    kawasaki = page["labels"].index("Kawasaki disease")
    assert np.round(found[:2, kawasaki], 2).tolist() == [0.97, 0.93]
    first = [page["labels"][k] for k in found[2:].argmax(axis=1)]
    assert first == ["Crimean-Congo hemorrhagic fever", "Brucellosis", "Crimean-Congo hemorrhagic fever"]
    assert "the first disease has 51%" in _text("findings")
    assert np.round(found[2].max(), 2) == 0.51
    assert found[3:].max(axis=1).min() > 0.985
