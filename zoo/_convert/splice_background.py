"""Score random SNVs of a megabase of chromosome 22, and store the distribution of their delta scores beside the weights.

python zoo/_convert/splice_background.py chr22_20000001-21000000.fa.gz zoo/spliceai_10k.ci [SNVS_OF_EACH_KIND [FILE]]

SNVs are drawn without replacement among all substitutions in genes of the preset's table, an equal number of each kind (distance from
the nearest exon boundary), where the window of 10,101 bases has no N. The file, by default the preset's `background.json`, is written
after each round of 500 SNVs of each kind, and a run that was stopped goes on from it. The file must then be named in `preset.json`.
"""

import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np

from deepbio.files import sha256_of, write_atomically
from deepbio.genome import Annotation, open_genome, read_annotation
from deepbio.genome.vcf import parse_record
from deepbio.variants import SpliceScorer
from deepbio.variants.background import (
    COLUMNS,
    FILE,
    KINDS,
    Background,
    background_counts,
    kind_of,
    read_background,
    write_background,
)
from deepbio.variants.rules import masked
from deepbio.zoo import get_model
from deepbio.zoo.preset import weights_hash

FIRST, SIDE, DISTANCE, SEED, ROUND, CHUNK = 20_000_000, 5_050, 50, 0, 500, 200

LICENCES = {"ci": "CC BY 4.0", "illumina": "CC BY-NC 4.0"}


def chosen_sites(genome, annotation: Annotation, n: int):
    """Yield rounds of gene, position and alternate of SNVs: `n` of each kind in all, or all if there are fewer."""
    codes = genome["22"]
    unknown = np.concatenate([[0], np.cumsum(np.asarray(codes) > 3)])
    sites = defaultdict(list)
    for gene in annotation.genes:
        low, high = max(gene.start, FIRST + 1 + SIDE), min(gene.end, len(codes) - SIDE)
        boundaries = np.array(gene.boundaries)
        for position in range(low, high + 1):
            if unknown[position + SIDE] == unknown[position - 1 - SIDE]:
                sites[kind_of(int(np.abs(boundaries - position).min()))].append((gene, position))
    random = np.random.Generator(np.random.Philox(SEED))
    chosen = {kind: random.permutation(3 * len(sites[kind]))[:n].tolist() for kind in KINDS}
    for first in range(0, n, ROUND):
        found = []
        for kind in KINDS:
            for i in chosen[kind][first : first + ROUND]:
                gene, position = sites[kind][i // 3]
                found.append((gene, position, (int(codes[position - 1]) + 1 + i % 3) % 4))
        yield sorted(found, key=lambda site: (site[0].name, site[1], site[2]))


def scores_of(scorer: SpliceScorer, genome, sites) -> list:
    """Return kind, scores and masked scores of SNVs; those that lie near each other share a reference pass."""
    found = []
    for first in range(0, len(sites), CHUNK):
        part = sites[first : first + CHUNK]
        records = [
            parse_record(f"22\t{at}\t.\t{'ACGT'[genome['22'][at - 1]]}\t{'ACGT'[alternate]}\t.\t.\t.")
            for _, at, alternate in part
        ]
        for (gene, at, _), scored in zip(part, scorer(records), strict=True):
            (effect,) = [one for one in scored.effects if one.gene == gene.name]
            boundary = gene.boundary(at)
            found.append((kind_of(boundary), effect.scores, masked(effect.scores, effect.positions, boundary)))
    return found


def together(one: Background, other: Background) -> Background:
    """Return two backgrounds as one, with the facts of the first."""
    counts = {
        kind: {
            masked: {c: np.add(one.counts[kind][masked][c], other.counts[kind][masked][c]).tolist() for c in COLUMNS}
            for masked in (False, True)
        }
        for kind in KINDS
    }
    return Background(one.facts, counts)


def main(fasta: Path, preset: Path, n: int, out: Path) -> None:
    from deepbio.datasets.readers import read_fasta
    from deepbio.sequence import decode

    with tempfile.TemporaryDirectory() as folder:
        padded = Path(folder) / "22.fa"  # N before the megabase, so that positions are those of the chromosome
        sequence = decode(np.asarray(read_fasta(fasta).codes[0])[None])[0]
        padded.write_text(f">22\n{'N' * FIRST}{sequence}\n", encoding="ascii")
        genome = open_genome(padded)
    end, weights = len(genome["22"]), preset.name.rpartition(".")[2]
    annotation = read_annotation("grch37", weights=weights)
    inside = [gene for gene in annotation.genes if gene.chromosome in ("22", "chr22")]
    genes = Annotation([gene for gene in inside if gene.end > FIRST + SIDE and gene.start <= end - SIDE])
    model = get_model(str(preset))
    facts = {
        "format": 1,
        "model": preset.name,
        "weights_sha256": weights_hash(model),
        "genome": "GRCh37, chromosome 22, 20,000,001 to 21,000,000",
        "genome_sha256": sha256_of(fasta),
        "annotation": f"grch37 of the weights {weights}",
        "annotation_sha256": sha256_of(annotation.source),
        "genes": len(genes.genes),
        "distance": DISTANCE,
        "seed": SEED,
        "round": ROUND,
        "licence": f"computed from public sequence with weights under {LICENCES[weights]}",
    }
    found, done = Background(facts, background_counts([])), 0
    if out.exists() and (stored := read_background(out)).facts == facts:
        found, done = stored, max(map(stored.size, KINDS)) // ROUND
    scorer = SpliceScorer(model, genome, genes, distance=DISTANCE)
    for i, sites in enumerate(chosen_sites(genome, genes, n)):
        if i < done:
            continue
        found = together(found, Background({}, background_counts(scores_of(scorer, genome, sites))))
        with write_atomically(out) as beside:
            write_background(beside, found)
        print({kind: found.size(kind) for kind in KINDS}, flush=True)


if __name__ == "__main__":
    given = [*sys.argv[1:], *("", "", "3000", "")[len(sys.argv) - 1 :]]
    main(Path(given[0]), Path(given[1]), int(given[2]), Path(given[3] or f"{given[1]}/{FILE}"))
