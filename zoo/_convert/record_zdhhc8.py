"""Record what CI-SpliceAI's own graph predicts for a part of the gene ZDHHC8, for the tests.

python zoo/_convert/record_zdhhc8.py cispliceai-1.2.2-py3-none-any.whl chr22_20000001-21000000.fa.gz tests/data/spliceai_ci_zdhhc8.json
"""

import json
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf
from spliceai_ci import GRAPH, parse_graph, run_graph
from wheel_file import wheel_file

from deepbio.datasets.readers import read_fasta
from deepbio.sequence import decode

FIRST, LAST = 20_126_701, 20_127_300  # GRCh37, chromosome 22: exons 2 and 3 and the acceptor of exon 4


def main(wheel: Path, fasta: Path, out: Path) -> None:
    chromosome = read_fasta(fasta).codes[0]
    window = np.asarray(chromosome)[FIRST - 20_000_001 - 5000 : LAST - 20_000_000 + 5000]
    p = run_graph(parse_graph(wheel_file(wheel, "cispliceai/data/CI-SpliceAI.pb", GRAPH)))(
        tf.one_hot(window[None], 4)
    ).numpy()[0]
    content = {
        "source": "CI-SpliceAI.pb of cispliceai 1.2.2 (CC BY 4.0), run as it is, on the plus strand",
        "first": FIRST, "last": LAST, "sequence": decode(window[None])[0],
        "acceptor": [round(float(v), 7) for v in p[:, 1]], "donor": [round(float(v), 7) for v in p[:, 2]],
    }  # fmt: skip
    out.write_text(json.dumps(content) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
