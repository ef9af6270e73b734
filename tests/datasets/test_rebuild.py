"""A data set of the user's files is rebuilt from its options, and an error says if that is impossible."""

import json

import numpy as np
import pytest
from PIL import Image

from deepbio.datasets import Dataset, rebuild
from deepbio.errors import DataError


@pytest.fixture
def fasta(tmp_path):
    draw = np.random.default_rng(0)
    files = {}
    for label in ("promoter", "other"):
        files[label] = tmp_path / f"{label}.fa"
        files[label].write_text(
            "".join(f">chr{i % 10}:{i}\n{''.join(draw.choice(list('ACGT'), 10))}\n" for i in range(40))
        )
    return files


def _rebuilt(data):
    options = json.loads(json.dumps(data.options))  # as in a recipe
    return rebuild(data.name, options)


def test_fasta_with_a_pattern_of_groups(fasta):
    data = Dataset.from_fasta(fasta, group=r"^(chr\d+):", positive="promoter", seed=3, length=8)
    assert data.options["group"] == r"^(chr\d+):"
    assert _rebuilt(data).fingerprint() == data.fingerprint()
    chromosomes = [{id.split(":")[1] for id in split.ids} for _, split in data.splits()]
    assert not chromosomes[0] & chromosomes[1] | chromosomes[0] & chromosomes[2] | chromosomes[1] & chromosomes[2]


def test_a_table_of_notes(tmp_path):
    rows = "".join(f"p{i % 30},fever for {i} days,{'ill' if i % 3 else 'well'}\n" for i in range(60))
    (tmp_path / "visits.csv").write_text("patient,note,diagnosis\n" + rows)
    data = Dataset.from_csv(tmp_path / "visits.csv", text="note", label="diagnosis", group="patient", vocabulary=50)
    assert _rebuilt(data).fingerprint() == data.fingerprint()


def test_images_and_archives(tmp_path):
    draw = np.random.default_rng(0)
    for label in ("benign", "malignant"):
        (tmp_path / "scans" / label).mkdir(parents=True)
        for i in range(20):
            Image.fromarray(draw.integers(0, 256, (8, 8), np.uint8)).save(tmp_path / "scans" / label / f"{i}.png")
    data = Dataset.from_folder(tmp_path / "scans", shape=(6, 6, 1), positive="benign")
    assert _rebuilt(data).fingerprint() == data.fingerprint()
    arrays = {f"{part}_images": draw.integers(0, 256, (4, 8, 8), np.uint8) for part in ("train", "val", "test")}
    np.savez(tmp_path / "a.npz", **arrays, **{f"{part}_labels": [0, 1, 0, 1] for part in ("train", "val", "test")})
    data = Dataset.from_npz(tmp_path / "a.npz", labels=["no", "yes"])
    assert _rebuilt(data).labels == ("no", "yes")
    assert _rebuilt(data).fingerprint() == data.fingerprint()


def test_a_function_of_groups_works_but_cannot_be_recorded(fasta):
    data = Dataset.from_fasta(fasta, group=lambda name: name.split(":")[0])
    with pytest.raises(DataError, match="function of your own as group"):
        _rebuilt(data)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "Expected one of fasta, csv, folder, npz, manifest, h5ad, genbank, genome; received none"),
        ({"csv": "a.csv", "npz": "a.npz"}, "received csv, npz"),
        ({"csv": "a.csv", "lable": "y"}, "Did you mean label"),
        ({"csv": "a.csv", "name": "y"}, "no option 'name'"),
        ({"csv": "nowhere.csv", "label": "y"}, "nowhere.csv"),
    ],
)
def test_options_that_name_no_data_are_refused(options, message):
    with pytest.raises(DataError, match=message):
        rebuild("mine", options)


@pytest.mark.parametrize(
    ("group", "message"), [("(chr", "not a regular expression"), ("x+", "finds nothing in the name")]
)
def test_a_pattern_without_a_group_is_refused(fasta, group, message):
    with pytest.raises(DataError, match=message):
        Dataset.from_fasta(fasta, group=group)


def test_options_of_another_kind_and_missing_ones_are_named(fasta):
    files = {label: str(path) for label, path in fasta.items()}
    with pytest.raises(DataError, match="length must be a whole number; received 'ten'"):
        rebuild("x", {"fasta": files, "length": "ten"})
    with pytest.raises(DataError, match="A data set from genbank needs features"):
        rebuild("x", {"genbank": "a.gb", "length": 20})
