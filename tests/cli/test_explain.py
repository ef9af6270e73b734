"""`deepbio explain`: files and a page for sequences, variants and images, and refusals before anything is computed."""

import numpy as np
import pytest
from typer.testing import CliRunner

from deepbio.cli.main import app
from deepbio.datasets import Dataset
from deepbio.datasets.build import from_arrays
from deepbio.errors import DeepbioError
from deepbio.interpret import input_x_gradient
from deepbio.sequence import decode, reverse_complement
from deepbio.training import fit
from deepbio.zoo import get_model

SEQUENCES = ">one\nCCAGCTGCATCACAGGAGGCCAGCGAGCAGGTCTGTTCCAAGGGCCTTCGAGCCAGTCTG\n>two\n" + "ACGTTGCATTGCACC" * 4 + "\n"


def run(*words):
    result = CliRunner().invoke(app, ["explain", *map(str, words)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def load(path):
    with np.load(path) as arrays:
        return dict(arrays)


def test_sequences_get_arrays_tables_pictures_and_a_page(tmp_path):
    pytest.importorskip("logomaker")
    (tmp_path / "a.fa").write_text(SEQUENCES)
    out = tmp_path / "out"
    run("dna_cnn.uci_splice", tmp_path / "a.fa", "--target", "IE", "--method", "saturation_mutagenesis", "-o", out)
    arrays = load(out / "attributions.npz")
    assert arrays["attributions"].shape == (2, 60, 4)
    assert arrays["names"].tolist() == ["one", "two"]
    assert load(out / "hypothetical.npz")["arr_0"].shape == (2, 4, 60)
    lines = (out / "attributions.bedgraph").read_text().splitlines()
    name, start, end, value = lines[0].split("\t")
    assert (name, int(end) - int(start)) == ("one", 1)
    assert float(value) == pytest.approx(arrays["attributions"][0, int(start)].sum(), rel=1e-4)
    track = pytest.importorskip("pybigtools").open(out / "attributions.bw")
    np.testing.assert_allclose(
        track.values("two", 0, 60, fillna=None), arrays["attributions"][1].sum(axis=-1), rtol=1e-5, atol=1e-7
    )
    page = (out / "explanation.html").read_text()
    assert page.count("<section") == 2
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert (out / "2.png").stat().st_size > 5000


def test_names_of_regions_are_places_on_the_genome_and_pictures_are_svg(tmp_path):
    pytest.importorskip("logomaker")
    names = iter(("chr2:1000-1060", "chr2:1030-1090(-)"))
    lines = [f">{next(names)}" if line[0] == ">" else line for line in SEQUENCES.splitlines()]
    (tmp_path / "a.fa").write_text("\n".join(lines) + "\n")
    out = tmp_path / "out"
    run(
        "dna_cnn.uci_splice",
        tmp_path / "a.fa",
        "--target",
        "IE",
        "--method",
        "input_x_gradient",
        "--pictures",
        "svg",
        "-o",
        out,
    )
    first, second = load(out / "attributions.npz")["attributions"].sum(axis=-1)
    expected = np.concatenate([first[:30], (first[30:] + second[::-1][:30]) / 2, second[::-1][30:]])
    track = pytest.importorskip("pybigtools").open(out / "attributions.bw")
    np.testing.assert_allclose(track.values("chr2", 1000, 1090, fillna=None), expected, rtol=1e-5, atol=1e-7)
    assert (out / "1.svg").read_text().lstrip().startswith("<?xml")
    assert not (out / "1.png").exists()


def test_variants_get_pairs_of_logos(tmp_path):
    pytest.importorskip("logomaker")
    random = np.random.Generator(np.random.Philox(0))
    genome = "".join(random.choice(list("ACGT"), 300))
    (tmp_path / "g.fa").write_text(f">chr1\n{genome}\n")
    new = "A" if genome[149] != "A" else "C"
    vcf = "##fileformat=VCFv4.2\n##contig=<ID=chr1>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    vcf += f"chr1\t150\t.\t{genome[149]}\t{new}\t.\t.\t.\nchr1\t100\t.\t{genome[99]}\t<DEL>\t.\t.\t.\n"
    (tmp_path / "v.vcf").write_text(vcf)
    out = tmp_path / "out"
    run(
        "dna_cnn.uci_splice", "--vcf", tmp_path / "v.vcf", "--genome", tmp_path / "g.fa", "--target", "EI",
        "--method", "input_x_gradient", "-o", out,
    )  # fmt: skip
    reference, alternate = (load(out / name / "attributions.npz")["codes"][0] for name in ("reference", "alternate"))
    assert np.flatnonzero(reference != alternate).tolist() == [30]
    page = (out / "explanation.html").read_text()
    assert "an allele is no sequence" in page
    assert (out / "variant_1.png").exists()


def test_images_get_overlays(tmp_path):
    from PIL import Image

    pixels = np.random.Generator(np.random.Philox(0)).integers(0, 256, (28, 28)).astype(np.uint8)
    (tmp_path / "in").mkdir()
    Image.fromarray(pixels).save(tmp_path / "in" / "x.png")
    run("image_cnn.pneumoniamnist", tmp_path / "in", "-o", tmp_path / "out")
    assert load(tmp_path / "out" / "attributions.npz")["attributions"].shape == (1, 28, 28)
    assert (tmp_path / "out" / "1.png").exists()


def test_a_word_of_a_note_is_no_formula_of_a_spreadsheet(tmp_path):
    rows = "".join(f"p{i},= fever @ {chr(97 + i % 26)}{chr(97 + i // 26)},{'ab'[i % 2]}\n" for i in range(60))
    (tmp_path / "a.csv").write_text(f"patient,note,dx\n{rows}")
    data = Dataset.from_csv(tmp_path / "a.csv", text="note", label="dx", group="patient")  # type: ignore
    fit(get_model("bag_of_words", dataset=data), data, out=tmp_path / "run", epochs=1, verbose=False)
    (tmp_path / "new.txt").write_text("= fever @ aa\n")
    run(tmp_path / "run", tmp_path / "new.txt", "--method", "occlusion", "-o", tmp_path / "out")
    lines = (tmp_path / "out" / "words.tsv").read_text().splitlines()
    assert [line.split("\t")[2] for line in lines] == ["word", "'=", "fever", "'@", "[UNK]"]
    run(tmp_path / "run", tmp_path / "new.txt", "--method", "opposites", "-o", tmp_path / "opposites")
    assert len((tmp_path / "opposites" / "words.tsv").read_text().splitlines()) == len(lines)


def test_a_sequence_of_n_alone_gets_an_empty_logo(tmp_path):
    pytest.importorskip("logomaker")
    (tmp_path / "n.fa").write_text(">n\n" + "N" * 60 + "\n")
    words = ("--target", "IE", "--method", "saturation_mutagenesis", "-o", tmp_path / "out")
    run("dna_cnn.uci_splice", tmp_path / "n.fa", *words)
    arrays = load(tmp_path / "out" / "attributions.npz")
    assert not arrays["attributions"].any()
    assert np.abs(arrays["hypothetical"]).max() > 0.01
    assert (tmp_path / "out" / "1.png").exists()


def test_a_longer_sequence_is_cropped_around_its_middle_on_request(tmp_path):
    pytest.importorskip("logomaker")
    bases = SEQUENCES.splitlines()[1]
    (tmp_path / "long.fa").write_text(f">long\n{bases[:30]}{bases.lower()}{bases[30:]}\n")
    words = (
        "dna_cnn.uci_splice",
        tmp_path / "long.fa",
        "--target",
        "IE",
        "--method",
        "saliency",
        "-o",
        tmp_path / "out",
    )
    with pytest.raises(DeepbioError, match="--length 60"):
        run(*words)
    run(*words, "--length", 60)
    assert decode(load(tmp_path / "out" / "attributions.npz")["codes"]) == [bases]


def test_a_label_that_is_a_number_is_not_taken_for_an_index(tmp_path):
    pytest.importorskip("logomaker")
    random = np.random.Generator(np.random.Philox(3))
    x, y = random.integers(0, 4, (60, 60)).astype(np.uint8), np.arange(60) % 3
    data = from_arrays(x, y, modality="dna", labels=("2", "0", "1"), name="grades")
    fit(get_model("deepbind", dataset=data), data, out=tmp_path / "run", epochs=1, verbose=False)
    (tmp_path / "a.fa").write_text(SEQUENCES)
    run(tmp_path / "run", tmp_path / "a.fa", "--target", "1", "--method", "input_x_gradient", "-o", tmp_path / "out")
    found = load(tmp_path / "out" / "attributions.npz")
    expected = [
        input_x_gradient(get_model(str(tmp_path / "run")), found["codes"], target=index).sum(axis=-1)
        for index in (1, 2)
    ]
    np.testing.assert_allclose(found["attributions"].sum(axis=-1), expected[1], atol=1e-6)
    assert np.abs(expected[0] - expected[1]).max() > 1e-4


def test_an_image_of_16_bits_is_explained_with_the_window_that_the_refusal_asks_for(tmp_path):
    from PIL import Image

    pixels = np.random.Generator(np.random.Philox(0)).integers(0, 4000, (28, 28)).astype(np.uint16)
    Image.fromarray(pixels).save(tmp_path / "x.png")
    with pytest.raises(DeepbioError, match="--window CENTER,WIDTH"):
        run("image_cnn.pneumoniamnist", tmp_path / "x.png", "-o", tmp_path / "out")
    run("image_cnn.pneumoniamnist", tmp_path / "x.png", "--window", "2000,4000", "-o", tmp_path / "out")
    assert load(tmp_path / "out" / "attributions.npz")["attributions"].max() == pytest.approx(1)


def test_windows_of_a_genome_are_placed_where_their_bases_are_on_either_strand(tmp_path):
    pytest.importorskip("logomaker")
    genome = "".join(np.random.Generator(np.random.Philox(2)).choice(list("ACGT"), 400))
    (tmp_path / "g.fa").write_text(f">chr1\n{genome}\n")
    (tmp_path / "b.bed").write_text("chr1\t100\t160\tone\nchr1\t220\t224\ttwo\t0\t-\n")
    words = ("--genome", tmp_path / "g.fa", "--target", "IE", "--method", "input_x_gradient", "-o", tmp_path / "out")
    run("dna_cnn.uci_splice", tmp_path / "b.bed", *words)
    found = load(tmp_path / "out" / "attributions.npz")
    track = pytest.importorskip("pybigtools").open(tmp_path / "out" / "attributions.bw")
    for codes, values, name in zip(found["codes"], found["attributions"].sum(axis=-1), found["names"], strict=True):
        start = int(name.split(":")[1].split("-")[0])
        minus = name.endswith("(-)")
        assert genome[start : start + 60] == decode(reverse_complement(codes) if minus else codes)
        on_genome = values[::-1] if minus else values
        np.testing.assert_allclose(
            track.values("chr1", start, start + 60, fillna=None), on_genome, rtol=1e-5, atol=1e-7
        )
    assert [name.endswith("(-)") for name in found["names"]] == [False, True]


def test_a_vcf_is_named_as_a_file_too(tmp_path):
    pytest.importorskip("logomaker")
    (tmp_path / "g.fa").write_text(f">chr1\n{'ACGT' * 50}\n")
    header = "##fileformat=VCFv4.2\n##contig=<ID=chr1>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    (tmp_path / "v.vcf").write_text(f"{header}chr1\t101\t.\tA\tG\t.\t.\t.\n")
    words = ("--genome", tmp_path / "g.fa", "--target", "EI", "--method", "saliency", "-o", tmp_path / "out")
    run("dna_cnn.uci_splice", tmp_path / "v.vcf", *words)
    assert (tmp_path / "out" / "variant_1.png").exists()
    with pytest.raises(DeepbioError, match="--length is not for variants"):
        run("dna_cnn.uci_splice", tmp_path / "v.vcf", *words, "--length", 30)
    with pytest.raises(DeepbioError, match="either a file or --vcf"):
        run("dna_cnn.uci_splice", tmp_path / "v.vcf", *words, "--vcf", tmp_path / "v.vcf")


def test_a_bag_of_words_is_explained_by_occlusion_by_default(tmp_path):
    other = [f"{a}{b}" for a in "abcdef" for b in "ghijklmnop"]
    rows = "".join(f"p{i},{('rash', 'fever')[i % 2]} {word},{'ab'[i % 2]}\n" for i, word in enumerate(other))
    (tmp_path / "a.csv").write_text(f"patient,note,dx\n{rows}")
    data = Dataset.from_csv(tmp_path / "a.csv", text="note", label="dx", group="patient")  # type: ignore
    fit(get_model("bag_of_words", dataset=data, seed=0), data, out=tmp_path / "run", epochs=40, verbose=False)
    run(tmp_path / "run", tmp_path / "a.csv", "--limit", 2, "--target", "a", "-o", tmp_path / "out")
    assert "occlusion" in (tmp_path / "out" / "explanation.html").read_text()
    lines = [line.split("\t") for line in (tmp_path / "out" / "words.tsv").read_text().splitlines()[1:]]
    values = {word: float(value) for _, _, word, value in lines}
    assert values["fever"] < values["rash"]
    with pytest.raises(DeepbioError, match="--method occlusion"):
        run(tmp_path / "run", tmp_path / "a.csv", "--method", "integrated_gradients", "-o", tmp_path / "out")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("image_cnn.pneumoniamnist", "x.png", "--motifs", "jaspar", "-o", "out"), "--motifs is for models of dna"),
        (("image_cnn.pneumoniamnist", "x.png", "--background", "a.csv", "-o", "out"), "--background is for models of table"),
        (("dna_cnn.uci_splice", "a.fa", "--background", "a.csv", "--target", "IE", "-o", "out"), "--background is for"),
        (("dna_cnn.uci_splice", "a.fa", "--motifs", "jaspr", "--target", "IE", "-o", "out"), "or 'jaspar'"),
        (("dna_cnn.uci_splice", "--genome", "g.fa", "-o", "out"), "belong together"),
        (("dna_cnn.uci_splice", "--vcf", "v.vcf", "--genome", "g.fa", "-o", "out"), "Expected a VCF at v.vcf; there is none"),
    ],
)  # fmt: skip
def test_an_option_without_effect_is_refused_before_a_folder_is_made(words, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.fa").write_text(SEQUENCES)
    with pytest.raises(DeepbioError, match=message):
        run(*words)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("dna_cnn.uci_splice", "a.fa"), "-o DIR"),
        (("dna_cnn.uci_splice", "-o", "out"), "Expected either a file or --vcf"),
        (("dna_cnn.uci_splice", "--vcf", "v.vcf", "-o", "out"), "belong together"),
        (("dna_cnn.uci_splice", "a.fa", "-o", "out"), "3 outputs"),
        (("dna_cnn.uci_splice", "a.fa", "--target", "IF", "-o", "out"), "no label 'IF'"),
        (("dna_cnn.uci_splice", "a.fa", "--target", "IE", "--method", "deeplift", "-o", "out"), "deep_lift_shap"),
        (("dna_cnn.uci_splice", "a.fa", "--target", "0", "--position", "3", "-o", "out"), "no positions"),
        (("dna_cnn.uci_splice", "a.fa", "--target", "IE", "--pictures", "pdf", "-o", "out"), "png or svg"),
        (("dna_cnn", "a.fa", "-o", "out"), "architecture without weights"),
    ],
)
def test_what_cannot_be_explained_is_refused(words, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.fa").write_text(SEQUENCES)
    with pytest.raises(DeepbioError, match=message):
        run(*words)
