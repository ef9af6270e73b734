"""The options "Your own data": files are trained on, trained on again from the recipe, evaluated and predicted."""

import json

import numpy as np
import pytest
from PIL import Image


def _table(path):
    draw = np.random.default_rng(0)
    rows = [
        f"p{i % 40},{draw.normal() + i % 2:.3f},{'ill' if i % 2 else 'well'},fever on day {i}\n" for i in range(160)
    ]
    path.write_text("patient,level,diagnosis,note\n" + "".join(rows))


def test_a_table_is_trained_on_and_again_and_evaluated(run, tmp_path):
    _table(tmp_path / "visits.csv")
    own = ("--table", "visits.csv", "--label", "diagnosis", "--group", "patient", "--positive", "ill")
    code, _, err = run("fit", "logistic", *own, "--data", "features=[level]", "--epochs", 1, "--quiet")
    assert code == 0, err
    code, out, err = run("evaluate", "runs/logistic-visits", "--json")
    assert code == 0, err
    assert json.loads(out)["dataset"] == "visits"
    assert err == ""
    code, _, err = run("fit", "--recipe", "runs/logistic-visits/recipe.yaml", "--out", "again", "--quiet")
    assert code == 0, err
    one, two = (
        json.loads((tmp_path / f / "metrics.json").read_text())["valid"] for f in ("runs/logistic-visits", "again")
    )
    assert one == two
    text = (tmp_path / "visits.csv").read_text()
    (tmp_path / "visits.csv").write_text(text.replace("p3,0.", "p3,9.").replace("p3,1.", "p3,8."))
    assert "have changed since training" in run("evaluate", "again")[2]
    (tmp_path / "visits.csv").rename(tmp_path / "moved.csv")
    code, _, err = run("evaluate", "again")
    assert code == 2
    assert "Expected a file at visits.csv" in err
    assert run("evaluate", "again", "--data", "csv=moved.csv")[0] == 0


