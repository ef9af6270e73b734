"""Predictions over a genome: equal to those of each window, the same bytes for any batch, and files that browsers read."""

import io
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from deepbio.errors import DataError, ModelError
from deepbio.genome import GenomeWindows, open_genome, read_bed
from deepbio.genome.windows import padded
from deepbio.inference import predict, predict_genome
from deepbio.sequence import decode, reverse_complement
from deepbio.specs import Task
from deepbio.zoo import describe, get_model
from deepbio.zoo.preset import save_preset
from deepbio.zoo.record import attach

N = slice(700, 1000)  # of chr2


def _codes():
    codes = np.random.Generator(np.random.Philox(7)).integers(0, 4, 2000).astype(np.uint8)
    codes[N] = 4
    return codes


@pytest.fixture(scope="module")
def fasta(tmp_path_factory):
    """chr2 of 2,000 bases, 300 of them N, before chr1 of 333 bases."""
    path = tmp_path_factory.mktemp("genome") / "g.fa"
    codes = _codes()
    path.write_text(f">chr2\n{decode(codes[None])[0]}\n>chr1\n{decode(codes[None, :333])[0]}\n", encoding="ascii")
    return path


def _random(model, task):
    random = np.random.Generator(np.random.Philox(1))
    for weight in model.weights:
        if not weight.path.endswith(("moving_variance", "gamma", "seed_generator_state")):
            weight.assign(random.normal(0, np.prod(weight.shape[:-1]) ** -0.5 / 2, weight.shape))
    return attach(model, replace(describe(model), task=task))


@pytest.fixture(scope="module")
def classes():
    return _random(get_model("dna_cnn", input_shape=60, outputs=3, seed=0), Task.classify(["a", "b", "c"]))


@pytest.fixture(scope="module")
def profile():
    """A small bpnet on two tracks."""
    sizes = {"filters": 4, "num_layers": 2, "kernel_size": 11, "profile_kernel_size": 21}
    return _random(
        get_model("bpnet", input_shape=150, outputs=2, seed=0, **sizes), Task("profile", 2, ("plus", "minus"))
    )


@pytest.fixture(scope="module")
def sites():
    """SpliceAI's smallest network: 181 bases in, 101 out."""
    model = get_model("spliceai_80nt", input_shape=181, outputs=3, seed=0)
    return _random(model, Task("per_position", 3, ("none", "acceptor", "donor")))


def table(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    header, *rows = [line.split("\t") for line in lines if not line.startswith(("#", "track"))]
    return header, rows


def bedgraph(path):
    """Return chromosome, start, end and value of each line."""
    header, rows = table(path)
    return [(name, int(start), int(end), float(value)) for name, start, end, value in [header, *rows]]


def per_base(rows, name, size):
    """Return a value per base, NaN where there is none; no base may have two."""
    found = np.full(size, np.nan)
    for chromosome, start, end, value in rows:
        if chromosome == name:
            assert np.isnan(found[start:end]).all()
            found[start:end] = value
    return found


def write_bed(path, *rows):
    path.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows), encoding="utf-8")
    return path


def test_the_tiles_of_a_classifier_are_its_predictions_of_centered_windows(fasta, classes, tmp_path):
    done = predict_genome(classes, fasta, tmp_path / "a.tsv", tile=True, stride=50)
    header, rows = table(tmp_path / "a.tsv")
    assert header == ["id", "label", "p_a", "p_b", "p_c"]
    starts = [start for start in range(0, 2000, 50) if not (start - 5 >= N.start and start + 55 <= N.stop)]
    assert [row[0] for row in rows[:1]] == ["chr2:0-50"]
    assert done.left_out == 40 - len(starts)
    assert done.windows == len(rows) == len(starts) + 7
    windows = np.stack([padded(_codes(), start - 5, start + 55) for start in starts])
    expected = predict(classes, windows)
    found = np.array([row[2:] for row in rows if row[0].startswith("chr2")], float)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_windows_of_a_bed_are_those_of_predict_on_their_own_strands(fasta, classes, tmp_path):
    bed = write_bed(tmp_path / "a.bed", ("2", 100, 131, "x", 0, "-"), ("NC_000001.11", 5, 9, "y", 0, "+"))
    predict_genome(classes, fasta, tmp_path / "a.tsv", bed=bed)
    _, rows = table(tmp_path / "a.tsv")
    expected = predict(classes, GenomeWindows(open_genome(fasta), read_bed(bed), length=60))
    np.testing.assert_allclose(np.array([row[2:] for row in rows], float), expected, atol=1e-6)
    assert [row[0] for row in rows] == ["2:100-131", "NC_000001.11:5-9"]


