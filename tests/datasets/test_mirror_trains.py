"""Every data set that lies in the mirror loads by name, trains one epoch, and passes or fails the check as is known of it."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deepbio.datasets import dataset_card, list_datasets, load_dataset
from deepbio.datasets.check import check_dataset

MIRROR = Path(os.environ.get("DEEPBIO_MIRROR") or Path(__file__).resolve().parents[2].parent / "shared" / "data")
MOST_NOTES = 2000
MODELS = {"dna": "dna_cnn", "image": "logistic", "text": "note_lstm", "table": "logistic"}

# What two splits share exactly. The README of the data states the images; all others are grouped by content.
SHARED = {
    "pneumoniamnist": {"train-valid": 8},
    "breastmnist": {"train-test": 1},
}
# Sequences in the file less those that the README counts as repeated or doubly labelled; other counts are its own.
EXAMPLES = {
    "uci_splice": 3188, "ecoli_promoters": 106, "oct4_mafk": 7997, "pneumoniamnist": 5856, "breastmnist": 780,
    "pubmed_sections": 21537, "pubmed_mesh": 14832, "cnnprom_ecoli": 3839, "cnnprom_arabidopsis_tata": 1497 + 2879,
    "cnnprom_arabidopsis_non_tata": 5905 + 11459,
}  # fmt: skip


def _lies_there(card):
    folder = MIRROR / str(card.facts.get("mirror_folder", card.name))
    listed = [entry["name"] for entry in card.facts.get("files", []) if not entry.get("optional")]
    return bool(listed) and all((folder / name).is_file() for name in listed)


CARDS = [card for card in map(dataset_card, list_datasets()) if _lies_there(card)]


@pytest.fixture
def mirror(monkeypatch, tmp_path):
    monkeypatch.setenv("DEEPBIO_MIRROR", str(MIRROR))
    monkeypatch.setenv("DEEPBIO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DEEPBIO_OFFLINE", "1")


def test_every_folder_of_the_mirror_has_a_card():
    if not MIRROR.is_dir():
        pytest.skip(f"needs data that do not come with the package: {MIRROR} (set DEEPBIO_MIRROR)")
    folders = {path.name for path in MIRROR.iterdir() if path.is_dir()}
    assert folders <= {str(card.facts.get("mirror_folder", card.name)) for card in CARDS}


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_it_loads_trains_and_is_checked(mirror, tmp_path, card):
    import deepbio
    from deepbio.zoo import get_model

    published = load_dataset(card.name, **card.facts.get("as_published", {}))
    assert EXAMPLES.get(card.name) in (None, sum(len(split) for _, split in published.splits()))
    report = check_dataset(published)
    assert report.leakage.counts() == SHARED.get(card.name, {})
    assert (not any("identical example(s) shared" in problem for problem in report.problems)) == (
        card.name not in SHARED
    )

    data = load_dataset(card.name) if "as_published" in card.facts else published
    data.check_leakage()
    if data.input.modality == "text":  # an epoch over all notes takes minutes; the first of them show the same
        data = replace(
            data, **{part: split.take(np.arange(min(MOST_NOTES, len(split)))) for part, split in data.splits()}
        )
    model = get_model(MODELS[data.input.modality], dataset=data, seed=0)
    run = deepbio.fit(model, data, out=tmp_path / "run", seed=0, epochs=1, verbose=False)
    assert np.isfinite(run.history["loss"]).all()
    assert len(run.history["loss"]) == 1
    assert deepbio.predict(model, data.test).shape[0] == len(data.test)