def test_fasta_files_are_trained_on(run, tmp_path):
    draw = np.random.default_rng(0)
    for label in "ab":
        rows = (f">chr{i % 10}:{i}\n{''.join(draw.choice(list('ACGT'), 20))}\n" for i in range(40))
        (tmp_path / f"{label}.fa").write_text("".join(rows))
    files = ("--fasta", "promoter=a.fa", "--fasta", "other=b.fa", "--positive", "promoter", "--group", "^chr[0-9]+")
    code, _, err = run("fit", "logistic", *files, "--epochs", 1, "--quiet")
    assert code == 0, err
    assert run("evaluate", "runs/logistic-promoter-other")[0] == 0
    (tmp_path / "twice.fa").write_text((">x\n" + "ACGT" * 5 + "\n") * 2)
    code, out, _ = run("predict", "runs/logistic-promoter-other", "twice.fa")
    assert [line.split("\t")[0] for line in out.splitlines()] == ["id", "x", "x#2"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--fasta", "a.fa"), "--fasta takes CLASS=FILE"),
        (("--fasta", "a=1.fa", "--fasta", "a=2.fa"), "the class 'a' twice"),
        (("--fasta", "a=1.fa", "--table", "b.csv"), "one kind of file"),
        (("--label", "diagnosis"), "--label describes your own files"),
        (("xor", "--table", "a.csv"), "not both"),
        (("--table", "nowhere.csv", "--label", "y"), "Expected a file at nowhere.csv"),
        (("--images", "nowhere"), "Expected a folder at nowhere"),
        (("--npz", "nowhere.npz"), "Expected a file at nowhere.npz"),
        (("--npz", "nowhere.npz", "--label", "y"), "has no option 'label'"),
    ],
)
def test_a_mistake_is_one_message(run, arguments, message):
    code, out, err = run("fit", "mlp", *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


def _genome(folder):
    draw = np.random.default_rng(0)
    bases = {f"chr{i}": "".join(draw.choice(list("ACGT"), 600)) for i in range(1, 5)}
    (folder / "g.fa").write_text("".join(f">{name}\n{s}\n" for name, s in bases.items()))
    for label, shift in (("open", 0), ("closed", 10)):
        rows = (f"{name}\t{s + shift}\t{s + shift + 9}\tx\t{s / 7:.3f}\n" for name in bases for s in range(0, 560, 20))
        (folder / f"{label}.bed").write_text("".join(rows))
    return bases


CHROMOSOMES = ("--data", "valid=chr3", "--data", "test=[chr4]", "--epochs", 1, "--quiet")


def test_windows_of_a_genome_are_trained_on_and_again(run, tmp_path):
    _genome(tmp_path)
    beds = ("--genome", "g.fa", "--bed", "closed=closed.bed", "--bed", "open=open.bed", "--length", 40)
    code, _, err = run("fit", "logistic", *beds, *CHROMOSOMES)
    assert code == 0, err
    code, _, err = run("fit", "--recipe", "runs/logistic-closed-open/recipe.yaml", "--out", "again", "--quiet")
    assert code == 0, err
    one, two = (
        json.loads((tmp_path / f / "metrics.json").read_text())["valid"] for f in ("runs/logistic-closed-open", "again")
    )
    assert one == two
    bed = ("--genome", "g.fa", "--bed", "open.bed", "--label", "score", "--length", 40, *CHROMOSOMES[:4])
    code, _, err = run("datasets", "check", *bed)
    assert code == 0, err


def test_variants_of_a_vcf_are_trained_on(run, tmp_path):
    bases = _genome(tmp_path)
    head = '##fileformat=VCFv4.3\n##INFO=<ID=SIG,Number=1,Type=String,Description="x">\n'
    rows = [
        f"{name}\t{p}\t.\t{s[p - 1]}\t{'C' if s[p - 1] == 'A' else 'A'}\t.\t.\tSIG={'bad' if p % 2 else 'good'}\n"
        for name, s in bases.items()
        for p in range(21, 580, 9)
    ]
    (tmp_path / "a.vcf").write_text(head + "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n" + "".join(rows))
    own = ("--genome", "g.fa", "--vcf", "a.vcf", "--label", "SIG", "--length", 40, "--positive", "bad")
    code, _, err = run("fit", "logistic", *own, *CHROMOSOMES)
    assert code == 0, err
    assert run("evaluate", "runs/logistic-a", "--json")[0] == 0


def test_images_listed_in_a_table_are_trained_on(run, tmp_path):
    draw = np.random.default_rng(0)
    for i in range(60):
        Image.fromarray(draw.integers(0, 60000, (8, 8), np.uint16)).save(tmp_path / f"{i}.png")
    rows = "".join(f"{i}.png,{'ill' if i % 2 else 'well'},p{i // 2}\n" for i in range(60))
    (tmp_path / "scans.csv").write_text("file,finding,patient\n" + rows)
    own = ("--table", "scans.csv", "--image", "file", "--label", "finding", "--group", "patient")
    assert "expected 8 bits per pixel" in run("fit", "image_cnn", *own)[2]
    code, _, err = run("fit", "logistic", *own, "--window", "30000,60000", "--epochs", 1, "--quiet")
    assert code == 0, err
    assert run("evaluate", "runs/logistic-scans")[0] == 0


def test_cells_of_an_h5ad_are_trained_on(run, tmp_path):
    anndata = pytest.importorskip("anndata", reason="needs the extra 'data'")
    import pandas as pd

    obs = pd.DataFrame(
        {"type": ["B", "T"] * 30, "donor": [f"d{i // 3}" for i in range(60)]}, index=[f"c{i}" for i in range(60)]
    )
    anndata.AnnData(np.random.default_rng(0).random((60, 4)).astype(np.float32), obs=obs).write_h5ad(
        tmp_path / "blood.h5ad"
    )
    code, _, err = run(
        "fit", "logistic", "--h5ad", "blood.h5ad", "--label", "type", "--group", "donor", "--epochs", 1, "--quiet"
    )
    assert code == 0, err
    assert run("evaluate", "runs/logistic-blood")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--bed", "a.bed"), "add --genome"),
        (("--genome", "g.fa"), "--genome needs regions"),
        (("--genome", "g.fa", "--bed", "a.bed"), "on the command line --length 200"),
        (("--genome", "g.fa", "--bed", "a.bed", "--vcf", "a.vcf", "--length", 9), "either --bed or --vcf"),
        (("--genome", "g.fa", "--bed", "a=a.bed", "--bigwig", "a.bw", "--length", 9), "--bigwig takes one --bed FILE"),
        (("--genome", "g.fa", "--bed", "a.bed", "--bed", "b.bed", "--length", 9), "takes one file, or CLASS=FILE"),
        (("--image", "file"), "--image describes your own files: add --table"),
        (("--images", "scans", "--window", "soft"), "--window takes CENTER,WIDTH"),
    ],
)
def test_regions_without_genome_or_length_are_reported(run, arguments, message):
    code, _, err = run("fit", "dna_cnn", *arguments)
    assert code == 2
    assert message in err


