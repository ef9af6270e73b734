"""The command `cis-vcf` of cispliceai 1.2.2, in an environment of its own, beside deepbio.

Python 3.10 with `tensorflow-cpu==2.12.*`, `keras<3`, `numpy<2` and `cispliceai==1.2.2` runs it; `DEEPBIO_CIS_VCF` names the command.
"""

import os
import subprocess
from pathlib import Path

import pytest

pytestmark = [pytest.mark.peers, pytest.mark.slow, pytest.mark.timeout(3000)]


def test_snvs_score_as_with_cispliceai(shared_data, tmp_path, monkeypatch):
    command = os.environ.get("DEEPBIO_CIS_VCF")
    if not command or not Path(command).is_file():
        pytest.skip("needs cispliceai 1.2.2 in an environment of its own: set DEEPBIO_CIS_VCF to its command cis-vcf")
    from benchmarks import variants_cispliceai, variants_equality
    from deepbio.variants import splice

    monkeypatch.setattr(variants_equality, "DATA", shared_data / "grch37_chr22_1mb")
    variants_cispliceai.prepare(tmp_path)
    lines = (tmp_path / "in.vcf").read_text(encoding="utf-8").splitlines(keepends=True)
    snvs = [line for line in lines[3:] if len(line.split("\t")[3]) == len(line.split("\t")[4]) == 1]
    (tmp_path / "in.vcf").write_text("".join(lines[:3] + snvs[:20]), encoding="utf-8")
    options = ["genome.fa", "-a", "genes.csv", "-i", "in.vcf", "-o", "cis.vcf", "-d", "50", "--all"]
    subprocess.run([command, *options], cwd=tmp_path, check=True, env={"PATH": os.environ["PATH"]})
    splice(
        tmp_path / "in.vcf", fasta=tmp_path / "genome.fa", annotation=tmp_path / "genes.csv", out=tmp_path / "ours.vcf"
    )
    ours, theirs = (variants_cispliceai.entries(tmp_path / name) for name in ("ours.vcf", "cis.vcf"))
    assert ours.keys() == theirs.keys()
    for key, values in ours.items():
        assert [abs(float(a) - float(b)) < 0.015 for a, b in zip(values[:4], theirs[key][:4], strict=True)] == [
            True
        ] * 4
