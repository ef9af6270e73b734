"""`load_dataset`: names, options, and the data sets that come with the package."""

import shutil
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from deepbio.catalog import catalog_folder
from deepbio.datasets import cards, load_dataset
from deepbio.datasets.load import READERS
from deepbio.errors import DataError
from deepbio.sequence import decode


@pytest.mark.parametrize(("typo", "meant"), [("uci_splise", "uci_splice"), ("XOR", "xor"), ("digit", "digits")])
def test_a_typo_gets_the_nearest_name(typo, meant):
    with pytest.raises(DataError, match=f"Unknown data set '{typo}'. Did you mean .*{meant}"):
        load_dataset(typo)


def test_an_unknown_name_gets_all_names():
    with pytest.raises(DataError, match="Valid names: .*digits.*xor"):
        load_dataset("qqqq")


def test_an_unknown_option_gets_the_nearest_one():
    with pytest.raises(DataError, match="'two_moons' has no option 'noize'. Did you mean noise?"):
        load_dataset("two_moons", noize=0.2)


def test_a_data_set_without_options_says_so():
    with pytest.raises(DataError, match="'digits' has no option 'seed'. There are no valid names"):
        load_dataset("digits", seed=1)


@pytest.fixture
def copied_shelf(tmp_path, monkeypatch):
    """A copy of one data set's folder that a test may spoil."""
    folder = tmp_path / "uci_splice"
    shutil.copytree(catalog_folder("datasets") / "uci_splice", folder)
    monkeypatch.setattr(cards, "entries", lambda name: [folder])
    return folder


def test_a_changed_data_file_is_refused(copied_shelf):
    file = copied_shelf / "splice.tsv.gz"
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    with pytest.raises(DataError, match=r"splice\.tsv\.gz has changed: its SHA-256 should be 2d46\w+ and is \w+"):
        load_dataset("uci_splice")


def test_a_card_with_an_unknown_reader_is_refused(copied_shelf):
    card = copied_shelf / "card.md"
    card.write_text(card.read_text(encoding="utf-8").replace("reader: uci_splice", "reader: uci_splise"), "utf-8")
    with pytest.raises(DataError, match=r"card\.md: unknown reader 'uci_splise'. Did you mean uci_splice?"):
        load_dataset("uci_splice")


def test_every_card_has_a_reader():
    assert {cards.dataset_card(name)["reader"] for name in cards.list_datasets()} <= set(READERS)


@pytest.mark.parametrize("name", ["xor", "uci_splice", "breast_cancer"])
def test_loading_twice_gives_the_same_data(name):
    assert load_dataset(name).fingerprint() == load_dataset(name).fingerprint()


# Splits never change under a name: the figures of every run rest on them.
FINGERPRINTS = {
    "diabetes": "3c2308b284e9be8a929e6bac27b6dd429fad42f8373b4174d108b34c9e959566",
    "iris": "8f45b7c9c1b12d8a79112b48e5adcc7f06bf64ad834df8af128e39af3d4a5920",
    "wine": "3c068426518d41596caf61a83ec3ab1a944ca63d038f5a528202fd809ee50c66",
    "breast_cancer": "405641e95286fb762a4f9297f6c884e00d725d680dc483a0a895cbf0eddb4d5b",
    "digits": "53885a44256bb4d160f51edbbf47eea86b25a0fcb1ef1142e9ab02060b55a13a",
    "ecoli_promoters": "d240e531f0f08504ed496adf213be070d5da255c6f8f3131711b5d7da484e390",
    "uci_splice": "93b1611ba880f14478fe8de8a00541828c629211a4927e67db67247cf65bcc03",
}


@pytest.mark.parametrize("name", FINGERPRINTS)
def test_the_splits_of_a_data_set_never_change(name):
    assert load_dataset(name).fingerprint() == FINGERPRINTS[name]


def _whole(data, what):
    return np.concatenate([np.asarray(getattr(split, what)) for _, split in data.splits()])


