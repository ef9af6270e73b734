"""Windows around features of GTF, GFF and GenBank files, and reads of FASTQ files, as data sets."""

import gzip
import json

import numpy as np
import pytest

from deepbio.datasets import Dataset, rebuild
from deepbio.errors import DataError
from deepbio.sequence import decode, encode

GENOME = {f"chr{i}": "".join(np.random.default_rng(i).choice(list("ACGT"), 2000)) for i in range(1, 5)}


@pytest.fixture
def genome(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPBIO_CACHE", str(tmp_path / "cache"))
    (tmp_path / "g.fa").write_text("".join(f">{name}\n{bases}\n" for name, bases in GENOME.items()))
    return tmp_path / "g.fa"


@pytest.fixture
def annotation(tmp_path):
    rows = [
        f"{name}\tx\t{('gene', 'exon')[k % 2]}\t{start + 1}\t{start + 20}\t.\t{'+-'[k % 2]}\t.\tID=f{k};\n"
        for name in GENOME
        for k, start in enumerate(range(100, 1800, 90))
    ]
    (tmp_path / "a.gff3.gz").write_bytes(gzip.compress("".join(rows).encode()))
    return tmp_path / "a.gff3.gz"


def _again(data):
    return rebuild(data.name, json.loads(json.dumps(data.options)))  # as a recipe holds them


def test_features_of_gff_are_classes(genome, annotation):
    data = Dataset.from_bed(
        genome, annotation, label="feature", features=["gene", "exon"], length=20, valid=["chr3"], test=["chr4"]
    )
    assert data.labels == ("gene", "exon")
    where = {id: i for i, id in enumerate(data.train.ids)}
    bases = decode(np.asarray(data.train.x[np.arange(len(data.train))]))
    assert bases[where["gene:chr1:100-120"]] == GENOME["chr1"][100:120]
    assert bases[where["exon:chr2:190-210"]] == GENOME["chr2"][190:210].translate(str.maketrans("ACGT", "TGCA"))[::-1]
    assert {name.split(":")[1] for name in data.test.ids} == {"chr4"}
    assert _again(data).fingerprint() == data.fingerprint()


def test_a_class_may_be_a_gff_and_another_a_bed(genome, annotation, tmp_path):
    rows = "".join(f"{name}\t{start}\t{start + 20}\n" for name in GENOME for start in range(140, 1800, 90))
    (tmp_path / "other.bed").write_text(rows)
    files = {"other": tmp_path / "other.bed", "exon": annotation}
    data = Dataset.from_bed(genome, files, features=["exon"], length=20, valid=["chr3"], test=["chr4"])
    assert sum(int((np.asarray(split.y) == 1).sum()) for _, split in data.splits()) == 4 * 9
    assert _again(data).fingerprint() == data.fingerprint()


def test_a_feature_that_is_not_there_and_a_label_that_cannot_be_are_named(genome, annotation, tmp_path):
    with pytest.raises(DataError, match=r"a\.gff3\.gz: there is no line of the feature 'intron'; there are exon, gene"):
        Dataset.from_bed(genome, annotation, label="feature", features=["gene", "intron"], length=20)
    with pytest.raises(DataError, match="Unknown label 'scor' of a BED. Did you mean score"):
        Dataset.from_bed(genome, annotation, label="scor", length=20)
    (tmp_path / "a.bed").write_text("chr1\t5\t9\n")
    with pytest.raises(DataError, match=r"a\.bed: label='feature' is for GTF and GFF"):
        Dataset.from_bed(genome, tmp_path / "a.bed", label="feature", length=20)


def test_chromosomes_that_are_numbers_can_be_named_as_numbers(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPBIO_CACHE", str(tmp_path / "cache"))
    (tmp_path / "g.fa").write_text("".join(f">{name[3:]}\n{bases}\n" for name, bases in GENOME.items()))
    for label, shift in (("open", 0), ("closed", 40)):
        rows = "".join(
            f"{i}\t{start + shift}\t{start + shift + 9}\n" for i in range(1, 5) for start in range(100, 1800, 90)
        )
        (tmp_path / f"{label}.bed").write_text(rows)
    files = {label: tmp_path / f"{label}.bed" for label in ("closed", "open")}
    data = Dataset.from_bed(tmp_path / "g.fa", files, length=20, valid=3, test=[4])
    assert {name.split(":")[1] for name in data.valid.ids} == {"3"}
    assert {name.split(":")[1] for name in data.test.ids} == {"4"}


def test_one_column_needs_no_list(tmp_path):
    (tmp_path / "a.csv").write_text("level,age,y\n" + "".join(f"{i},{i % 7},{'ab'[i % 2]}\n" for i in range(60)))
    assert Dataset.from_csv(tmp_path / "a.csv", label="y", features="level").input.features == ("level",)


@pytest.fixture
def genbank(tmp_path, random):
    bases = "".join(random.choice(list("acgt"), 4000))
    # features 30 bases apart in tens: windows of 60 overlap in a ten, and never across
    starts = [100 + 600 * ten + 30 * k for ten in range(6) for k in range(10)]
    rows = "".join(f"     {('CDS', 'tRNA')[i % 2]:<16}{start}..{start + 9}\n" for i, start in enumerate(starts))
    head = "LOCUS       R1                      4000 bp    DNA     linear   UNK 01-JAN-1980\nACCESSION   R1\n"
    path = tmp_path / "plasmid.gb"
    path.write_text(f"{head}FEATURES             Location/Qualifiers\n{rows}ORIGIN\n        1 {bases}\n//\n")
    return path, bases.upper()


def test_features_of_genbank_are_classes_and_overlapping_windows_stay_together(genbank):
    path, bases = genbank
    data = Dataset.from_genbank(path, features=["CDS", "tRNA"], length=60)
    assert data.labels == ("CDS", "tRNA")
    places = [{int(id.split(":")[1].split("-")[0]) // 600 for id in split.ids} for _, split in data.splits()]
    assert sum(len(found) for found in places) == len(set.union(*places)) == 6
    assert sum(len(split) for _, split in data.splits()) == 60
    first = int(data.train.ids[0].split(":")[1].split("-")[0])
    assert decode(np.asarray(data.train.x[np.array([0])]))[0] == bases[first + 5 - 30 : first + 5 + 30]
    assert _again(data).fingerprint() == data.fingerprint()


def test_genbank_with_one_kind_or_no_room_between_features_is_named(genbank):
    with pytest.raises(DataError, match="expected at least two"):
        Dataset.from_genbank(genbank[0], features="CDS", length=60)
    with pytest.raises(DataError, match="60 examples form 1 groups"):
        Dataset.from_genbank(genbank[0], features=["CDS", "tRNA"], length=900)


def test_reads_of_fastq_are_examples(tmp_path, random):
    sequences = {label: ["".join(random.choice(list("ACGTN"), 12)) for _ in range(30)] for label in ("host", "virus")}
    for label, reads in sequences.items():
        rows = "".join(f"@{label}{i}\n{read}\n+\n{'I' * 12}\n" for i, read in enumerate(reads))
        (tmp_path / f"{label}.fastq.gz").write_bytes(gzip.compress(rows.encode()))
    data = Dataset.from_fasta({label: tmp_path / f"{label}.fastq.gz" for label in sequences})
    for _, split in data.splits():
        for id, codes in zip(split.ids, np.asarray(split.x), strict=True):
            label, number = id.split(":")
            assert (codes == encode(sequences[label][int(number.removeprefix(label))])).all()
    assert _again(data).fingerprint() == data.fingerprint()
