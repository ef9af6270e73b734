"""What lies in the folder of larger data loads by name; data that the user brings are checked."""

import numpy as np
import pytest

from deepbio.datasets import cards, dataset_card, list_datasets, load_dataset
from deepbio.errors import DataError
from deepbio.sequence import decode


@pytest.fixture
def mirror(shared_data, monkeypatch, tmp_path):
    monkeypatch.setenv("DEEPBIO_MIRROR", str(shared_data))
    monkeypatch.setenv("DEEPBIO_CACHE", str(tmp_path))
    monkeypatch.setenv("DEEPBIO_OFFLINE", "1")


# counts: the publications and the README of the data
@pytest.mark.parametrize(
    ("name", "examples", "shape"),
    [
        ("cnnprom_ecoli", 3839, (81,)),
        ("cnnprom_arabidopsis_tata", 4376, (251,)),
        ("cnnprom_arabidopsis_non_tata", 17364, (251,)),
        ("oct4_mafk", 7997, (200,)),
        ("pneumoniamnist", 5856, (28, 28, 1)),
        ("breastmnist", 780, (28, 28, 1)),
        ("mnist", 70_000, (28, 28, 1)),
    ],
)
def test_it_loads_by_name_and_cannot_leak(mirror, name, examples, shape):
    card = dataset_card(name)
    published = load_dataset(name, **card.facts.get("as_published", {}))
    assert sum(len(split) for _, split in published.splits()) == examples == (card.examples or examples)
    assert published.input.shape == shape
    data = load_dataset(name)
    assert data.card is not None
    data.check_leakage()
    data.check_classes()
    assert load_dataset(name, **data.options).fingerprint() == data.fingerprint()


@pytest.mark.parametrize(("name", "one", "other", "shared"), [("pneumoniamnist", 0, 1, 8), ("breastmnist", 0, 2, 1)])
def test_the_known_copies_are_dropped_from_training(mirror, name, one, other, shared):
    # 8 images in train and validation, 1 in train and test: the README of the data
    published = [np.asarray(split.x) for _, split in load_dataset(name, duplicates="keep").splits()]
    images = [{image.tobytes() for image in x} for x in published]
    assert len(images[one] & images[other]) == shared
    data = load_dataset(name)
    images = [{image.tobytes() for image in np.asarray(split.x)} for _, split in data.splits()]
    assert not images[0] & images[1] | images[0] & images[2] | images[1] & images[2]


@pytest.mark.slow
def test_abstracts_load_by_name(mirror):
    sections = load_dataset("pubmed_sections")
    assert sum(len(split) for _, split in sections.splits()) == 21537
    sections.check_leakage()
    mesh = load_dataset("pubmed_mesh")
    assert sum(len(split) for _, split in mesh.splits()) == 14832
    assert {"Humans", "Rats"} <= set(mesh.labels)


def test_a_size_that_is_not_published_is_refused():
    with pytest.raises(DataError, match="28, 64, 128, 224 pixels; received size=32"):
        load_dataset("bloodmnist", size=32)


OWN = [card for card in map(dataset_card, list_datasets()) if card.facts.get("user_supplied")]


@pytest.mark.parametrize("card", OWN, ids=lambda card: card.name)
def test_it_says_where_to_get_a_copy(card, tmp_path):
    with pytest.raises(DataError, match=f"{card.name} is not distributed with deepbio.*https://"):
        load_dataset(card.name)
    with pytest.raises(DataError, match="nowhere"):
        load_dataset(card.name, path=tmp_path / "nowhere")


def test_genomic_benchmarks_are_read_from_folders_and_counted(tmp_path):
    draw = np.random.default_rng(0)
    for part, n in (("train", 30), ("test", 10)):
        for label in ("negative", "positive"):
            (tmp_path / part / label).mkdir(parents=True)
            for i in range(n):
                (tmp_path / part / label / f"{i}.txt").write_text("".join(draw.choice(list("ACGT"), 251)))
    with pytest.raises(DataError, match="expected 27097 train examples of human_nontata_promoters; found 60"):
        load_dataset("human_nontata_promoters", path=tmp_path)
    card = dataset_card("human_nontata_promoters")
    facts = {**card.facts, "published_sizes": {"train": 60, "test": 20}}
    from deepbio.datasets.public.dna import genomic_benchmarks

    data = genomic_benchmarks(cards.Card(facts, card.text, card.folder), path=tmp_path, length=200)
    assert (len(data.test), len(data.train) + len(data.valid), data.input.shape) == (20, 60, (200,))
    assert all(id.startswith("test/") for id in data.test.ids)