def test_splice_junctions_are_those_of_the_repository():
    # UCI data set 69: 3,190 rows of 60 letters; N 1655, EI 767, IE 768. The conflicting sequence loses an N and an IE.
    data = load_dataset("uci_splice")
    y, x = _whole(data, "y"), _whole(data, "x")
    assert dict(zip(data.labels, np.bincount(y).tolist(), strict=True)) == {"N": 1654, "EI": 767, "IE": 767}
    assert x.shape == (3188, 60)
    # Almost every donor begins with GT after the boundary, almost every acceptor ends with AG before it.
    codes = {letter: code for code, letter in enumerate("ACGT")}
    donors, acceptors = x[y == 1], x[y == 2]
    assert np.mean((donors[:, 30] == codes["G"]) & (donors[:, 31] == codes["T"])) > 0.98
    assert np.mean((acceptors[:, 28] == codes["A"]) & (acceptors[:, 29] == codes["G"])) > 0.98


def test_the_splice_junction_with_two_labels_is_dropped():
    conflict = "CTGAAATTTGTCCCATTCATATCTTGGCAGAGAAGCTCCATGAAGAAATTGACAGGGTGA"
    assert conflict not in set(decode(_whole(load_dataset("uci_splice"), "x")))


def test_identical_splice_junctions_form_one_group():
    data = load_dataset("uci_splice")
    assert len(set(_whole(data, "groups"))) == len(set(decode(_whole(data, "x"))))


def test_promoters_are_half_of_the_promoter_set():
    data = load_dataset("ecoli_promoters")
    assert data.labels == ("not_promoter", "promoter")
    assert np.bincount(_whole(data, "y")).tolist() == [53, 53]
    assert data.input.shape == (57,)


def test_malignant_is_the_positive_class_of_breast_cancer():
    # UCI data set 17: 357 benign, 212 malignant; malignant nuclei are larger.
    data = load_dataset("breast_cancer")
    x, y = _whole(data, "x"), _whole(data, "y")
    radius = data.input.features.index("mean radius")
    assert data.labels[1] == "malignant"
    assert y.sum() == 212
    assert x[y == 1, radius].mean() > x[y == 0, radius].mean()


def test_diabetes_is_in_its_own_units():
    # Efron et al. 2004, table 1, patient 1: 59 years, sex 2, body mass index 32.1, blood pressure 101, progression 151
    data = load_dataset("diabetes")
    x, y = _whole(data, "x"), _whole(data, "y")
    assert data.task.kind == "regression"
    assert len(x) == 442
    (first,) = np.flatnonzero(_whole(data, "ids") == "diabetes:1")
    assert x[first, :4].tolist() == pytest.approx([59, 2, 32.1, 101])
    assert y[first].tolist() == [151]


def test_tables_are_standardised_by_their_training_split_only():
    data = load_dataset("breast_cancer")
    train = np.asarray(data.train.x, np.float64)
    assert data.input.mean == pytest.approx(train.mean(axis=0))
    assert data.input.std == pytest.approx(train.std(axis=0))
    assert data.input.mean != pytest.approx(_whole(data, "x").mean(axis=0, dtype=np.float64), rel=1e-6)


def test_digits_span_all_grey_values():
    data = load_dataset("digits")
    x = _whole(data, "x")
    assert data.input.shape == (8, 8, 1)
    assert (x.dtype, x.min(), x.max()) == (np.uint8, 0, 255)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("xor", {"seed": "one"}, "seed must be a whole number; received 'one'"),
        ("two_moons", {"noise": "lots"}, "noise must be a number; received 'lots'"),
        ("vignettes", {"train": 10.5}, "train must be a whole number; received 10.5"),
        ("vignettes", {"length": True}, "length must be a whole number; received True"),
    ],
)
def test_an_option_of_another_kind_is_named(name, options, message):
    with pytest.raises(DataError, match=message):
        load_dataset(name, **options)


def test_importing_and_listing_ask_nothing_of_the_network():
    program = """
        import socket, sys
        def refuse(*_, **__): raise AssertionError("the network was asked")
        socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
        import deepbio
        from deepbio.datasets import list_datasets
        from deepbio.zoo import list_models
        assert list_datasets() and list_models()
        print(sorted({"huggingface_hub", "platformdirs", "requests", "tensorflow"} & set(sys.modules)))
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout.strip()) == (0, "[]"), ended.stderr
