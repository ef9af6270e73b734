"""Files of your own on the command line: trained on, trained on again from the recipe, evaluated."""

import json
import sys

import numpy as np
import pytest

from deepbio.cli.main import main


@pytest.fixture
def run(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["deepbio", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return ended.value.code or 0, printed.out, printed.err

    return run


def _table(path):
    draw = np.random.default_rng(0)
    rows = [
        f"p{i % 40},{draw.normal() + i % 2:.3f},{'ill' if i % 2 else 'well'},fever on day {i}\n" for i in range(160)
    ]
    path.write_text("patient,level,diagnosis,note\n" + "".join(rows))


def test_a_table_is_trained_on_and_again_and_evaluated(run, tmp_path):
    _table(tmp_path / "visits.csv")
    own = ("--table", "visits.csv", "--label", "diagnosis", "--group", "patient", "--positive", "ill")
    code, _, err = run("fit", "mlp", *own, "--data", "features=[level]", "--epochs", 2, "--quiet")
    assert code == 0, err
    code, out, err = run("evaluate", "runs/mlp-visits", "--json")
    assert code == 0, err
    assert json.loads(out)["dataset"] == "visits"
    assert err == ""
    code, _, err = run("fit", "--recipe", "runs/mlp-visits/recipe.yaml", "--out", "again", "--quiet")
    assert code == 0, err
    one, two = (json.loads((tmp_path / f / "metrics.json").read_text())["valid"] for f in ("runs/mlp-visits", "again"))
    assert one == two
    text = (tmp_path / "visits.csv").read_text()
    (tmp_path / "visits.csv").write_text(text.replace("p3,0.", "p3,9.").replace("p3,1.", "p3,8."))
    assert "not what they were at training" in run("evaluate", "again")[2]
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
    code, _, err = run("fit", "dna_cnn", *files, "--epochs", 1, "--quiet")
    assert code == 0, err
    assert run("evaluate", "runs/dna_cnn-promoter-other")[0] == 0
    (tmp_path / "twice.fa").write_text((">x\n" + "ACGT" * 5 + "\n") * 2)
    code, out, _ = run("predict", "runs/dna_cnn-promoter-other", "twice.fa")
    assert [line.split("\t")[0] for line in out.splitlines()] == ["id", "x", "x#2"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--fasta", "a.fa"), "--fasta takes CLASS=FILE"),
        (("--fasta", "a=1.fa", "--fasta", "a=2.fa"), "the class 'a' twice"),
        (("--fasta", "a=1.fa", "--table", "b.csv"), "one kind of file"),
        (("--label", "diagnosis"), "--label is for files of your own"),
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
    letters = {f"chr{i}": "".join(draw.choice(list("ACGT"), 600)) for i in range(1, 5)}
    (folder / "g.fa").write_text("".join(f">{name}\n{s}\n" for name, s in letters.items()))
    for label, shift in (("open", 0), ("closed", 10)):
        rows = (
            f"{name}\t{s + shift}\t{s + shift + 9}\tx\t{s / 7:.3f}\n" for name in letters for s in range(0, 560, 20)
        )
        (folder / f"{label}.bed").write_text("".join(rows))
    return letters


CHROMOSOMES = ("--data", "valid=chr3", "--data", "test=[chr4]", "--epochs", 1, "--quiet")


def test_windows_of_a_genome_are_trained_on_and_again(run, tmp_path):
    _genome(tmp_path)
    beds = ("--genome", "g.fa", "--bed", "closed=closed.bed", "--bed", "open=open.bed", "--length", 40)
    code, _, err = run("fit", "dna_cnn", *beds, *CHROMOSOMES)
    assert code == 0, err
    code, _, err = run("fit", "--recipe", "runs/dna_cnn-closed-open/recipe.yaml", "--out", "again", "--quiet")
    assert code == 0, err
    one, two = (
        json.loads((tmp_path / f / "metrics.json").read_text())["valid"] for f in ("runs/dna_cnn-closed-open", "again")
    )
    assert one == two
    bed = ("--genome", "g.fa", "--bed", "open.bed", "--label", "score", "--length", 40, *CHROMOSOMES[:4])
    code, _, err = run("datasets", "check", *bed)
    assert code == 0, err


def test_variants_of_a_vcf_are_trained_on(run, tmp_path):
    letters = _genome(tmp_path)
    head = '##fileformat=VCFv4.3\n##INFO=<ID=SIG,Number=1,Type=String,Description="x">\n'
    rows = [
        f"{name}\t{p}\t.\t{s[p - 1]}\t{'C' if s[p - 1] == 'A' else 'A'}\t.\t.\tSIG={'bad' if p % 2 else 'good'}\n"
        for name, s in letters.items()
        for p in range(21, 580, 9)
    ]
    (tmp_path / "a.vcf").write_text(head + "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n" + "".join(rows))
    own = ("--genome", "g.fa", "--vcf", "a.vcf", "--label", "SIG", "--length", 40, "--positive", "bad")
    code, _, err = run("fit", "dna_cnn", *own, *CHROMOSOMES)
    assert code == 0, err
    assert run("evaluate", "runs/dna_cnn-a", "--json")[0] == 0


def test_images_listed_in_a_table_are_trained_on(run, tmp_path):
    from PIL import Image

    draw = np.random.default_rng(0)
    for i in range(60):
        Image.fromarray(draw.integers(0, 60000, (8, 8), np.uint16)).save(tmp_path / f"{i}.png")
    rows = "".join(f"{i}.png,{'ill' if i % 2 else 'well'},p{i // 2}\n" for i in range(60))
    (tmp_path / "scans.csv").write_text("file,finding,patient\n" + rows)
    own = ("--table", "scans.csv", "--image", "file", "--label", "finding", "--group", "patient")
    assert "expected 8 bits a pixel" in run("fit", "image_cnn", *own)[2]
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
        (("--genome", "g.fa"), "--genome needs to know where"),
        (("--genome", "g.fa", "--bed", "a.bed"), "add --length"),
        (("--genome", "g.fa", "--bed", "a.bed", "--vcf", "a.vcf", "--length", 9), "either --bed or --vcf"),
        (("--genome", "g.fa", "--bed", "a=a.bed", "--bigwig", "a.bw", "--length", 9), "--bigwig takes one --bed FILE"),
        (("--genome", "g.fa", "--bed", "a.bed", "--bed", "b.bed", "--length", 9), "takes one file, or CLASS=FILE"),
        (("--image", "file"), "--image is for files of your own: add --table"),
        (("--images", "scans", "--window", "soft"), "--window takes CENTER,WIDTH"),
    ],
)
def test_places_that_lack_something_are_named(run, arguments, message):
    code, _, err = run("fit", "dna_cnn", *arguments)
    assert code == 2
    assert message in err
