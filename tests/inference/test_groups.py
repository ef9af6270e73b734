"""External validation keeps the groups of training, such as patients: intervals between groups, or a warning that there are none."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from deepbio.datasets import Dataset
from deepbio.inference import evaluate
from deepbio.inference.inputs import as_split
from deepbio.training import fit
from deepbio.zoo import describe, get_model


def _visits(n, seed):
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame({"patient": [f"p{seed}-{i // 4}" for i in range(n)], "level": draw.normal(size=n)})
    return frame.assign(dx=np.where(frame.level + draw.normal(size=n) > 0, "ill", "well"))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("visits") / "visits.csv"
    _visits(80, 0).to_csv(path, index=False)
    data = Dataset.from_csv(path, label="dx", group="patient")
    model = get_model("logistic", dataset=data, seed=0)
    fit(model, data, epochs=1, verbose=False)
    return model


def test_groups_of_new_files_are_those_that_training_named(model, caplog):
    later = _visits(60, 1)
    split = as_split(describe(model), later)
    assert split.groups.tolist() == later.patient.tolist()
    found, single = evaluate(model, later), evaluate(model, later.assign(patient=[f"q{i}" for i in range(60)]))
    assert found["accuracy"].value == single["accuracy"].value
    assert (found["accuracy"].low, found["accuracy"].high) != (single["accuracy"].low, single["accuracy"].high)
    assert caplog.text == ""


def test_a_file_without_the_groups_of_training_is_told(model, caplog):
    later = _visits(60, 1).rename(columns={"patient": "person"})
    assert as_split(describe(model), later).groups is None
    assert "groups of training (group=patient) are not used" in caplog.text
    assert "there is no column 'patient' for group" in caplog.text
    caplog.clear()
    assert len(set(as_split(describe(model), later, group="person").groups)) == 15
    assert caplog.text == ""


def test_a_pattern_of_groups_is_that_of_training_too(tmp_path, caplog):
    draw = np.random.default_rng(0)
    for folder, name in (("scans", "p{}-{}"), ("later", "p{}-{}"), ("other", "x{}{}")):
        for i in range(24):
            place = tmp_path / folder / ("ill", "well")[i % 2]
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(draw.integers(0, 256, (4, 4), np.uint8)).save(place / f"{name.format(i // 2, i)}.png")
    data = Dataset.from_folder(tmp_path / "scans", group=r"(p\d+)-")
    model = get_model("logistic", dataset=data, seed=0)
    fit(model, data, epochs=1, verbose=False)
    caplog.clear()
    assert len(set(as_split(describe(model), tmp_path / "later").groups)) == 12
    assert caplog.text == ""
    assert as_split(describe(model), tmp_path / "other").groups is None
    assert "finds nothing in the name" in caplog.text
