"""Splice scores of deepbio beside SpliceAI's algorithm: more than 2,000 variants of a megabase of chromosome 22 (GRCh37).

    python benchmarks/variants_equality.py oracle [--part 0 --parts 1] [--minutes 9] --cache FOLDER
    python benchmarks/variants_equality.py engine [--part 0 --parts 1] [--minutes 9] --cache FOLDER
    python benchmarks/variants_equality.py compare --cache FOLDER [--out benchmarks/results/variants_equality.md]

`oracle` runs the slow reference of `benchmarks/_spliceai.py` with the five networks of the installed package spliceai 1.3.1 over full
windows with zero padding, and keeps what they say; it goes on where it stopped. What the networks say of a reference position
does not depend on where its window begins, as long as it has 5,000 bases on both sides, so references are computed once a gene.
`engine` scores the same variants with deepbio; `compare` compares every output string and every raw score of what both have done.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from benchmarks import _spliceai as oracle

DATA = Path("../shared/data/grch37_chr22_1mb")
FIRST = 20_000_001
TILE = 10_000  # outputs of one reference pass
LETTERS = "ACGT"


def read_sequence(data: Path) -> str:
    with gzip.open(next(data.glob("*.fa.gz")), "rt") as file:
        return "".join(line.strip() for line in file if not line.startswith(">")).upper()


def read_genes(data: Path) -> list[oracle.Gene]:
    return [gene for gene in oracle.read_genes(data / "genes.tsv", minus=FIRST - 1) if gene.end <= 1_000_000]


def choose(sequence: str, genes: list[oracle.Gene]) -> list[tuple[int, str, str, int]]:
    """Return `(pos, ref, alt, distance)`: SNVs around splice sites, random SNVs, insertions and deletions of 1 to 50."""
    random = np.random.Generator(np.random.Philox(7))
    chosen: list[tuple[int, str, str, int]] = []

    def distance(i: int) -> int:
        return (50, 50, 50, 500, 50, 50, 2000)[i % 7]

    sites = {strand: sorted({b for g in genes if g.strand == strand for b in g.boundaries[1:-1]}) for strand in "+-"}
    for strand in "+-":
        for b in random.choice(sites[strand], 12, replace=False):
            d = distance(len(chosen) // 3)
            for pos in range(int(b) - 4, int(b) + 4):
                chosen += [(pos, sequence[pos - 1], a, d) for a in LETTERS if a != sequence[pos - 1]]
    inside = [g for g in genes if g.end - g.start > 3000]

    def place() -> int:
        while True:
            gene = inside[random.integers(len(inside))]
            pos = int(random.integers(gene.start, gene.end - 60))
            if random.random() < 0.5:
                pos = int(random.choice(gene.boundaries)) + int(random.integers(-60, 60))
            if (
                7001 < pos < 992_000
                and gene.start <= pos <= gene.end
                and set(sequence[pos - 1 : pos + 60]) <= set(LETTERS)
            ):
                return pos

    for i in range(520):
        pos = place()
        ref = sequence[pos - 1]
        chosen.append((pos, ref, str(random.choice([a for a in LETTERS if a != ref])), distance(i)))
    for i in range(470):
        pos, n = place(), i % 50 + 1
        ref = sequence[pos - 1]
        first = ref if i % 9 else str(random.choice(list(LETTERS)))
        chosen.append((pos, ref, first + "".join(random.choice(list(LETTERS), n)), distance(i)))
    for i in range(470):
        pos, n = place(), i % 50 + 1
        chosen.append((pos, sequence[pos - 1 : pos + n], sequence[pos - 1], distance(i)))
    return chosen


def cases(sequence: str, genes: list[oracle.Gene]) -> list[tuple[int, str, str, int, oracle.Gene]]:
    """Return each variant with each of its genes, in an order that has all kinds early."""
    found = [(*variant, gene) for variant in choose(sequence, genes) for gene in oracle.overlapping(genes, variant[0])]
    order = np.random.Generator(np.random.Philox(11)).permutation(len(found))
    return [found[i] for i in order]


def key(case) -> str:
    pos, ref, alt, distance, gene = case
    return hashlib.sha1(f"{pos}|{ref}|{alt}|{distance}|{gene.name}".encode()).hexdigest()[:16]


def load_members(threads: int):
    """Return SpliceAI's own five networks, from its installed package, as functions of one window `(1, length, 4)`."""
    import importlib.metadata

    import keras
    import tensorflow as tf

    if threads:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    package = importlib.metadata.distribution("spliceai")
    members = []
    for i in range(1, 6):
        model = keras.models.load_model(str(package.locate_file(f"spliceai/models/spliceai{i}.h5")), compile=False)
        signature = [tf.TensorSpec((1, None, 4), tf.float32)]
        members.append(tf.function(lambda x, model=model: model(x, training=False), input_signature=signature))
    return members


