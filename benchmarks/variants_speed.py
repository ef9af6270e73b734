"""Splice scores: seconds per variant, deepbio beside SpliceAI's way, in one process on the same cores.

    python benchmarks/variants_speed.py [--threads 2] [--rounds 3] [--out benchmarks/results/variants_speed.md]

SpliceAI's way is ten `predict` calls per variant, of one window each: five networks for the reference, five for the alternate. Both
use the weights of spliceai_10k.ci, whose networks have SpliceAI's form. "Scattered" variants lie 12,000 bases apart and share nothing.
The two ways take turns, because other programs may use the machine: each round times SpliceAI's way before, between and after the
others, and a ratio is of one round. Processor time is less disturbed by other programs than the clock. `--out` adds to what is there.
"""

import resource
import tempfile
import time
from pathlib import Path

import numpy as np
from _table import MEGABASE, script, table, write_page

DISTANCE = 50


def timed(work) -> np.ndarray:
    """Return seconds by the clock and of processor time."""
    begun = np.array([time.perf_counter(), time.process_time()])
    work()
    return np.array([time.perf_counter(), time.process_time()]) - begun


def spliceai_networks() -> list:
    """Return the five networks of CI-SpliceAI as Keras models of one window of any length, `(1, length, 4)`."""
    import keras

    from deepbio.zoo import get_model, one_hot_model

    members = []
    for i in range(1, 6):
        trunk = one_hot_model(get_model("spliceai_10k.ci", member=i, input_shape=10_000 + 2 * DISTANCE + 1))
        free = keras.models.clone_model(trunk, input_tensors=keras.Input((None, 4)))
        free.set_weights(trunk.get_weights())
        members.append(keras.Model(free.inputs, keras.layers.Softmax()(free.outputs[0])))
    return members


@script(__doc__, rounds=3, threads=2, note="", data=MEGABASE)
def main(arguments):
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
    tf.config.threading.set_inter_op_parallelism_threads(arguments.threads)
    from variants_equality import read_sequence

    from deepbio.genome import Annotation, Gene, open_genome
    from deepbio.genome.vcf import parse_record
    from deepbio.variants import SpliceScorer
    from deepbio.zoo import get_model

    bases, members = read_sequence(arguments.data), spliceai_networks()
    fasta = Path(tempfile.mkdtemp()) / "genome.fa"
    fasta.write_text(f">22\n{bases}\n", encoding="ascii")
    gene = Gene("MED15", "22", "+", 861_889, 941_919, (861_889, 862_033, 891_404, 891_491, 941_919))
    scorer = SpliceScorer(get_model("spliceai_10k.ci"), open_genome(fasta), Annotation([gene]), distance=DISTANCE)
    random = np.random.Generator(np.random.Philox(2))

    def snv(pos: int, alt: int = 1):
        ref = bases[pos - 1]
        return parse_record(f"22\t{pos}\t.\t{ref}\t{'ACGT'[('ACGT'.index(ref) + alt) % 4]}\t.\t.\t.")

    def indel(pos: int, i: int):
        n, ref = int(random.integers(1, 51)), bases[pos - 1]
        extra = "".join(random.choice(list("ACGT"), n))
        alleles = (ref, ref + extra) if i % 2 else (bases[pos - 1 : pos + n], ref)
        return parse_record(f"22\t{pos}\t.\t{alleles[0]}\t{alleles[1]}\t.\t.\t.")

    def spliceai_way(pos: int) -> None:
        side = 5000 + DISTANCE
        window = bases[pos - 1 - side : pos + side]
        for text in (window, f"{window[:side]}A{window[side + 1 :]}"):
            x = np.eye(5, 4, dtype=np.float32)[["ACGTN".index(base) for base in text]][None]
            np.mean([member.predict(x, verbose=0) for member in members], axis=0)

    positions = random.integers(870_000, 930_000, 1000).tolist()
    scattered = range(866_000, 932_000, 12_000)
    exome = [snv(pos) for pos in range(871_000, 901_000, 300)]
    sparse = [snv(pos) for pos in range(871_000, 901_000, 1000)]
    saturation = [snv(pos, alt) for pos in range(891_300, 891_500) for alt in (1, 2, 3)]
    for warm in (
        [snv(positions[0])],
        [indel(positions[1], 0)],
        [indel(positions[1], 1)],
        exome,
        sparse,
        saturation[:30],
    ):
        scorer(warm)  # compiles each form of the graph once
    spliceai_way(positions[0])
    kinds = {
        "scattered SNVs": (6, lambda: [snv(pos) for pos in scattered]),
        "scattered insertions and deletions of 1 to 50": (
            6,
            lambda: [indel(pos, i) for i, pos in enumerate(scattered)],
        ),
        "one SNV each 1,000 bases": (len(sparse), lambda: sparse),
        "one SNV each 300 bases": (len(exome), lambda: exome),
        "all SNVs of 200 consecutive bases": (len(saturation), lambda: saturation),
    }
    ours, theirs = {name: [] for name in kinds}, []
    for r in range(arguments.rounds):
        turns = [timed(lambda r=r: spliceai_way(positions[300 + r]))]
        for k, (name, (n, records)) in enumerate(kinds.items()):
            ours[name].append(timed(lambda records=records: scorer(records())) / n)
            turns.append(timed(lambda r=r, k=k: spliceai_way(positions[400 + 10 * r + k])))
        theirs.append(np.mean(turns, axis=0))
        print(f"round {r + 1} of {arguments.rounds} done", flush=True)
    rows = []
    for name, (n, _) in kinds.items():
        found = np.array(ours[name])
        ratios = [f"{np.median(r):.1f} ({r.min():.1f} to {r.max():.1f})" for r in (np.array(theirs) / found).T]
        rows.append([name, n, *(f"{each:.3f}" for each in np.median(found, axis=0)), *ratios])
    way = np.median(theirs, axis=0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    about = (
        f"Distance {DISTANCE}, {arguments.threads} threads; {arguments.rounds} rounds: medians, and in brackets the lowest and "
        f"highest round. SpliceAI's way: {way[0]:.3f} s per variant by the clock, {way[1]:.3f} s of processor time. Highest memory "
        f"of the process, both ways in it: {peak:.2f} GiB. {arguments.note}"
    )
    header = (
        "variants",
        "in a round",
        "seconds each",
        "processor seconds each",
        "times faster (clock)",
        "times faster (processor)",
    )
    write_page(arguments, "Splice scores: deepbio beside SpliceAI's way", about, table(header, rows), append=True)
