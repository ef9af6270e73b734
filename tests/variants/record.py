"""Record the entries that the program spliceai 1.3.1 writes, for `test_recorded.py`.

    pip download --no-deps spliceai==1.3.1 && unzip spliceai-1.3.1-*.whl -d spliceai_program
    python -m tests.variants.record spliceai_program tests/data/spliceai_program.json

The program's own `Annotator` and `get_delta_scores` run unchanged. Only the networks are others, because those in the package are not
free: the five of `spliceai_10k.ci` on a stretch with three exons of the gene ZDHHC8 (GRCh37, chromosome 22), read as a gene of either
strand, and the small random network of `conftest.py` on its random genome. The program always reads 5,000 bases on either side, so
the small genome is padded with N and the small network crops what it does not read.
"""

import json
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from tests.variants.conftest import TABLE, small_genome, small_model

PAD = 6_000
DATA = Path(__file__).resolve().parents[1] / "data"
SITE = json.loads((DATA / "spliceai_ci_zdhhc8.json").read_text(encoding="utf-8"))
FIRST = SITE["first"] - 5_000
BOUNDARIES = [b - FIRST + 1 for b in (20_126_717, 20_126_838, 20_127_001, 20_127_158, 20_127_243)]  # exons 2, 3 and 4
HEADER = TABLE.splitlines()[0]


def zdhhc8_table(strand):
    """Return SpliceAI's gene table for the stretch, with one gene over all of it."""
    end = len(SITE["sequence"])
    starts, ends = [1, *BOUNDARIES[0::2]], [1, *BOUNDARIES[1::2], end]
    cells = [",".join(str(n) for n in group) + "," for group in ([n - 1 for n in starts], ends)]
    return f"{HEADER}\nZDHHC8\t22\t{strand}\t0\t{end}\t{cells[0]}\t{cells[1]}\n"


def zdhhc8_variants(sequence):
    """Return `(pos, ref, alt)` around each boundary and between them: SNVs, insertions and deletions."""
    random = np.random.Generator(np.random.Philox(4))
    found = []
    places = [b + d for b in BOUNDARIES[1:] for d in (-2, 1)] + [20_126_901 - FIRST, 20_127_081 - FIRST]
    for i, pos in enumerate(places):
        ref = sequence[pos - 1]
        found.append((pos, ref, "ACGT"[("ACGT".index(ref) + 1 + i % 3) % 4]))
        n = (1, 2, 5, 13, 50)[i % 5]
        if i % 2:
            found.append((pos, ref, ref + "".join(random.choice(list("ACGT"), n))))
        else:
            found.append((pos, sequence[pos - 1 : pos + n], ref))
    return found


def random_variants(sequence, distance, n, seed):
    """Return `(pos, ref, alt)`: a third SNVs, a third insertions, a third deletions; some insertions change their first base."""
    random = np.random.Generator(np.random.Philox(seed))
    found = []
    while len(found) < n:
        pos, size = int(random.integers(500, 5500)), int(random.integers(1, min(51, 2 * distance)))
        ref = sequence[pos - 1]
        extra = "".join(random.choice(list("ACGT"), size))
        kind = len(found) % 3
        if "N" in sequence[pos - 1 : pos + size] and kind != 1:
            continue
        snv = (pos, ref, "ACGT"[("ACGT".index(ref) + 1) % 4] if ref != "N" else "A")
        insertion = (pos, ref, (ref if size % 4 else "A") + extra)
        found.append((snv, insertion, (pos, sequence[pos - 1 : pos + size], ref))[kind])
    return found


class Network:
    """A Keras model under the interface that the program calls; repeated windows are computed once."""

    def __init__(self, model, crop=0):
        import keras
        import tensorflow as tf

        from deepbio.zoo import one_hot_model

        trunk = one_hot_model(model)
        free = keras.models.clone_model(trunk, input_tensors=keras.Input((None, 4)))
        free.set_weights(trunk.get_weights())
        signature = [tf.TensorSpec((1, None, 4), tf.float32)]
        self.run = tf.function(lambda x: tf.nn.softmax(free(x, training=False)), input_signature=signature)
        self.crop, self.seen = crop, {}

    def predict(self, x):
        x = np.ascontiguousarray(x[:, self.crop : x.shape[1] - self.crop], np.float32)
        key = x.tobytes()
        if key not in self.seen:
            self.seen[key] = np.asarray(self.run(x))
        return self.seen[key]


def annotator(utils, folder, sequences, table, networks):
    """Return the program's `Annotator` with our networks for its five."""
    (folder / "genome.fa").write_text(
        "".join(f">{name}\n{text}\n" for name, text in sequences.items()), encoding="ascii"
    )
    (folder / "genes.tsv").write_text(table, encoding="utf-8")
    waiting = iter(networks)
    utils.load_model = lambda path: next(waiting)
    return utils.Annotator(str(folder / "genome.fa"), str(folder / "genes.tsv"))


def rows(utils, found, chromosome, variants, distance, pad=0):
    """Yield a row for each variant and mask."""
    for pos, ref, alt in variants:
        for mask in (0, 1):
            record = SimpleNamespace(chrom=chromosome, pos=pos + pad, ref=ref, alts=[alt])
            entries = utils.get_delta_scores(record, found, distance, mask)
            yield {
                "chromosome": chromosome, "pos": pos, "ref": ref, "alt": alt, "distance": distance, "mask": mask,
                "entries": entries,
            }  # fmt: skip


def shifted(table):
    """Return SpliceAI's table with all positions `PAD` higher and all chromosomes without `chr`."""
    lines = [HEADER]
    for line in table.splitlines()[1:]:
        name, chromosome, strand, *cells = line.split("\t")
        moved = [",".join(str(int(n) + PAD) if n else "" for n in cell.split(",")) for cell in cells]
        lines.append("\t".join([name, chromosome.removeprefix("chr"), strand, *moved]))
    return "\n".join(lines) + "\n"


def main(program, out):
    sys.path.insert(0, str(program))
    # the program reads bytes by a mode that NumPy 2.3 took away
    np.fromstring = lambda text, dtype: np.frombuffer(text.encode("latin-1"), dtype)
    from spliceai import utils

    from deepbio.zoo import get_model

    folder = Path(tempfile.mkdtemp())
    one, two = small_genome()
    padded = {name: "N" * PAD + text + "N" * PAD for name, text in (("1", one), ("2", two))}
    network = Network(small_model(), crop=5_000 - 40)
    small = []
    (folder / "small").mkdir()
    found = annotator(utils, folder / "small", padded, shifted(TABLE), [network] * 5)
    for distance, n in ((5, 40), (50, 40), (300, 20)):
        for chromosome, text in (("1", one), ("2", two)):
            variants = random_variants(text, distance, n, seed=distance)
            small += rows(utils, found, chromosome, variants, distance, pad=PAD)
    members = [Network(get_model("spliceai_10k.ci", member=i)) for i in range(1, 6)]
    zdhhc8 = {}
    for strand in "+-":
        (folder / strand).mkdir()
        found = annotator(utils, folder / strand, {"22": SITE["sequence"]}, zdhhc8_table(strand), members)
        zdhhc8[strand] = list(rows(utils, found, "22", zdhhc8_variants(SITE["sequence"]), 50))
    content = {
        "source": "spliceai 1.3.1 with other networks; see tests/variants/record.py",
        "small": small,
        "zdhhc8": zdhhc8,
    }
    out.write_text(json.dumps(content, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
