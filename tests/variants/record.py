"""Record what the slow oracle says of variants of the gene ZDHHC8 with CI-SpliceAI's networks, for `test_recorded.py`.

    python tests/variants/record.py tests/data/spliceai_ci_zdhhc8.json tests/data/spliceai_oracle_zdhhc8.json

The stretch (GRCh37, chromosome 22) has two exons and an acceptor; it is read as a gene of either strand.
"""

import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.variants import oracle

BOUNDARIES = (20_126_717, 20_126_838, 20_127_001, 20_127_158, 20_127_243)  # of ZDHHC8's exons 2, 3 and 4
ALLELES = ("snv", "insertion", "deletion")


def gene(strand, first):
    return oracle.Gene("ZDHHC8", strand, 1, 20_135_530 - first + 1, tuple(b - first + 1 for b in BOUNDARIES))


def variants(sequence, first):
    """Return `(pos, ref, alt)`, positions in the stretch: around each boundary, and between them."""
    random = np.random.Generator(np.random.Philox(4))
    found = []
    for i, place in enumerate([b + d for b in BOUNDARIES[1:] for d in (-2, 1)] + [20_126_900, 20_127_080]):
        pos = place - first + 1
        ref = sequence[pos - 1]
        found.append((pos, ref, "ACGT"[("ACGT".index(ref) + 1 + i % 3) % 4]))
        n = (1, 2, 5, 13, 50)[i % 5]
        if i % 2:
            found.append((pos, ref, ref + "".join(random.choice(list("ACGT"), n))))
        else:
            found.append((pos, sequence[pos - 1 : pos + n], ref))
    return found


def main(source, out):
    from deepbio.zoo import get_model, one_hot_model

    given = json.loads(source.read_text(encoding="utf-8"))
    sequence, first = given["sequence"], given["first"] - 5000
    import keras
    import tensorflow as tf

    members = []
    for i in range(1, 6):
        trunk = one_hot_model(get_model("spliceai_10k.ci", member=i, activation="auto"))
        free = keras.models.clone_model(trunk, input_tensors=keras.Input((None, 4)))
        free.set_weights(trunk.get_weights())
        signature = [tf.TensorSpec((1, None, 4), tf.float32)]
        members.append(tf.function(lambda x, free=free: free(x, training=False), input_signature=signature))
    rows = []
    for strand in "+-":
        for pos, ref, alt in variants(sequence, first):
            windows = oracle.windows(sequence, gene(strand, first), pos, ref, alt, 50)
            y_ref, y_alt = (oracle.predictions(members, window, strand) for window in windows)
            for mask in (0, 1):
                text, raw = oracle.entry(y_ref, y_alt, gene(strand, first), pos, ref, alt, 50, mask)
                rows.append(
                    {"strand": strand, "pos": pos, "ref": ref, "alt": alt, "mask": mask, "text": text, "raw": raw}
                )
    content = {"source": "tests/variants/oracle.py with spliceai_10k.ci, distance 50", "rows": rows}
    out.write_text(json.dumps(content, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