def test_a_model_is_evaluated_on_other_files_whole_or_on_a_split(run, tmp_path):
    _table(tmp_path / "visits.csv")
    own = ("--label", "diagnosis", "--group", "patient", "--positive", "ill")
    code, _, err = run(
        "fit", "logistic", "--table", "visits.csv", *own, "--data", "features=[level]", "--epochs", 2, "--quiet"
    )
    assert code == 0, err
    rows = [
        (f"q{i}", (-1) ** i * (1.5 + i / 100), "well" if i % 2 else "ill", "x") for i in range(40)
    ]  # other order of classes
    (tmp_path / "other.csv").write_text(
        "patient,level,diagnosis,note\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)
    )
    other = ("--table", "other.csv", "--label", "diagnosis", "--json")
    code, out, err = run("evaluate", "runs/logistic-visits", *other, "--positive", "well", "--group", "patient")
    assert code == 0, err
    found = json.loads(out)
    assert (found["dataset"], found["split"], found["examples"]) == ("other", "all", 40)
    assert found["labels"] == ["well", "ill"]
    assert np.trace(found["confusion"]) == 40 * found["metrics"]["accuracy"]["value"]
    code, out, err = run("evaluate", "runs/logistic-visits", *other, "--split", "test", "--group", "patient")
    assert code == 0, err
    assert 0 < json.loads(out)["examples"] < 40
    (tmp_path / "third.csv").write_text((tmp_path / "other.csv").read_text().replace("well", "healthy"))
    code, _, err = run("evaluate", "runs/logistic-visits", "--table", "third.csv", "--label", "diagnosis")
    assert code == 2
    assert "The model predicts well, ill; the file also has healthy" in err


def test_notes_are_evaluated_and_predicted_with_the_tokenizer_of_the_model(run, tmp_path):
    symptoms = {"flu": "fever and cough today", "hives": "itchy rash on the arms"}
    rows = [f"n{i},{label},{symptoms[label]} for {i} days\n" for i in range(60) for label in symptoms]
    (tmp_path / "notes.csv").write_text("name,diagnosis,note\n" + "".join(rows))
    own = ("--table", "notes.csv", "--text", "note", "--label", "diagnosis")
    code, _, err = run("fit", "bag_of_words", *own, "--epochs", 30, "--quiet")
    assert code == 0, err
    (tmp_path / "more.csv").write_text(
        "diagnosis,note\n"
        + "".join(f"{label},new words then {symptoms[label]} {i}\n" for i in range(20) for label in symptoms)
    )
    more = ("--table", "more.csv", "--text", "note")
    code, out, err = run("evaluate", "runs/bag_of_words-notes", *more, "--label", "diagnosis", "--json")
    assert code == 0, err
    assert json.loads(out)["metrics"]["accuracy"]["value"] > 0.9
    code, out, err = run("predict", "runs/bag_of_words-notes", *more)
    assert code == 0, err
    lines = [line.split("\t") for line in out.splitlines()[1:]]
    assert [line[0] for line in lines] == [str(i + 1) for i in range(40)]
    assert [line[1] for line in lines] == ["flu", "hives"] * 20


