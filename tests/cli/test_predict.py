"""`deepbio predict`: results on standard output, and files that do not fit the model."""

import gzip

import numpy as np
import pytest

from deepbio.datasets import load_dataset
from deepbio.inference import predict
from deepbio.zoo import get_model


def test_predict_reads_fasta_and_writes_tsv(run, trained, tmp_path):
    data = load_dataset("ecoli_promoters")
    letters = np.array(list("ACGTN"))
    with gzip.open(tmp_path / "my.fa.gz", "wt") as file:
        for name, row in zip("abc", np.asarray(data.test.x)[:3], strict=True):
            file.write(f">{name} first\n{''.join(letters[row])}\n")
    code, out, err = run("predict", trained / "ecoli_promoters", tmp_path / "my.fa.gz")
    assert code == 0, err
    rows = [line.split("\t") for line in out.splitlines()]
    assert rows[0] == ["id", "label", "p_not_promoter", "p_promoter"]
    assert [row[0] for row in rows[1:]] == ["a", "b", "c"]
    expected = predict(get_model(trained / "ecoli_promoters"), data.test.take([0, 1, 2]))
    np.testing.assert_allclose([float(row[3]) for row in rows[1:]], expected, rtol=1e-4)
    assert run("predict", trained / "ecoli_promoters", tmp_path / "my.fa.gz", "-o", tmp_path / "p.tsv")[0] == 0
    assert (tmp_path / "p.tsv").read_text() == out


def test_predict_reads_a_table_by_the_names_of_its_columns(run, trained, tmp_path):
    (tmp_path / "t.csv").write_text("x2,note,x1\n1.0,a,-1.0\n1.0,b,1.0\n")
    code, out, err = run("predict", trained / "xor", tmp_path / "t.csv")
    assert code == 0, err
    expected = predict(get_model(trained / "xor"), np.array([[-1, 1], [1, 1]], np.float32))
    np.testing.assert_allclose([float(line.split("\t")[3]) for line in out.splitlines()[1:]], expected, rtol=1e-4)


def test_predict_reads_an_image_folder(run, trained, tmp_path):
    from PIL import Image

    x = np.asarray(load_dataset("digits").test.x)[:2]
    (tmp_path / "images").mkdir()
    for i, image in enumerate(x):
        Image.fromarray(image[..., 0]).save(tmp_path / "images" / f"{i}.png")
    code, out, err = run("predict", trained / "digits", tmp_path / "images")
    assert code == 0, err
    expected = predict(get_model(trained / "digits"), x)
    found = np.array([line.split("\t")[2:] for line in out.splitlines()[1:]], float)
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("command", ["predict", "evaluate"])
@pytest.mark.parametrize(
    ("strategy", "message"),
    [
        ("slurm", "auto, one, mirrored or cpu:N, the devices of one machine; received 'slurm'. Divide the file"),
        ("miror", "the devices of one machine; received 'miror'."),
        ("mirrored", "'mirrored' uses every GPU, and TensorFlow sees none."),
    ],
)
def test_a_strategy_that_this_machine_does_not_have_is_refused(run, trained, tmp_path, command, strategy, message):
    (tmp_path / "t.csv").write_text("x2,x1\n1.0,-1.0\n")
    file = [tmp_path / "t.csv"] if command == "predict" else []
    code, _, err = run(command, trained / "xor", *file, "--strategy", strategy)
    assert code == 2
    assert message in " ".join(err.split())


BAD_FILES = {
    "protein letters": ("ecoli_promoters", "a.fa", b">p\nMKVLELLEF\n", "a.fa"),
    "empty FASTA": ("ecoli_promoters", "a.fa", b"", "empty"),
    "binary junk": ("ecoli_promoters", "a.fa", bytes(range(256)) * 4, "a.fa"),
    "wrong length": ("ecoli_promoters", "a.fa", b">one\nACGT\n", "57"),
    "no sequence": ("ecoli_promoters", "a.fa", b">one\n>two\nACGT\n", "one"),
    "truncated gzip": ("ecoli_promoters", "a.fa.gz", gzip.compress(b">one\n" + b"ACGT" * 500)[:40], "a.fa.gz"),
    "missing column": ("xor", "a.csv", b"x1,y\n1,2\n", "x2"),
    "NaN": ("xor", "a.csv", b"x1,x2\n1,2\n3,\n", "row 2"),
    "text for a number": ("xor", "a.csv", b"x1,x2\n1,two\n", "x2"),
    "empty table": ("xor", "a.csv", b"", "empty"),
    "no rows": ("xor", "a.csv", b"x1,x2\n", "row"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_named_and_nothing_is_written(run, trained, tmp_path, case):
    dataset, name, content, message = BAD_FILES[case]
    (tmp_path / name).write_bytes(content)
    code, out, err = run("predict", trained / dataset, tmp_path / name, "-o", tmp_path / "out.tsv")
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err
    assert not (tmp_path / "out.tsv").exists()


def test_an_unreadable_image_is_named(run, trained, tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "scan.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    code, _, err = run("predict", trained / "digits", tmp_path / "images")
    assert code == 2
    assert "scan.png" in err