@pytest.mark.parametrize("kind", ["tsv", "bedgraph", "bw"])
def test_every_base_has_the_value_of_the_window_that_is_centered_on_its_tile(fasta, sites, tmp_path, kind):
    predict_genome(sites, fasta, tmp_path / f"a.{kind}", tile=True, chromosomes=["1"], outputs=["donor"])
    if kind == "tsv":
        _, rows = table(tmp_path / "a.tsv")
        found = np.array([row[3] for row in rows], float)
    elif kind == "bedgraph":
        found = per_base(bedgraph(tmp_path / "a.bedgraph"), "chr1", 333)
    else:
        pybigtools = pytest.importorskip("pybigtools")
        found = np.asarray(pybigtools.open(str(tmp_path / "a.bw")).values("chr1", 0, 333, fillna=None))
    codes = _codes()[:333]
    expected = np.concatenate(
        [predict(sites, padded(codes, start - 40, start + 141)[None])[0, :, 2] for start in range(0, 333, 101)]
    )[:333]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_profile_of_an_interval_lies_around_its_center_on_either_strand(fasta, profile, tmp_path):
    bed = write_bed(tmp_path / "a.bed", ("chr2", 300, 401, "x", 0, "+"), ("chr2", 500, 601, "y", 0, "-"))
    positions = profile.output_shape[1]
    done = predict_genome(profile, fasta, tmp_path / "a.bedgraph", bed=bed)
    assert [path.name for path in done.paths] == ["a.plus.bedgraph", "a.minus.bedgraph"]
    expected = predict(profile, GenomeWindows(open_genome(fasta), read_bed(bed), length=150))
    before = 75 - positions // 2
    for k, path in enumerate(done.paths):
        found = per_base(bedgraph(path), "chr2", 2000)
        first = 350 - 75 + before
        np.testing.assert_allclose(found[first : first + positions], expected[0, :, k], atol=1e-6)
        first = 550 - 74 + (150 - positions - before)
        np.testing.assert_allclose(found[first : first + positions], expected[1, ::-1, k], atol=1e-6)
        assert np.isfinite(found).sum() == 2 * positions


def test_expected_counts_are_the_exponentials_of_the_outputs(fasta, profile, tmp_path):
    bed = write_bed(tmp_path / "a.bed", ("chr2", 300, 401))
    predict_genome(profile, fasta, tmp_path / "a.bedgraph", bed=bed, outputs=["minus"], expected_counts=True)
    window = padded(_codes(), 350 - 75, 350 + 75)[None]
    expected = np.exp(np.asarray(profile(window))[0, :, 1])
    found = [value for *_, value in bedgraph(tmp_path / "a.bedgraph")]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("name", ["classes", "profile"])
