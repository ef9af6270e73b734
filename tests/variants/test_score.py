"""Effects of variants on the outputs of any DNA model."""

import numpy as np
import pytest

from deepbio.errors import DataError, ModelError
from deepbio.genome import open_genome
from deepbio.genome.vcf import parse_record
from deepbio.sequence import encode, reverse_complement
from deepbio.variants import ModelScorer, score
from deepbio.zoo import get_model


def values(line):
    return [float(cell) for cell in line.rstrip("\n").split("\t")[6:]]


def record(pos, ref, alts, chromosome="1"):
    return parse_record(f"{chromosome}\t{pos}\trs\t{ref}\t{alts}\t.\t.\t.")


@pytest.fixture(scope="module")
def model():
    return get_model("dna_cnn", input_shape=101, outputs=2, seed=3)


def logits(model, codes, both):
    z = np.asarray(model(codes[None]))[0]
    return (z + np.asarray(model(reverse_complement(codes)[None]))[0]) / 2 if both else z


@pytest.mark.parametrize("strands", ["both", "forward"])
def test_an_snv_is_the_difference_of_two_centered_windows(model, tiny_genome, strands):
    scorer = ModelScorer(model, open_genome(tiny_genome["fasta"]), strands=strands)
    window = encode(tiny_genome["1"][999 - 50 : 1000 + 50])
    ref = "ACGT"[window[50]]
    alt = "ACGT"[(window[50] + 2) % 4]
    other = window.copy()
    other[50] = (window[50] + 2) % 4
    ((lines, skipped),) = scorer([record(1000, ref, alt)])
    expected = logits(model, other, strands == "both") - logits(model, window, strands == "both")
    np.testing.assert_allclose([values(line)[0] for line in lines], expected, atol=1e-5)
    assert not skipped


def test_an_indel_is_the_average_of_two_shifts(model, tiny_genome):
    scorer = ModelScorer(model, open_genome(tiny_genome["fasta"]), strands="forward")
    text = tiny_genome["1"]
    before, ref, after = text[:999], text[999:1003], text[1003:]
    right = encode((before + ref[0] + after)[949:1050])
    left = encode((before[:999] + ref[0] + after)[946:1047])
    window = encode(text[949:1050])
    ((lines, _),) = scorer([record(1000, ref, ref[0])])
    expected = (logits(model, right, False) + logits(model, left, False)) / 2 - logits(model, window, False)
    np.testing.assert_allclose([values(line)[0] for line in lines], expected, atol=1e-5)


def test_an_mnv_is_the_difference_of_two_centered_windows(model, tiny_genome):
    scorer = ModelScorer(model, open_genome(tiny_genome["fasta"]), strands="forward")
    text = tiny_genome["1"]
    ref = text[999:1002]
    alt = "".join("ACGT"[("ACGT".index(base) + 1) % 4] for base in ref)
    window, other = encode(text[949:1050]), encode(text[949:999] + alt + text[1002:1050])
    ((lines, skipped),) = scorer([record(1000, ref, alt)])
    expected = logits(model, other, False) - logits(model, window, False)
    np.testing.assert_allclose([values(line)[0] for line in lines], expected, atol=1e-5)
    assert not skipped


def test_a_model_with_positions_gives_its_largest_difference(tiny_model, tiny_genome):
    scorer = ModelScorer(tiny_model, open_genome(tiny_genome["fasta"]), strands="forward")
    window = encode(tiny_genome["1"][999 - 90 : 1000 + 90])
    other = window.copy()
    other[90] = (window[90] + 1) % 4
    ((lines, _),) = scorer([record(1000, "ACGT"[window[90]], "ACGT"[other[90]])])
    z = np.stack([np.asarray(tiny_model(w[None]))[0] for w in (window, other)]).astype(float)
    p = np.exp(z) / np.exp(z).sum(-1, keepdims=True)
    change = p[1] - p[0]
    for k, (line, label) in enumerate(zip(lines, ("none", "acceptor", "donor"), strict=True)):
        best = np.abs(change[:, k]).argmax()
        assert line.split("\t")[5] == label
        np.testing.assert_allclose(values(line)[1:], [change[best, k], np.log(p[1] / p[0])[best, k]], atol=1e-5)


def test_a_file_has_a_line_for_each_alternate_and_output(model, tiny_genome, tmp_path):
    ref = tiny_genome["2"][2999].upper()
    head = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    (tmp_path / "in.vcf").write_text(f"{head}chr2\t3000\ta\t{ref}\tN,{ref}T,<DEL>\t.\t.\t.\n", encoding="utf-8")
    summary = score(
        model, tmp_path / "in.vcf", fasta=tiny_genome["fasta"], out=tmp_path / "out.tsv", explain_skips=True
    )
    rows = [line.split("\t") for line in (tmp_path / "out.tsv").read_text(encoding="utf-8").splitlines()]
    assert [(row[4], row[5]) for row in rows[1:]] == [("N", "0"), ("N", "1"), (f"{ref}T", "0"), (f"{ref}T", "1")]
    assert summary.skipped == {"symbolic": 1}
    assert "symbolic" in (tmp_path / "out.tsv.skips.tsv").read_text(encoding="utf-8")


def test_another_build_leaves_no_output(model, tiny_genome, tmp_path):
    head = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    (tmp_path / "in.vcf").write_text(head + "1\t4010\t.\tA\tC\t.\t.\t.\n", encoding="utf-8")  # N there
    with pytest.raises(DataError, match="another genome build"):
        score(model, tmp_path / "in.vcf", fasta=tiny_genome["fasta"], out=tmp_path / "out.tsv")
    assert [path.name for path in tmp_path.iterdir()] == ["in.vcf"]


def test_a_model_of_tables_is_refused(tiny_genome):
    with pytest.raises(ModelError, match="takes DNA"):
        ModelScorer(get_model("mlp", input_shape=3, outputs=1), open_genome(tiny_genome["fasta"]))
