"""Splice scores of deepbio beside SpliceAI's algorithm: more than 2,000 variants of a megabase of chromosome 22 (GRCh37).

    python benchmarks/variants_equality.py oracle --cache FOLDER [--part 0 --parts 1] [--minutes 9]
    python benchmarks/variants_equality.py engine --cache FOLDER [--part 0 --parts 1] [--minutes 9]
    python benchmarks/variants_equality.py compare --cache FOLDER [--out benchmarks/results/variants_equality.md]

`oracle` runs the slow reference of `benchmarks/_spliceai.py` with the five networks of the installed package spliceai 1.3.1 over full
windows with zero padding, and stores their outputs. The output at a reference position does not depend on where its window begins,
as long as it has 5,000 bases on both sides, so references are computed once per gene. `engine` scores the same variants with
deepbio; `compare` compares every output string and every raw score of what both have done.
"""

import collections
import gzip
import hashlib
import itertools
import tempfile
from pathlib import Path

import _spliceai as oracle
import numpy as np
from _table import MEGABASE, Cache, script, table, write_page

FIRST = 20_000_001
TILE = 10_000  # outputs of one reference pass
BASES = "ACGT"
Case = tuple[int, str, str, int, oracle.Gene]  # position, reference, alternate, distance, gene


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

    for strand in "+-":
        sites = sorted({b for g in genes if g.strand == strand for b in g.boundaries[1:-1]})
        for b in random.choice(sites, 12, replace=False):
            d = distance(len(chosen) // 3)
            for pos in range(int(b) - 4, int(b) + 4):
                chosen += [(pos, sequence[pos - 1], a, d) for a in BASES if a != sequence[pos - 1]]
    inside = [g for g in genes if g.end - g.start > 3000]

    def place() -> int:
        while True:
            gene = inside[random.integers(len(inside))]
            pos = int(random.integers(gene.start, gene.end - 60))
            if random.random() < 0.5:
                pos = int(random.choice(gene.boundaries)) + int(random.integers(-60, 60))
            known = set(sequence[pos - 1 : pos + 60]) <= set(BASES)
            if 7001 < pos < 992_000 and gene.start <= pos <= gene.end and known:
                return pos

    for i in range(520):
        ref = sequence[(pos := place()) - 1]
        chosen.append((pos, ref, str(random.choice([a for a in BASES if a != ref])), distance(i)))
    for i in range(470):
        ref = sequence[(pos := place()) - 1]
        first = ref if i % 9 else str(random.choice(list(BASES)))
        chosen.append((pos, ref, first + "".join(random.choice(list(BASES), i % 50 + 1)), distance(i)))
    for i in range(470):
        pos = place()
        chosen.append((pos, sequence[pos - 1 : pos + i % 50 + 1], sequence[pos - 1], distance(i)))
    return chosen


def cases(sequence: str, genes: list[oracle.Gene], part: int = 0, parts: int = 1) -> list[Case]:
    """Return each variant with each of its genes, in an order that has all kinds early."""
    found = [(*variant, gene) for variant in choose(sequence, genes) for gene in oracle.overlapping(genes, variant[0])]
    order = np.random.Generator(np.random.Philox(11)).permutation(len(found))
    return [found[i] for i in order][part::parts]


def key(case: Case) -> str:
    return hashlib.sha1("|".join(map(str, (*case[:4], case[4].name))).encode()).hexdigest()[:16]


def kind_of(ref: str, alt: str) -> str:
    return "SNV" if len(ref) == len(alt) else "insertion" if len(alt) > len(ref) else "deletion"


def load_members():
    """Return SpliceAI's own five networks, from its installed package, as functions of one window `(1, length, 4)`."""
    import importlib.metadata

    import keras
    import tensorflow as tf

    package = importlib.metadata.distribution("spliceai")
    members = []
    for i in range(1, 6):
        model = keras.models.load_model(str(package.locate_file(f"spliceai/models/spliceai{i}.h5")), compile=False)
        signature = [tf.TensorSpec((1, None, 4), tf.float32)]
        members.append(tf.function(lambda x, model=model: model(x, training=False), input_signature=signature))
    return members


def run_oracle(arguments, cache: Cache, sequence: str, genes: list[oracle.Gene]) -> None:
    members = load_members()

    def tile(gene: oracle.Gene, n: int) -> np.ndarray:
        """Return outputs of the gene's own strand, `TILE` positions at a time."""
        first, last = n * TILE - 5000, n * TILE + TILE - 1 + 5000
        bases = "".join(sequence[p - 1] if gene.start <= p <= gene.end else "N" for p in range(first, last + 1))
        name = f"reference-{gene.name}-{n}"
        return (
            cache.get(name) or cache.store(name, {"y": oracle.predictions(members, bases, gene.strand).astype("f4")})
        )["y"]

    def outputs(case: Case) -> dict[str, np.ndarray]:
        pos, ref, alt, distance, gene = case
        first, last = pos - distance, pos + distance
        tiles = np.concatenate([tile(gene, n) for n in range(first // TILE, last // TILE + 1)])
        begin = first // TILE * TILE
        window = oracle.windows(sequence, gene, pos, ref, alt, distance)[1]
        y_alt = oracle.predictions(members, window, gene.strand)
        return {"y_ref": tiles[first - begin : last - begin + 1], "y_alt": y_alt}

    for case in cases(sequence, genes, arguments.part, arguments.parts):
        cache(key(case), lambda case=case: outputs(case))


class Memory:
    """A model that remembers its outputs, so that the mask's two settings cost one pass."""

    def __init__(self, model):
        self.model, self.kept = model, {}

    def __call__(self, window, alternates):
        name = hashlib.sha1(b"".join(np.ascontiguousarray(part).tobytes() for part in (window, *alternates))).digest()
        if name not in self.kept:
            self.kept[name] = self.model(window, alternates)
        return self.kept[name]


def engine_version() -> str:
    """Return a name for the code that is compared, so that stored results are of this very code."""
    import deepbio

    folder = Path(deepbio.__file__).parent
    rules = [folder / "variants" / f"{name}.py" for name in ("rules", "splicing", "windows")]
    files = [*sorted(folder.glob("incremental/*.py")), *rules]
    return hashlib.sha1(b"".join(file.read_bytes() for file in files)).hexdigest()[:10]


def run_engine(arguments, cache: Cache, sequence: str, genes: list[oracle.Gene]) -> None:
    """Score the variants that the oracle has done with deepbio; store texts and raw values for both masks."""
    from deepbio.genome import Annotation, Gene, open_genome
    from deepbio.genome.vcf import parse_record
    from deepbio.variants import SpliceScorer
    from deepbio.zoo import get_model

    version = engine_version()
    todo = [case for case in cases(sequence, genes, arguments.part, arguments.parts) if cache.get(key(case))]
    todo = [case for case in todo if not cache.get(f"{key(case)}-{version}")]
    todo.sort(key=lambda case: (case[3], case[4].name, len(case[2]) > 1, case[0]))  # so that near ones share windows
    fasta = Path(tempfile.mkdtemp()) / "chr22.fa"
    fasta.write_text(f">22\n{sequence}\n", encoding="ascii")
    annotation = Annotation(Gene(g.name, "22", g.strand, g.start, g.end, g.boundaries) for g in genes)
    model, genome = get_model(arguments.weights), open_genome(fasta)
    for distance, group in itertools.groupby(todo, key=lambda case: case[3]):
        scorer = SpliceScorer(model, genome, annotation, distance=distance)
        scorer.incremental = memory = Memory(scorer.incremental)
        for part in iter(lambda group=group: list(itertools.islice(group, 32)), []):
            rows = [f"{'chr' * (i % 2)}22\t{c[0]}\t.\t{c[1]}\t{c[2]}\t.\t.\t." for i, c in enumerate(part)]
            found: list[dict] = [{} for _ in part]
            for scorer.mask in (False, True):
                for case, scored, kept in zip(part, scorer([*map(parse_record, rows)]), found, strict=True):
                    effect = next(e for e in scored.effects if e.gene == case[4].name)
                    kept |= {f"text{int(scorer.mask)}": effect.text(), f"raw{int(scorer.mask)}": effect.scores}
            for case, kept in zip(part, found, strict=True):
                cache.store(f"{key(case)}-{version}", kept)
            memory.kept.clear()


def compare(arguments, cache: Cache, sequence: str, genes: list[oracle.Gene]) -> None:
    version = engine_version()
    same, total, worst = collections.Counter(), collections.Counter(), collections.defaultdict(float)
    lines, variants, entries = [], set(), 0
    for case in cases(sequence, genes):
        ours, theirs = cache.get(f"{key(case)}-{version}"), cache.get(key(case))
        if not ours or not theirs:
            continue
        pos, ref, alt, distance, gene = case
        entries += 1
        variants.add(case[:4])
        for mask in (0, 1):
            text, raw = oracle.entry(theirs["y_ref"], theirs["y_alt"], gene, pos, ref, alt, distance, mask)
            name = (kind_of(ref, alt), gene.strand, distance)
            total[name] += 1
            same[name] += ours[f"text{mask}"] == text
            worst[name] = max(worst[name], float(np.abs(np.subtract(ours[f"raw{mask}"], raw)).max()))
            if ours[f"text{mask}"] != text:
                lines.append(
                    f"- {pos} {gene.name} distance {distance} mask {mask}: `{ours[f'text{mask}']}` for `{text}`"
                )
    rows = [[*n, total[n], same[n], f"{worst[n]:.1e}"] for n in sorted(total)]
    rows.append(["all", "", "", sum(total.values()), sum(same.values()), f"{max(worst.values(), default=0):.1e}"])
    header = ("kind", "strand", "distance", "strings (masks 0 and 1)", "identical", "largest raw difference")
    about = (
        f"{len(variants):,} variants, {entries:,} entries (of a variant and a gene), under masks 0 and 1; SpliceAI's own five "
        f"networks ({arguments.weights}). Before this, the commands oracle and engine. Variants lie in the 18 genes of a megabase "
        "of chromosome 22: all SNVs within four bases of 24 splice sites, random SNVs, insertions and deletions of 1 to 50 bases, "
        "half of them near exon boundaries. A string is the whole entry: scores, positions and all. Raw differences are of the "
        "four scores."
    )
    write_page(arguments, "Splice scores beside SpliceAI's algorithm", about, table(header, rows), lines)


@script(
    __doc__,
    cache=True,
    what=("oracle", "engine", "compare"),
    part=0,
    parts=1,
    weights="spliceai_10k.illumina",
    data=MEGABASE,
)
def main(arguments):
    cache, run = Cache(arguments), {"oracle": run_oracle, "engine": run_engine, "compare": compare}[arguments.what]
    run(arguments, cache, read_sequence(arguments.data), read_genes(arguments.data))
    cache.stop_if_incomplete()