def test_both_strands_are_averaged_as_by_test_time_augmentation(fasta, name, tmp_path, request):
    model = request.getfixturevalue(name)
    predict_genome(model, fasta, tmp_path / "a.tsv", tile=True, chromosomes=["chr1"], strands="both")
    length, positions = model.input_shape[1], 60 if name == "classes" else model.output_shape[1]
    starts = range(0, 333, positions)
    windows = np.stack(
        [
            padded(_codes()[:333], s + positions // 2 - length // 2, s + positions // 2 + length - length // 2)
            for s in starts
        ]
    )
    expected = predict(model, windows, tta="reverse_complement")
    _, rows = table(tmp_path / "a.tsv")
    found = np.array([row[2:] if name == "classes" else row[3:] for row in rows], float)
    np.testing.assert_allclose(found, expected if name == "classes" else expected.reshape(-1, 2)[:333], atol=1e-6)
    assert "# strands: both, the average" in (tmp_path / "a.tsv").read_text(encoding="utf-8")


def test_the_reverse_strand_is_written_at_the_positions_of_the_plus_strand(fasta, sites, tmp_path):
    predict_genome(
        sites, fasta, tmp_path / "a.bedgraph", tile=True, chromosomes=["1"], outputs=["donor"], strands="reverse"
    )
    window = padded(_codes()[:333], -40, 141)
    expected = predict(sites, reverse_complement(window[None]))[0, ::-1, 2]
    np.testing.assert_allclose(per_base(bedgraph(tmp_path / "a.bedgraph"), "chr1", 333)[:101], expected, atol=1e-6)


@pytest.mark.parametrize("kind", ["tsv", "bed", "bedgraph", "bw"])
def test_the_bytes_do_not_depend_on_the_size_of_a_batch(fasta, classes, tmp_path, kind):
    found = []
    for size in (1, 7, 300, 5000):
        done = predict_genome(
            classes, fasta, tmp_path / f"{size}.{kind}", tile=True, stride=3, strands="both", batch_size=size
        )
        found.append([path.read_bytes() for path in done.paths])
    assert all(other == found[0] for other in found[1:])


def test_a_bigwig_has_the_values_of_predict_in_single_precision(fasta, classes, tmp_path):
    pybigtools = pytest.importorskip("pybigtools")
    bed = write_bed(tmp_path / "a.bed", ("chr1", 60, 90), ("chr2", 500, 510), ("chr2", 20, 30))
    predict_genome(classes, fasta, tmp_path / "a.bw", bed=bed, outputs=["c"])
    file = pybigtools.open(str(tmp_path / "a.bw"))
    expected = predict(classes, GenomeWindows(open_genome(fasta), read_bed(bed), length=60))[:, 2]
    assert dict(file.chroms()) == {"chr1": 333, "chr2": 2000}
    assert [record[:2] for record in file.records("chr2")] == [(20, 30), (500, 510)]
    values = [value for name in ("chr1", "chr2") for *_, value in file.records(name)]
    np.testing.assert_allclose(values, expected[[0, 2, 1]], atol=1e-6)


def test_a_bed_has_the_label_and_its_probability_and_a_track_line(fasta, classes, tmp_path):
    bed = write_bed(tmp_path / "i.bed", ("chr1", 60, 90, "x", 0, "-"))
    predict_genome(classes, fasta, tmp_path / "a.bed", bed=bed)
    p = predict(classes, GenomeWindows(open_genome(fasta), read_bed(bed), length=60))[0]
    *_, track, line = (tmp_path / "a.bed").read_text(encoding="utf-8").splitlines()
    assert track.startswith('track name="')
    assert line == f"chr1\t60\t90\t{'abc'[p.argmax()]}\t{round(1000 * p.max())}\t-"


def test_tiles_of_intervals_cover_overlapping_ones_once(fasta, sites, tmp_path):
    bed = write_bed(tmp_path / "a.bed", ("chr2", 30, 60), ("1", 5, 9), ("chr2", 10, 40), ("chr2", 90, 90))
    predict_genome(sites, fasta, tmp_path / "a.bedgraph", bed=bed, tile=True, outputs=["donor"])
    rows = bedgraph(tmp_path / "a.bedgraph")
    assert np.flatnonzero(np.isfinite(per_base(rows, "chr2", 2000))).tolist() == list(range(10, 60))
    assert np.flatnonzero(np.isfinite(per_base(rows, "chr1", 333))).tolist() == [5, 6, 7, 8]


def test_a_splice_model_takes_longer_windows_and_a_model_that_depends_on_them_does_not(fasta, sites, profile, tmp_path):
    save_preset(sites, tmp_path / "sites")
    save_preset(profile, tmp_path / "profile")
    for length in (None, 281):
        predict_genome(
            tmp_path / "sites", fasta, tmp_path / f"{length}.bedgraph", tile=True, outputs=["donor"], length=length
        )
    short, long = (per_base(bedgraph(tmp_path / f"{name}.bedgraph"), "chr2", 2000) for name in (None, 281))
    both = np.isfinite(short)
    assert short[both].std() > 0.005  # the outputs differ from base to base
    np.testing.assert_allclose(long[both], short[both], atol=1e-5)
    with pytest.raises(ModelError, match="depend on the length of its windows, 150"):
        predict_genome(tmp_path / "profile", fasta, tmp_path / "b.tsv", tile=True, length=250)


def test_windows_with_much_n_are_left_out_on_demand(fasta, classes, tmp_path):
    strict = predict_genome(classes, fasta, tmp_path / "a.tsv", tile=True, stride=10, max_n=1e-9)
    _, rows = table(tmp_path / "a.tsv")
    inside = [int(row[0].split(":")[1].split("-")[0]) for row in rows if row[0].startswith("chr2")]
    windows = np.stack([padded(_codes(), start - 25, start + 35) for start in inside])
    assert strict.left_out == 200 + 34 - len(rows)
    assert (windows < 4).all()


def test_a_table_can_be_a_stream(fasta, classes):
    text = io.StringIO()
    predict_genome(classes, fasta, text, tile=True, chromosomes=["chr1"], comments=False)
    assert text.getvalue().startswith("id\tlabel\tp_a\tp_b\tp_c\nchr1:0-60\t")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"tile": True, "stride": 61}, DataError, "stride is 1 to 60"),
        ({"tile": True, "chromosomes": ["chr3"]}, DataError, "no record 'chr3'"),
        ({"tile": True, "chromosomes": ["1", "chr1"]}, DataError, "chr1 is named twice"),
        ({"tile": True, "max_n": 0}, DataError, "fraction above 0"),
        ({"tile": True, "strands": "bth"}, DataError, "both"),
        ({"tile": True, "outputs": ["d"]}, DataError, "no output 'd'"),
        ({"tile": True, "expected_counts": True}, ModelError, "bpnet"),
        ({"tile": True, "summit": True}, DataError, "summit is no option of tiles"),
        ({}, DataError, "Expected intervals"),
    ],
)
def test_what_cannot_be_right_is_refused_and_nothing_is_written(fasta, classes, tmp_path, options, error, message):
    with pytest.raises(error, match=message):
        predict_genome(classes, fasta, tmp_path / "a.bedgraph", **options)
    assert list(tmp_path.iterdir()) == []


