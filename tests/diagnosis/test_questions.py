"""What to ask next: the finding whose answer is expected to tell most about which of three diseases it is."""

import numpy as np
import pytest
from scipy.stats import entropy

from deepbio.diagnosis.questions import ask_next
from deepbio.text.findings import TermFinder

ALIKE = ["Ebola hemorrhagic fever", "Marburg hemorrhagic fever", "Lujo hemorrhagic fever"]


def information(prior, frequency):
    """Mutual information in bits of a finding's presence and the disease."""
    prior, frequency = np.asarray(prior), np.asarray(frequency)
    parts = [prior * frequency, prior * (1 - frequency)]
    return entropy(prior, base=2) - sum(part.sum() * entropy(part / part.sum(), base=2) for part in parts)


@pytest.mark.parametrize("prior", [[1 / 3, 1 / 3, 1 / 3], [0.7, 0.2, 0.1]])
def test_the_information_is_the_mutual_information_of_finding_and_disease(prior):
    questions = ask_next(ALIKE, prior)
    assert len(questions) == 3
    for question in questions:
        expected = information(prior, [question.frequencies[name] for name in ALIKE])
        assert question.information == pytest.approx(expected, abs=1e-9)
    assert [q.information for q in questions] == sorted((q.information for q in questions), reverse=True)


def test_conjunctivitis_distinguishes_kawasaki_disease_from_typhoid():
    # phenotype.hpoa of 2025-01-16: very frequent in Kawasaki disease (HP:0040281, 80 to 99%), not annotated for typhoid
    questions = ask_next(["Kawasaki disease", "Typhoid"], [0.5, 0.5], number=6)
    (found,) = [q for q in questions if q.name == "Conjunctivitis"]
    assert found.frequencies == pytest.approx({"Kawasaki disease": 0.895, "Typhoid": 0.005})
    assert found.information == pytest.approx(0.728, abs=0.001)  # h(0.45) - h(0.895) / 2 - h(0.005) / 2


def test_what_is_known_and_what_it_implies_is_not_asked_for():
    finder = TermFinder.of_release()
    first = ask_next(ALIKE, [0.4, 0.3, 0.3])[0]
    again = ask_next(ALIKE, [0.4, 0.3, 0.3], known=[first.id], number=40)
    assert not {first.id, *finder.ancestors(first.id)} & {q.id for q in again}


def test_one_annotated_disease_needs_no_question():
    assert ask_next(["Typhoid"], [1.0]) == ()
    assert ask_next(["Typhoid", "no such disease"], [0.5, 0.5]) == ()
