"""bigWig tracks agree with the values written, on either strand and beyond the ends."""

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepbio.datasets import Dataset, rebuild
from deepbio.errors import DataError
from deepbio.genome import Genome, GenomeWindows, open_genome, read_bed
from deepbio.genome.tracks import read_tracks

pybigtools = pytest.importorskip("pybigtools")
NAMES = [f"chr{i}" for i in range(1, 7)]
VALUES = {name: np.random.default_rng(i).integers(0, 9, 300).astype(np.float32) for i, name in enumerate(NAMES)}


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.setenv("DEEPBIO_CACHE", str(tmp_path / "cache"))
    draw = np.random.default_rng(0)
    fasta = "".join(f">{name}\n{''.join(draw.choice(list('ACGT'), 300))}\n" for name in NAMES)
    (tmp_path / "g.fa").write_text(fasta)
    rows = (f"{name}\t{s}\t{s + 1}\tx\t0\t{'+-'[s % 2]}\n" for name in NAMES for s in range(0, 300, 23))
    (tmp_path / "a.bed").write_text("".join(rows))
    values = ((name, i, i + 1, float(v)) for name in NAMES for i, v in enumerate(VALUES[name]) if v)
    pybigtools.open(str(tmp_path / "a.bw"), "w").write(dict.fromkeys(NAMES, 300), values)
    return tmp_path


def test_values_are_those_written(files):
    windows = GenomeWindows(open_genome(files / "g.fa"), read_bed(files / "a.bed"), length=40)
    for length in (40, 11):
        found = read_tracks([files / "a.bw"], windows, length=length)
        for row, name, start, minus in zip(
            found[..., 0], windows.chromosomes, windows.starts, windows.minus, strict=True
        ):
            padded = np.concatenate([np.zeros(50), VALUES[name], np.zeros(50)])[50 + start : 90 + start]
            read = padded[::-1] if minus else padded
            first = 20 - length // 2
            assert row.tolist() == read[first : first + length].tolist()


# starts and lengths of runs, with gaps between them, and the value of each
RUNS = st.lists(
    st.tuples(st.integers(0, 20), st.integers(1, 30), st.floats(-1e6, 1e6, width=32)), min_size=1, max_size=12
)


@settings(max_examples=40)
@given(RUNS, st.lists(st.integers(0, 299), min_size=1, max_size=8), st.integers(1, 350))
def test_any_track_agrees_with_pybigtools_own_reading(runs, centers, length):
    rows, end = [], 0
    for gap, size, value in runs:
        if end + gap + size <= 300:
            rows.append(("chr1", end + gap, end + gap + size, value))
            end += gap + size
    genome = Genome(Path("g.fa"), {"chr1": 300}, {"chr1": 0}, np.zeros(300, np.uint8), "0")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.bed").write_text("".join(f"chr1\t{c}\t{c + 1}\n" for c in centers))
        pybigtools.open(f"{folder}/a.bw", "w").write({"chr1": 300}, iter(rows or [("chr1", 0, 1, 1.0)]))
        windows = GenomeWindows(genome, read_bed(Path(folder) / "a.bed"), length=length)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DEEPBIO_ISOLATE", "0")
            found = read_tracks([Path(folder) / "a.bw"], windows)[..., 0]
        whole = np.nan_to_num(np.asarray(pybigtools.open(f"{folder}/a.bw").values("chr1", 0, 300, fillna=None)))
    padded = np.concatenate([np.zeros(400), whole, np.zeros(400)]).astype(np.float32)
    for row, start in zip(found, windows.starts.tolist(), strict=True):
        np.testing.assert_array_equal(row, padded[400 + start : 400 + start + length])


def test_counts_and_profiles_are_data_sets(files):
    counts = Dataset.from_bigwig(files / "g.fa", files / "a.bed", {"signal": files / "a.bw"}, length=40)
    assert (counts.task.kind, counts.labels, counts.train.y.shape[1]) == ("counts", ("signal",), 1)
    counts.check_leakage()
    assert rebuild(counts.name, counts.options).fingerprint() == counts.fingerprint()
    options = {"kind": "profile", "valid": ["chr5"], "test": ["chr6"]}
    profile = Dataset.from_bigwig(files / "g.fa", files / "a.bed", files / "a.bw", length=40, **options)
    assert profile.test.y.shape == (14, 40, 1)
    np.testing.assert_array_equal(
        Dataset.from_bigwig(
            files / "g.fa", files / "a.bed", files / "a.bw", length=40, valid=["chr5"], test=["chr6"]
        ).test.y,
        profile.test.y.sum(axis=1),
    )


def test_a_bad_track_is_named(files):
    windows = GenomeWindows(open_genome(files / "g.fa"), read_bed(files / "a.bed"), length=40)
    (files / "bad.bw").write_bytes(b"no track")
    with pytest.raises(DataError, match=r"bad\.bw: expected a bigWig file"):
        read_tracks([files / "bad.bw"], windows)
    pybigtools.open(str(files / "short.bw"), "w").write({"chr1": 200}, iter([("chr1", 0, 1, 1.0)]))
    with pytest.raises(DataError, match=r"short\.bw: expected chr1 of 300 bases .* found 200 bases"):
        read_tracks([files / "short.bw"], windows)
    with pytest.raises(DataError, match="Expected a file at"):
        read_tracks([files / "nowhere.bw"], windows)
    with pytest.raises(DataError, match="1 to 40 bases"):
        read_tracks([files / "a.bw"], windows, length=41)
    with pytest.raises(DataError, match="kind is 'counts' or 'profile'"):
        Dataset.from_bigwig(files / "g.fa", files / "a.bed", files / "a.bw", length=40, kind="sum")


def test_tracks_of_one_file_name_are_not_taken_for_one(files):
    with pytest.raises(DataError, match="Two tracks have one file name: name the outputs"):
        Dataset.from_bigwig(
            files / "g.fa", files / "a.bed", [files / "a.bw", files / ".." / files.name / "a.bw"], length=40
        )
