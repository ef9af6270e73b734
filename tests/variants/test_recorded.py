"""SpliceAI's largest network: what the cone gives for variants of ZDHHC8, and what the slow way gave (`record.py`)."""

import json
from pathlib import Path

import numpy as np
import pytest

from deepbio.genome import open_genome
from deepbio.variants import Annotation, Gene, SpliceScorer
from deepbio.genome.vcf import parse_record
from deepbio.zoo import get_model
from tests.variants.record import gene

DATA = Path(__file__).resolve().parents[1] / "data"
SITE = json.loads((DATA / "spliceai_ci_zdhhc8.json").read_text(encoding="utf-8"))
ROWS = json.loads((DATA / "spliceai_oracle_zdhhc8.json").read_text(encoding="utf-8"))["rows"]


@pytest.fixture(scope="module")
def model():
    return get_model("spliceai_10k.ci")


@pytest.mark.parametrize("strand", ["+", "-"])
def test_strings_are_identical_and_raw_values_equal(model, strand, tmp_path):
    (tmp_path / "stretch.fa").write_text(f">22\n{SITE['sequence']}\n", encoding="ascii")
    row = gene(strand, SITE["first"] - 5000)
    table = Annotation([Gene(row.name, "22", strand, row.start, row.end, row.boundaries)])
    scorer = SpliceScorer(model, open_genome(tmp_path / "stretch.fa"), table)
    for scorer.mask in (False, True):
        rows = [r for r in ROWS if r["strand"] == strand and r["mask"] == scorer.mask]
        assert len(rows) == 20
        records = [parse_record(f"chr22\t{r['pos']}\t.\t{r['ref']}\t{r['alt']}\t.\t.\t.") for r in rows]
        for expected, found in zip(rows, scorer(records), strict=True):
            (effect,) = found.effects
            assert effect.text() == expected["text"]
            np.testing.assert_allclose(effect.scores, expected["raw"], atol=1e-5)


def test_the_lost_donor_of_exon_2_is_seen():
    # GT after exon 2's last base, 20,126,838: a change of its G abolishes the donor
    (row,) = (r for r in ROWS if r["strand"] == "+" and not r["mask"] and r["pos"] == 20_126_839 - SITE["first"] + 5001
              and len(r["ref"]) == len(r["alt"]) == 1)  # fmt: skip
    assert row["raw"][3] > 0.5
    assert row["text"].split("|")[9] == "-1"
