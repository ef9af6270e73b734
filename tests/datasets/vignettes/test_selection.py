"""The rule that chooses diseases."""

import pytest

from deepbio.datasets.vignettes import Disease, choose_diseases
from deepbio.errors import DataError
from deepbio.text.everyday import EVERYDAY


def _disease(number, findings):
    return Disease(f"ORPHA:{number}", f"Disease {number}", dict.fromkeys(findings, 0.5))


MANY = [f"f{i}" for i in range(40)]
SMALL = _disease(1, MANY[:9])
PLAIN = _disease(2, MANY[:10])
COMMON = _disease(3, [*MANY[20:31], "fever"])
TWIN = _disease(4, [*MANY[20:30], "fever"])
LARGE = _disease(5, MANY[10:25])


def _ids(chosen):
    return sorted(d.id for d in chosen)


def test_a_disease_with_fewer_than_ten_findings_never_counts():
    assert "ORPHA:1" not in _ids(choose_diseases([SMALL, PLAIN, LARGE], "all", everyday={"fever"}))


def test_everyday_complaints_rank_first_then_the_number_of_findings():
    assert _ids(choose_diseases([PLAIN, LARGE, COMMON], 2, everyday={"fever"})) == ["ORPHA:3", "ORPHA:5"]


def test_a_near_duplicate_is_left_out_but_not_of_all():
    everyone = [PLAIN, COMMON, TWIN, LARGE]
    assert _ids(choose_diseases(everyone, 3, everyday={"fever"})) == ["ORPHA:2", "ORPHA:3", "ORPHA:5"]
    assert len(choose_diseases(everyone, "all", everyday={"fever"})) == 4


def test_a_disease_asked_for_is_taken_first():
    assert "ORPHA:2" in _ids(choose_diseases([PLAIN, COMMON, LARGE], 2, everyday={"fever"}, always={"ORPHA:2"}))


@pytest.mark.parametrize("number", [1, 0, -3, True, 2.0, "some"])
def test_a_number_that_makes_no_sense_is_refused(number):
    with pytest.raises(DataError, match="at least 2, or 'all'"):
        choose_diseases([PLAIN, COMMON], number, everyday=())


def test_asking_for_more_than_there_are_says_how_many_there_are():
    with pytest.raises(DataError, match=r"leaves 3 diseases; 4 were asked for.*'all' \(4"):
        choose_diseases([PLAIN, COMMON, TWIN, LARGE], 4, everyday={"fever"})


def test_the_default_fifty_are_infections_and_inflammations_with_kawasaki_disease(annotated):
    names = [d.name for d in choose_diseases(annotated, 50, everyday=EVERYDAY, always=("ORPHA:2331",))]
    assert len(set(names)) == 50
    assert names == sorted(names, key=str.casefold)
    assert {"Kawasaki disease", "Typhoid", "Behçet disease", "Adult-onset Still disease"} <= set(names)


def test_five_hundred_and_all_keep_names_apart(annotated):
    for number, least in ((500, 500), ("all", 3000)):
        names = [d.name for d in choose_diseases(annotated, number, everyday=EVERYDAY, always=("ORPHA:2331",))]
        assert len(names) >= least
        assert len(set(names)) == len(names)
