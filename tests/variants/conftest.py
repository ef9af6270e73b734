"""A small genome with genes on both strands, and a small network that reads it."""

from dataclasses import replace

import numpy as np
import pytest

from deepbio.sequence import decode
from deepbio.specs import Task
from deepbio.zoo import describe, get_model
from deepbio.zoo.record import attach

TABLE = """\
#NAME\tCHROM\tSTRAND\tTX_START\tTX_END\tEXON_START\tEXON_END
FORWARD\t1\t+\t499\t3000\t499,1199,2399,\t700,1500,3000,
BACKWARD\t1\t-\t1999\t5000\t1999,2999,4499,\t2200,3300,5000,
LONE\tchr2\t-\t19\t4900\t19,2000,\t1000,4900,
"""


@pytest.fixture(scope="session")
def tiny_genome(tmp_path_factory):
    """FASTA with chromosomes 1 and 2 of 6,000 bases (a stretch of N in the first), and the annotation's table."""
    folder = tmp_path_factory.mktemp("genome")
    random = np.random.Generator(np.random.Philox(5))
    codes = random.integers(0, 4, (2, 6000)).astype(np.uint8)
    codes[0, 4000:4040] = 4
    one, two = decode(codes)
    (folder / "genome.fa").write_text(f">1\n{one}\n>2\n{two.lower()}\n", encoding="ascii")
    (folder / "genes.tsv").write_text(TABLE, encoding="utf-8")
    return {"fasta": folder / "genome.fa", "genes": folder / "genes.tsv", "1": one, "2": two}


def with_norms(model, seed):
    """Return every weight a random value, norms' statistics too, so that no layer is without effect."""
    random = np.random.Generator(np.random.Philox(seed))
    for weight in model.weights:
        positive = weight.path.endswith(("moving_variance", "gamma"))
        values = random.normal(0, np.prod(weight.shape[:-1]) ** -0.5 if len(weight.shape) > 1 else 0.3, weight.shape)
        weight.assign(np.abs(values) + 0.5 if positive else values)
    return model


@pytest.fixture(scope="session")
def tiny_model():
    """SpliceAI's smallest network (80 bases of context) with random weights."""
    model = with_norms(get_model("spliceai_80nt", input_shape=181, outputs=3, seed=0), 1)
    task = Task("per_position", 3, ("none", "acceptor", "donor"))
    return attach(model, replace(describe(model), task=task))