def test_overlapping_intervals_are_no_track(fasta, classes, tmp_path):
    bed = write_bed(tmp_path / "a.bed", ("chr2", 10, 40), ("2", 39, 60))
    with pytest.raises(DataError, match=r"chr2:10-40 overlaps chr2:39-60"):
        predict_genome(classes, fasta, tmp_path / "a.bw", bed=bed)
    assert [path.name for path in tmp_path.iterdir()] == ["a.bed"]


def test_intervals_longer_than_the_window_are_counted_in_a_warning(fasta, classes, tmp_path, caplog):
    bed = write_bed(tmp_path / "a.bed", ("chr2", 10, 70), ("chr2", 100, 161), ("chr2", 300, 600))
    predict_genome(classes, fasta, tmp_path / "a.tsv", bed=bed)
    assert "2 of 3 intervals are longer than the windows of the model, 60 bases" in caplog.text
    caplog.clear()
    predict_genome(classes, fasta, tmp_path / "b.tsv", bed=bed, tile=True)
    assert caplog.text == ""


def test_splice_sites_of_both_strands_are_not_averaged(fasta, sites, tmp_path):
    with pytest.raises(ModelError, match="strands='reverse'"):
        predict_genome(sites, fasta, tmp_path / "a.bw", tile=True, strands="both")


def test_a_genome_of_n_alone_is_refused_and_no_file_is_left(classes, tmp_path):
    (tmp_path / "n.fa").write_text(">1\n" + "N" * 200 + "\n", encoding="ascii")
    with pytest.raises(DataError, match="nothing to predict"):
        predict_genome(classes, tmp_path / "n.fa", tmp_path / "a.bw", tile=True)
    assert [path.name for path in tmp_path.iterdir()] == ["n.fa"]


@pytest.mark.slow
def test_the_bytes_do_not_depend_on_the_number_of_devices(fasta, classes, tmp_path):
    save_preset(classes, tmp_path / "preset")
    code = (
        "import sys; from deepbio.inference import predict_genome; "
        "predict_genome(sys.argv[1], sys.argv[2], sys.argv[3], tile=True, stride=7, strategy=sys.argv[4])"
    )
    for strategy in ("cpu:1", "cpu:2", "cpu:3"):
        arguments = (tmp_path / "preset", fasta, tmp_path / f"{strategy}.tsv", strategy)
        subprocess.run([sys.executable, "-c", code, *map(str, arguments)], check=True, capture_output=True)
    one, two, three = ((tmp_path / f"cpu:{n}.tsv").read_bytes() for n in (1, 2, 3))
    assert one == two == three
