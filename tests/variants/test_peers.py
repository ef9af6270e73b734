"""The command `cis-vcf` of cispliceai 1.2.2, in an environment of its own, beside deepbio.

Python 3.10 with `tensorflow-cpu==2.12.*`, `keras<3`, `numpy<2` and `cispliceai==1.2.2` runs it; `DEEPBIO_CIS_VCF` names the command.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.peers, pytest.mark.slow, pytest.mark.timeout(3000)]
SCRIPT = Path(__file__).parents[2] / "benchmarks" / "variants_cispliceai.py"


def test_snvs_score_as_with_cispliceai(shared_data, tmp_path):
    command = os.environ.get("DEEPBIO_CIS_VCF")
    if not command or not Path(command).is_file():
        pytest.skip("needs cispliceai 1.2.2 in an environment of its own: set DEEPBIO_CIS_VCF to its command cis-vcf")
    data = shared_data / "grch37_chr22_1mb"
    subprocess.run([sys.executable, SCRIPT, "prepare", "--folder", tmp_path, "--data", data], check=True)
    lines = (tmp_path / "in.vcf").read_text(encoding="utf-8").splitlines(keepends=True)
    snvs = [line for line in lines[3:] if len(line.split("\t")[3]) == len(line.split("\t")[4]) == 1]
    (tmp_path / "in.vcf").write_text("".join(lines[:3] + snvs[:20]), encoding="utf-8")
    options = ["genome.fa", "-a", "genes.csv", "-i", "in.vcf", "-o", "cis.vcf", "-d", "50", "--all"]
    subprocess.run([command, *options], cwd=tmp_path, check=True, env={"PATH": os.environ["PATH"]})
    compare = [sys.executable, SCRIPT, "compare", "--folder", tmp_path]
    page = subprocess.run(compare, capture_output=True, text=True, check=True).stdout
    assert "Only with deepbio: 0; only with cispliceai: 0." in page
    row = next(line for line in page.splitlines() if line.startswith("| SNV |")).strip("| ").split(" | ")
    assert int(row[1]) >= 20
    assert float(row[-1]) < 0.015
