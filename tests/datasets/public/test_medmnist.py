"""The cards of MedMNIST hold what its publishers state, and its files are read as their own loader reads them."""

import importlib
import importlib.util

import numpy as np
import pytest

from deepbio.datasets import dataset_card, load_dataset

# Name, images for training, validation and test, channels, MD5 at 28, 64, 128 and 224 pixels: `INFO` of medmnist 3.0.2
# (the same numbers: doi:10.1038/s41597-022-01721-8, table 2; the files: Zenodo record 10519652).
PUBLISHED = """
pathmnist 89996 10004 7180 3
a8b06965200029087d5bd730944a56c1 55aa9c1e0525abe5a6b9d8343a507616 ac42d08fb904d92c244187169d1fd1d9 2c51a510bcdc9cf8ddb2af93af1eadec
chestmnist 78468 11219 22433 1
02c8a6516a18b556561a56cbdd36c4a8 9de6cd0b934ebb5b7426cfba5efbae16 db107e5590b27930b62dbaf558aebee3 45bd33e6f06c3e8cdb481c74a89152aa
dermamnist 7007 1003 2005 3
0744692d530f8e62ec473284d019b0c7 b70a2f5635c6199aeaa28c31d7202e1f 2defd784463fa5243564e855ed717de1 8974907d8e169bef5f5b96bc506ae45d
octmnist 97477 10832 1000 1
c68d92d5b585d8d81f7112f81e2d0842 e229e9440236b774d9f0dfef9d07bdaf 0a97e76651ace45c5d943ee3f65b63ae abc493b6d529d5de7569faaef2773ba3
pneumoniamnist 4708 524 624 1
28209eda62fecd6e6a2d98b1501bb15f 8f4eceb4ccffa70c672198ea285246c6 05b46931834c231683c68f40c47b2971 d6a3c71de1b945ea11211b03746c1fe1
retinamnist 1080 120 400 3
bd4c0672f1bba3e3a89f0e4e876791e4 afda852cc34dcda56f86ad2b2457dbcc e48e916a24454daf90583d4e6efb1a18 eae7e3b6f3fcbda4ae613ebdcbe35348
breastmnist 546 78 156 1
750601b1f35ba3300ea97c75c52ff8f6 742edef2a1fd1524b2efff4bd7ba9364 363e4b3f8d712e9b5de15470a2aaadf1 b56378a6eefa9fed602bb16d192d4c8b
bloodmnist 11959 1712 3421 3
7053d0359d879ad8a5505303e11de1dc 2b94928a2ae4916078ca51e05b6b800b adace1e0ed228fccda1f39692059dd4c b718ff6835fcbdb22ba9eacccd7b2601
tissuemnist 165466 23640 47280 1
ebe78ee8b05294063de985d821c1c34b 123ece2eba09d0aa5d698fda57103344 61b955355d7425a89687b06cca3ce0c2 b077128c4a949f0a4eb01517f9037b9c
organamnist 34561 6491 17778 1
68e3f8846a6bd62f0c9bf841c0d9eacc 2dcccc29b88e6da5a01161ef20cda288 eeae80d0a227a8d099027e1b3cfd3b60 50747347e05c87dd3aaf92c49f9f3170
organcmnist 12975 2392 8216 1
b9ceb9546e10131b32923c5bbeaea2b1 3ce34a8724ea6f548e6db4744d03b6a9 773c1f009daa3fe5d9a2a201b2a7ed94 050f5e875dc056f6768abf94ec9995d1
organsmnist 13932 2452 8827 1
9ab87b696fb54e2a387ebe992d6ed5f1 53a6d115339d874c25e309a994ff46d3 ded0c5fa01a95dc4978b956f613e9b8e b354719e553fbbb2513d5533f52a4cb1
"""
WORDS = PUBLISHED.split()
ROWS = [WORDS[i : i + 9] for i in range(0, len(WORDS), 9)]
SIZES = ("", "_64", "_128", "_224")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_card_states_the_counts_and_checksums_of_the_publisher(row):
    name, *numbers = row
    card = dataset_card(name)
    assert [card["split"]["sizes"][part] for part in ("train", "valid", "test")] == [int(n) for n in numbers[:3]]
    assert ("colour" if numbers[3] == "3" else "grey") in card.text
    files = {file["name"]: file for file in card["files"]}
    assert [files[f"{name}{size}.npz"]["md5"] for size in SIZES] == numbers[4:]
    place = "https://zenodo.org/records/10519652/files"
    assert [files[f"{name}{size}.npz"]["url"] for size in SIZES] == [
        f"{place}/{name}{size}.npz?download=1" for size in SIZES
    ]


def test_there_is_a_card_for_each_set():
    assert len(ROWS) == 12  # the two-dimensional sets


@pytest.mark.peers
def test_the_table_is_the_one_of_the_installed_medmnist():
    pytest.importorskip("medmnist", reason="needs the package medmnist")
    info = importlib.import_module("medmnist.info").INFO
    flat = {name: facts for name, facts in info.items() if not name.endswith("3d")}
    assert set(flat) == {row[0] for row in ROWS}
    for name, *numbers in ROWS:
        facts, card = flat[name], dataset_card(name)
        assert [str(facts["n_samples"][part]) for part in ("train", "val", "test")] == numbers[:3]
        assert [str(facts["n_channels"]), *(facts[f"MD5{size}"] for size in SIZES)] == numbers[3:]
        assert list(facts["label"].values()) == list(card["labels"])
        assert facts["license"] == card["licence"]


@pytest.mark.peers
@pytest.mark.parametrize(("name", "loader"), [("pneumoniamnist", "PneumoniaMNIST"), ("breastmnist", "BreastMNIST")])
def test_files_are_read_as_by_the_loader_of_medmnist(shared_data, monkeypatch, name, loader):
    if not importlib.util.find_spec("medmnist") or not importlib.util.find_spec("torch"):
        pytest.skip("needs the packages medmnist and torch")
    monkeypatch.setenv("DEEPBIO_MIRROR", str(shared_data))
    data = load_dataset(name, duplicates="keep")
    read = getattr(importlib.import_module("medmnist.dataset"), loader)
    for (_, ours), part in zip(data.splits(), ("train", "val", "test"), strict=True):
        theirs = read(split=part, root=str(shared_data / name), size=28)
        assert len(theirs) == len(ours)
        for i, (image, label) in enumerate(theirs):
            assert (np.asarray(image) == np.asarray(ours.x[np.array([i])])[0, ..., 0]).all()
            assert int(np.squeeze(label)) == int(np.asarray(ours.y)[i])