class References:
    """What the networks say of each gene's own strand, computed `TILE` positions at a time and kept on disk."""

    def __init__(self, members, sequence: str, cache: Path):
        self.members, self.sequence, self.cache = members, sequence, cache
        self.tiles: dict = {}

    def __call__(self, gene: oracle.Gene, pos: int, distance: int) -> np.ndarray:
        first, last = pos - distance, pos + distance
        parts = [self.tile(gene, n) for n in range(first // TILE, last // TILE + 1)]
        begin = first // TILE * TILE
        return np.concatenate(parts)[first - begin : last - begin + 1]

    def tile(self, gene: oracle.Gene, n: int) -> np.ndarray:
        if (gene.name, n) not in self.tiles:
            file = self.cache / f"reference-{gene.name}-{n}.npy"
            if not file.exists():
                first, last = n * TILE - 5000, n * TILE + TILE - 1 + 5000
                letters = "".join(
                    self.sequence[p - 1] if gene.start <= p <= gene.end else "N" for p in range(first, last + 1)
                )
                beside = file.with_name(f"{file.stem}-{os.getpid()}.tmp.npy")
                np.save(beside, oracle.predictions(self.members, letters, gene.strand).astype(np.float32))
                beside.replace(file)
            self.tiles[gene.name, n] = np.load(file)
        return self.tiles[gene.name, n]


def run_oracle(arguments) -> None:
    members = load_members(arguments.threads)
    arguments.cache.mkdir(parents=True, exist_ok=True)
    sequence, genes = read_sequence(DATA), read_genes(DATA)
    references = References(members, sequence, arguments.cache)
    todo = [case for i, case in enumerate(cases(sequence, genes)) if i % arguments.parts == arguments.part]
    begun = time.monotonic()
    done = 0
    for i, case in enumerate(todo):
        file = arguments.cache / f"{key(case)}.npz"
        if file.exists():
            continue
        if time.monotonic() - begun > 60 * arguments.minutes:
            print(f"{i} of {len(todo)} done so far ({done} now)")
            return
        pos, ref, alt, distance, gene = case
        letters = oracle.windows(sequence, gene, pos, ref, alt, distance)[1]
        y_alt = oracle.predictions(members, letters, gene.strand)
        y_ref = references(gene, pos, distance)
        beside = file.with_suffix(".tmp.npz")
        np.savez(beside, y_ref=y_ref, y_alt=y_alt)
        beside.replace(file)
        done += 1
    print(f"all {len(todo)} done")


class Memory:
    """A model that remembers its outputs, so that the mask's two settings cost one pass."""

    def __init__(self, model):
        self.model, self.kept = model, {}

    def __call__(self, window, alternates):
        name = hashlib.sha1(b"".join(np.ascontiguousarray(part).tobytes() for part in (window, *alternates))).digest()
        if name not in self.kept:
            self.kept[name] = self.model(window, alternates)
        return self.kept[name]


def kind_of(ref: str, alt: str) -> str:
    return "SNV" if len(ref) == len(alt) else "insertion" if len(alt) > len(ref) else "deletion"


def engine_version() -> str:
    """Return a name for the code that is compared, so that kept results are of this very code."""
    import deepbio

    folder = Path(deepbio.__file__).parent
    files = [
        *sorted(folder.glob("incremental/*.py")),
        *(folder / "variants" / f"{n}.py" for n in ("rules", "splicing", "windows")),
    ]
    return hashlib.sha1(b"".join(file.read_bytes() for file in files)).hexdigest()[:10]


def run_engine(arguments) -> None:
    """Score the variants that the oracle has done with deepbio, and keep texts and raw values for both masks."""
    import json
    import tempfile

    import tensorflow as tf

    if arguments.threads:
        tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
        tf.config.threading.set_inter_op_parallelism_threads(arguments.threads)
    from deepbio.genome import open_genome
    from deepbio.genome.vcf import parse_record
    from deepbio.variants import Annotation, Gene, SpliceScorer
    from deepbio.zoo import get_model

    sequence, genes = read_sequence(DATA), read_genes(DATA)
    version = engine_version()
    todo = [case for i, case in enumerate(cases(sequence, genes)) if i % arguments.parts == arguments.part]
    todo = [case for case in todo if not (arguments.cache / f"{key(case)}-{version}.json").exists()]
    todo = [case for case in todo if (arguments.cache / f"{key(case)}.npz").exists()]
    todo.sort(key=lambda case: (case[3], case[4].name, len(case[2]) > 1, case[0]))  # so that near ones share windows
    fasta = Path(tempfile.mkdtemp()) / "chr22.fa"
    fasta.write_text(f">22\n{sequence}\n", encoding="ascii")
    table = Annotation(Gene(g.name, "22", g.strand, g.start, g.end, g.boundaries) for g in genes)
    model, genome = get_model(arguments.weights), open_genome(fasta)
    begun = time.monotonic()
    scorer = None
    for first in range(0, len(todo), 32):
        for distance in sorted({case[3] for case in todo[first : first + 32]}):
            if time.monotonic() - begun > 60 * arguments.minutes:
                print(f"{first} of {len(todo)} done")
                return
            if scorer is None or scorer.distance != distance:
                scorer = SpliceScorer(model, genome, table, distance=distance)
                scorer.incremental = Memory(scorer.incremental)
            part = [case for case in todo[first : first + 32] if case[3] == distance]
            records = [
                parse_record(f"{'chr' if i % 2 else ''}22\t{c[0]}\t.\t{c[1]}\t{c[2]}\t.\t.\t.")
                for i, c in enumerate(part)
            ]
            found: list[dict] = [{} for _ in part]
            for scorer.mask in (False, True):
                for case, scored, kept in zip(part, scorer(records), found, strict=True):
                    effect = next(e for e in scored.effects if e.gene == case[4].name)
                    kept[str(int(scorer.mask))] = {"text": effect.text(), "raw": effect.scores}
            for case, kept in zip(part, found, strict=True):
                (arguments.cache / f"{key(case)}-{version}.json").write_text(json.dumps(kept), encoding="utf-8")
            scorer.incremental.kept.clear()
    print(f"all {len(todo)} done")


def compare(arguments) -> None:
    import collections
    import json

    sequence, genes = read_sequence(DATA), read_genes(DATA)
    version = engine_version()
    same, total, worst = collections.Counter(), collections.Counter(), collections.defaultdict(float)
    lines: list[str] = []
    variants, alternates = set(), 0
    for case in cases(sequence, genes):
        ours = arguments.cache / f"{key(case)}-{version}.json"
        if not ours.exists():
            continue
        pos, ref, alt, distance, gene = case
        alternates += 1
        variants.add((pos, ref, alt, distance))
        kept = json.loads(ours.read_text(encoding="utf-8"))
        with np.load(arguments.cache / f"{key(case)}.npz") as theirs:
            y_ref, y_alt = theirs["y_ref"], theirs["y_alt"]
        for mask in (0, 1):
            text, raw = oracle.entry(y_ref, y_alt, gene, pos, ref, alt, distance, mask)
            found = kept[str(mask)]
            name = (kind_of(ref, alt), gene.strand, distance)
            total[name] += 1
            same[name] += found["text"] == text
            worst[name] = max(worst[name], float(np.abs(np.subtract(found["raw"], raw)).max()))
            if found["text"] != text:
                lines.append(f"{pos} {gene.name} distance {distance} mask {mask}: `{found['text']}` for `{text}`")
    rows = [
        "| kind | strand | distance | strings (masks 0 and 1) | identical | largest raw difference |",
        "|---|---|---|---|---|---|",
        *(f"| {n[0]} | {n[1]} | {n[2]} | {total[n]} | {same[n]} | {worst[n]:.1e} |" for n in sorted(total)),
        f"| all | | | {sum(total.values())} | {sum(same.values())} | {max(worst.values()):.1e} |",
    ]
    head = (
        f"{len(variants):,} variants, {alternates:,} entries (of a variant and a gene), under masks 0 and 1; SpliceAI's own five "
        f"networks ({arguments.weights}). Made by `python benchmarks/variants_equality.py` (oracle, engine, compare). Variants lie "
        "in the 18 genes of a megabase of chromosome 22: all SNVs within four bases of 24 splice sites, random SNVs, insertions and "
        "deletions of 1 to 50 bases, half of them near exon boundaries. A string is the whole entry: scores, positions and all. Raw "
        "differences are of the four scores."
    )
    text = "\n".join([head, "", *rows, "", *(f"- {line}" for line in lines)]).rstrip() + "\n"
    print(text)
    if arguments.out:
        arguments.out.write_text("# Splice scores beside SpliceAI's algorithm\n\n" + text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["oracle", "engine", "compare"])
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--part", type=int, default=0)
    parser.add_argument("--parts", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=9)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--weights", default="spliceai_10k.illumina")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    {"oracle": run_oracle, "engine": run_engine, "compare": compare}[arguments.what](arguments)


if __name__ == "__main__":
    main()