def test_deepstarr_is_read_from_its_files_and_counted(tmp_path):
    from deepbio.datasets.public.dna import deepstarr

    draw = np.random.default_rng(0)
    sizes = {"Train": 40, "Val": 10, "Test": 12}
    values = {stem: draw.normal(size=(n, 2)).round(4) for stem, n in sizes.items()}
    letters = {stem: ["".join(draw.choice(list("ACGT"), 249)) for _ in range(n)] for stem, n in sizes.items()}
    for stem in sizes:
        records = (f">chr2L_{i}_{i + 248}_+_positive_peaks\n{row}\n" for i, row in enumerate(letters[stem]))
        (tmp_path / f"Sequences_{stem}.fa").write_text("".join(records))
        rows = (f"{dev}\t{hk}\t0\t0\n" for dev, hk in values[stem])
        head = "Dev_log2_enrichment\tHk_log2_enrichment\tDev_log2_enrichment_scaled\tHk_log2_enrichment_scaled\n"
        (tmp_path / f"Sequences_activity_{stem}.txt").write_text(head + "".join(rows))
    with pytest.raises(DataError, match="expected 402296 train examples of deepstarr; found 40"):
        load_dataset("deepstarr", path=tmp_path)
    card = dataset_card("deepstarr")
    facts = {**card.facts, "published_sizes": {"train": 40, "valid": 10, "test": 12}}
    data = deepstarr(cards.Card(facts, card.text, card.folder), path=tmp_path)
    assert (data.task.kind, data.labels) == ("regression", ("Dev_log2_enrichment", "Hk_log2_enrichment"))
    for (_, split), stem in zip(data.splits(), sizes, strict=True):
        assert decode(np.asarray(split.x)) == letters[stem]
        np.testing.assert_allclose(split.y, values[stem], rtol=1e-6)


def test_notes_are_read_by_the_columns_of_the_card(tmp_path):
    rows = "".join(f"{'Surgery' if i % 2 else 'Cardiology'},note {i} of a visit\n" for i in range(60))
    (tmp_path / "mt.csv").write_text("medical_specialty,transcription\n" + rows)
    data = load_dataset("mtsamples", path=tmp_path / "mt.csv")
    assert data.labels == ("Cardiology", "Surgery")
    (tmp_path / "mt.csv").write_text("specialty,transcription\n" + rows)
    with pytest.raises(DataError, match="no column 'medical_specialty'"):
        load_dataset("mtsamples", path=tmp_path / "mt.csv")
    with pytest.raises(DataError, match="mimic_iv_note has no labels of its own"):
        load_dataset("mimic_iv_note", path=tmp_path / "mt.csv")


def test_a_table_of_scanpy_is_found_in_the_package_or_asked_for(tmp_path, monkeypatch):
    pytest.importorskip("anndata", reason="needs the extra 'data'")
    import pandas as pd
    from anndata import AnnData

    from deepbio.datasets.public.packages import pbmc68k_reduced
    from deepbio.files import sha256_of

    monkeypatch.setenv("DEEPBIO_OFFLINE", "1")
    monkeypatch.setenv("DEEPBIO_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("DEEPBIO_MIRROR", raising=False)
    folder = tmp_path / "site" / "scanpy" / "datasets"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").write_text("raise ImportError('scanpy itself is not imported')")
    obs = pd.DataFrame({"bulk_labels": ["B", "T"] * 30}, index=[f"c{i}" for i in range(60)])
    file = folder / "10x_pbmc68k_reduced.h5ad"
    AnnData(np.random.default_rng(0).random((60, 4)).astype(np.float32), obs=obs).write_h5ad(file)
    card = dataset_card("pbmc68k_reduced")
    other = cards.Card({**card.facts, "files": [{"name": file.name, "sha256": sha256_of(file)}]}, "", card.folder)
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.delitem(__import__("sys").modules, "scanpy", raising=False)
    assert pbmc68k_reduced(other).labels == ("B", "T")
    with pytest.raises(DataError, match="Install scanpy"):
        pbmc68k_reduced(card)  # not the file that the card means