def test_predict_takes_files_without_labels(run, trained, tmp_path):
    from deepbio.datasets import load_dataset

    bases = np.random.default_rng(0).choice(list("ACGT"), (4, 57))
    sequences = ["".join(row) for row in bases]
    (tmp_path / "a.fa").write_text("".join(f">{i}\n{s}\n" for i, s in enumerate(sequences)))
    (tmp_path / "a.csv").write_text("name,dna\n" + "".join(f"{i},{s}\n" for i, s in enumerate(sequences)))
    (tmp_path / "long.fa").write_text("".join(f">{i}\nAC{s}GT\n" for i, s in enumerate(sequences)))
    (tmp_path / "a.bed").write_text("".join(f"g\t{57 * i}\t{57 * i + 57}\n" for i in range(4)))
    (tmp_path / "g.fa").write_text(">g\n" + "".join(sequences) + "\n")
    model = trained / "ecoli_promoters"
    code, expected, err = run("predict", model, "a.fa")
    assert code == 0, err
    values = [line.split("\t")[1:] for line in expected.splitlines()]
    for own in (
        ("--fasta", "a.fa"),
        ("--fasta", "long.fa", "--length", 57),
        ("--table", "a.csv", "--sequence", "dna", "--data", "id=name"),
        ("--genome", "g.fa", "--bed", "a.bed", "--length", 57),
    ):
        code, out, err = run("predict", model, *own)
        assert code == 0, err
        assert [line.split("\t")[1:] for line in out.splitlines()] == values, own
    x = np.asarray(load_dataset("digits").test.x)[:2]
    (tmp_path / "scans").mkdir()
    for i, image in enumerate(x):
        Image.fromarray(image[..., 0]).save(tmp_path / "scans" / f"{i}.png")
    (tmp_path / "scans.csv").write_text("file\nscans/0.png\nscans/1.png\n")
    folder, listed = (
        run("predict", trained / "digits", *own)[1].splitlines()
        for own in (("--images", "scans"), ("--table", "scans.csv", "--image", "file"))
    )
    assert len(folder) == 3
    assert [line.split("\t")[1:] for line in folder] == [line.split("\t")[1:] for line in listed]


def test_predict_takes_a_file_or_own_data_but_not_both(run, trained):
    for own in ((), ("a.csv", "--table", "b.csv")):
        code, _, err = run("predict", trained / "xor", *own)
        assert code == 2
        assert "Expected either a file or options of your own data" in err


def test_an_archive_is_evaluated_and_predicted_and_another_kind_of_input_is_refused(run, trained, tmp_path):
    random = np.random.default_rng(0)
    arrays = {f"{part}_images": random.integers(0, 256, (20, 8, 8), np.uint8) for part in ("train", "val", "test")}
    np.savez(
        tmp_path / "a.npz", **arrays, **{f"{part}_labels": np.arange(20) % 10 for part in ("train", "val", "test")}
    )
    code, out, err = run("evaluate", trained / "digits", "--npz", "a.npz", "--json")
    assert code == 0, err
    assert json.loads(out)["examples"] == 60
    code, out, err = run("predict", trained / "digits", "--npz", "a.npz")
    assert code == 0, err
    assert len(out.splitlines()) == 61
    code, _, err = run("evaluate", trained / "ecoli_promoters", "--npz", "a.npz")
    assert code == 2
    assert "The model takes dna of shape (57,)" in err


def test_a_preview_is_drawn_of_own_files(run, tmp_path):
    random = np.random.default_rng(0)
    for label in ("well", "ill"):
        (tmp_path / "scans" / label).mkdir(parents=True)
        for i in range(20):
            Image.fromarray(random.integers(0, 256, (8, 8), np.uint8)).save(tmp_path / "scans" / label / f"{i}.png")
    code, _, err = run(
        "augment", "preview", "--images", "scans", "--augment", "flip", "-o", "sheet.png", "--columns", 2
    )
    assert code == 0, err
    assert np.asarray(Image.open(tmp_path / "sheet.png")).std() > 10
