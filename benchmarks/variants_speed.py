"""Splice scores: seconds a variant, deepbio beside SpliceAI's way, in one process on the same cores.

    python benchmarks/variants_speed.py [--threads 2] [--rounds 3] [--out benchmarks/results/variants_speed.md]

SpliceAI's way is ten `predict` calls a variant, of one window each: five networks for the reference, five for the alternate. Both
use the weights of spliceai_10k.ci, whose networks have SpliceAI's form. "Scattered" variants lie 12,000 bases apart and share nothing.
The two ways take turns, because other programs may use the machine: each round times SpliceAI's way before, between and after the
others, and a ratio is of one round. Processor time is less disturbed by other programs than the clock. `--out` adds to what is there.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

DISTANCE = 50
TITLE = "# Splice scores: deepbio beside SpliceAI's way\n\nMade by `python benchmarks/variants_speed.py`.\n"


def clock() -> np.ndarray:
    return np.array([time.perf_counter(), time.process_time()])


def timed(work) -> np.ndarray:
    begun = clock()
    work()
    return clock() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--note", default="", help="What else the machine did.")
    parser.add_argument("--data", type=Path, default=Path("../shared/data/grch37_chr22_1mb"))
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
    tf.config.threading.set_inter_op_parallelism_threads(arguments.threads)
    import keras

    from deepbio.datasets.readers import read_fasta
    from deepbio.genome import open_genome
    from deepbio.genome.vcf import parse_record
    from deepbio.sequence import decode
    from deepbio.variants import Annotation, Gene, SpliceScorer
    from deepbio.zoo import get_model, one_hot_model

    letters = decode(np.asarray(read_fasta(next(arguments.data.glob("*.fa.gz"))).codes[0]))
    fasta = Path(tempfile.mkdtemp()) / "genome.fa"
    fasta.write_text(f">22\n{letters}\n", encoding="ascii")
    gene = Gene("MED15", "22", "+", 861_889, 941_919, (861_889, 862_033, 891_404, 891_491, 941_919))
    random = np.random.Generator(np.random.Philox(2))
    length = 10_000 + 2 * DISTANCE + 1
    members = []
    for i in range(1, 6):
        trunk = one_hot_model(get_model("spliceai_10k.ci", member=i, input_shape=length))
        free = keras.models.clone_model(trunk, input_tensors=keras.Input((None, 4)))
        free.set_weights(trunk.get_weights())
        members.append(keras.Model(free.inputs, keras.layers.Softmax()(free.outputs[0])))
    scorer = SpliceScorer(get_model("spliceai_10k.ci"), open_genome(fasta), Annotation([gene]), distance=DISTANCE)

    def snv(pos: int, alt: int = 1):
        ref = letters[pos - 1]
        return parse_record(f"22\t{pos}\t.\t{ref}\t{'ACGT'[('ACGT'.index(ref) + alt) % 4]}\t.\t.\t.")

    def indel(pos: int, i: int):
        n, ref = int(random.integers(1, 51)), letters[pos - 1]
        extra = "".join(random.choice(list("ACGT"), n))
        alleles = (ref, ref + extra) if i % 2 else (letters[pos - 1 : pos + n], ref)
        return parse_record(f"22\t{pos}\t.\t{alleles[0]}\t{alleles[1]}\t.\t.\t.")

    def spliceai_way(pos: int, alternate: str) -> None:
        side = 5000 + DISTANCE
        window = letters[pos - 1 - side : pos + side]
        for text in (window, window[:side] + alternate + window[side + 1 :]):
            x = np.eye(5, 4, dtype=np.float32)[["ACGTN".index(letter) for letter in text]][None]
            np.mean([member.predict(x, verbose=0) for member in members], axis=0)

    places = random.integers(870_000, 930_000, 1000).tolist()
    scattered = range(866_000, 932_000, 12_000)
    exome = [snv(pos) for pos in range(871_000, 901_000, 300)]
    sparse = [snv(pos) for pos in range(871_000, 901_000, 1000)]
    saturation = [snv(pos, alt) for pos in range(891_300, 891_500) for alt in (1, 2, 3)]
    for warm in ([snv(places[0])], [indel(places[1], 0)], [indel(places[1], 1)], exome, sparse, saturation[:30]):
        scorer(warm)  # compiles each form of the graph once
    spliceai_way(places[0], "A")

    kinds = {
        "scattered SNVs": (6, lambda r: scorer([snv(pos) for pos in scattered])),
        "scattered insertions and deletions of 1 to 50": (
            6,
            lambda r: scorer([indel(pos, i) for i, pos in enumerate(scattered)]),
        ),
        "one SNV each 1,000 bases": (len(sparse), lambda r: scorer(sparse)),
        "one SNV each 300 bases": (len(exome), lambda r: scorer(exome)),
        "all SNVs of 200 consecutive bases": (len(saturation), lambda r: scorer(saturation)),
    }
    seconds = {name: [] for name in kinds}
    base = []
    for r in range(arguments.rounds):
        turns = [timed(lambda r=r: spliceai_way(places[300 + r], "A"))]
        for k, (name, (n, work)) in enumerate(kinds.items()):
            seconds[name].append(timed(lambda work=work, r=r: work(r)) / n)
            turns.append(timed(lambda r=r, k=k: spliceai_way(places[400 + 10 * r + k], "A")))
        base.append(np.mean(turns, axis=0))
        print(f"round {r + 1} of {arguments.rounds} done", flush=True)
    measured = np.array(base)
    lines = []
    for name, (n, _) in kinds.items():
        found = np.array(seconds[name])
        each, ratios = np.median(found, axis=0), measured / found
        cells = [
            f"{np.median(ratios[:, i]):.1f} ({ratios[:, i].min():.1f} to {ratios[:, i].max():.1f})" for i in (0, 1)
        ]
        lines.append(f"| {name} | {n} | {each[0]:.3f} | {each[1]:.3f} | {cells[0]} | {cells[1]} |")
    way = np.median(measured, axis=0)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    head = [
        f"## {arguments.threads} thread{'s' * (arguments.threads > 1)}",
        "",
        f"Distance {DISTANCE}; {arguments.rounds} rounds: medians, and in brackets the lowest and highest round. SpliceAI's way: "
        f"{way[0]:.3f} s a variant by the clock, {way[1]:.3f} s of processor time. Highest memory of the process, both ways "
        f"in it: {memory:.2f} GiB. {arguments.note}".rstrip(),
        "",
        "| variants | in a round | seconds each | processor seconds each | times faster (clock) | times faster (processor) |",
        "|---|---|---|---|---|---|",
    ]
    text = "\n".join([*head, *lines]) + "\n"
    print(text)
    if arguments.out:
        old = arguments.out.read_text(encoding="utf-8") if arguments.out.exists() else TITLE
        arguments.out.write_text(f"{old}\n{text}", encoding="utf-8")


if __name__ == "__main__":
    main()
