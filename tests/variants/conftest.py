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


def small_genome():
    """Return the sequences of chromosomes 1 and 2, of 6,000 bases each, with a stretch of N in the first."""
    codes = np.random.Generator(np.random.Philox(5)).integers(0, 4, (2, 6000)).astype(np.uint8)
    codes[0, 4000:4040] = 4
    return decode(codes)


def small_model():
    """Return SpliceAI's smallest network (80 bases of context) with random weights and statistics, so that every layer matters."""
    model = get_model("spliceai_80nt", input_shape=181, outputs=3, seed=0)
    random = np.random.Generator(np.random.Philox(1))
    for weight in model.weights:
        positive = weight.path.endswith(("moving_variance", "gamma"))
        values = random.normal(0, np.prod(weight.shape[:-1]) ** -0.5 if len(weight.shape) > 1 else 0.3, weight.shape)
        weight.assign(np.abs(values) + 0.5 if positive else values)
    task = Task("per_position", 3, ("none", "acceptor", "donor"))
    return attach(model, replace(describe(model), task=task))


@pytest.fixture(scope="session")
def tiny_genome(tmp_path_factory):
    """FASTA of the small genome, chromosome 2 in lower case, and the annotation's table."""
    folder = tmp_path_factory.mktemp("genome")
    one, two = small_genome()
    (folder / "genome.fa").write_text(f">1\n{one}\n>2\n{two.lower()}\n", encoding="ascii")
    (folder / "genes.tsv").write_text(TABLE, encoding="utf-8")
    return {"fasta": folder / "genome.fa", "genes": folder / "genes.tsv", "1": one, "2": two}


@pytest.fixture(scope="session")
def tiny_model():
    """The small network of `small_model`."""
    return small_model()
