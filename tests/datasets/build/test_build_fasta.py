from pathlib import Path

import numpy as np
import pytest

from deepbio.datasets.build import from_fasta
from deepbio.errors import DataError
from deepbio.sequence import decode

SHARED = Path("../shared/data")


@pytest.fixture
def files(tmp_path):
    draw = np.random.default_rng(0)
    found = {}
    for label in ("promoter", "other"):
        found[label] = tmp_path / f"{label}.fa"
        rows = (f">chr{i % 10}:{i}\n{''.join(draw.choice(list('ACGT'), 10))}\n" for i in range(40))
        found[label].write_text("".join(rows))
    return found


def test_each_file_is_a_class_in_the_order_given(files):
    data = from_fasta(files)
    assert data.labels == ("promoter", "other")
    assert data.input.shape == (10,)
    for _, split in data.splits():
        assert [id.split(":")[0] for id in split.ids] == [data.labels[y] for y in split.y]
    assert sum(len(split) for _, split in data.splits()) == 80
    data.check_leakage()
    assert from_fasta(files, positive="promoter").labels == ("other", "promoter")
    assert data.options["fasta"] == {label: str(path) for label, path in files.items()}


def test_sequences_stand_by_their_names(files):
    data = from_fasta(files)
    text = files["promoter"].read_text().split(">")
    expected = {f"promoter:{r.split()[0]}": r.split()[1] for r in text[1:]}
    found = {id: letters for id, letters in zip(data.train.ids, decode(data.train.x), strict=True) if id in expected}
    assert found
    assert found.items() <= expected.items()


def test_records_of_one_chromosome_stay_together(files):
    data = from_fasta(files, group=lambda name: name.split(":")[0])
    chromosomes = [{id.split(":")[1] for id in split.ids} for _, split in data.splits()]
    assert sum(map(len, chromosomes)) == len(set.union(*chromosomes)) == 10


def test_lengths_are_brought_to_one_when_asked(files):
    with files["other"].open("a") as file:
        file.write(">long\nACGTACGTACGT\n")
    with pytest.raises(
        DataError, match=r"other\.fa, record 'long': expected 10 bases as in the first record; received 12"
    ):
        from_fasta(files)
    assert from_fasta(files, length=11).input.shape == (11,)


def test_a_sequence_in_both_classes_stays_in_one_split(files):
    with files["other"].open("a") as file:
        file.write(">again\n" + files["promoter"].read_text().split()[1] + "\n")
    data = from_fasta(files)
    places = [part for part, split in data.splits() for id in split.ids if id in ("other:again", "promoter:chr0:0")]
    assert len(places) == 2
    assert len(set(places)) == 1
    assert sum(len(split) for _, split in from_fasta(files, duplicates="drop").splits()) == 79


def test_fewer_than_two_files_are_refused(files):
    for wrong in (files["other"], str(files["other"]), {"other": files["other"]}):
        with pytest.raises(DataError, match="at least two classes, as {'promoter'"):
            from_fasta(wrong)


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the files in ../shared/data")
def test_real_promoters_with_numbered_names():
    folder = SHARED / "cnnprom"
    files = {"other": folder / "Arabidopsis_non_prom.fa.gz", "tata": folder / "Arabidopsis_tata.fa.gz"}
    with pytest.raises(DataError, match="the record name '.*' occurs twice"):
        from_fasta(files)
    data = from_fasta(files, same_names="number", name="tata")
    assert sum(len(split) for _, split in data.splits()) == 2879 + 1497
    data.check_leakage()
    data.check_classes()
