"""Score random SNVs of a megabase of chromosome 22, and store the distribution of their delta scores beside the weights.

python zoo/_convert/splice_background.py chr22_20000001-21000000.fa.gz zoo/spliceai_10k.ci [SNVS_OF_EACH_KIND]

SNVs are drawn without replacement among all substitutions in genes of the preset's table, an equal number of each kind (distance from
the nearest exon boundary), where the window of 10,101 bases has no N. The file is written after each round, and the first rounds are
those of a run with a smaller number. It must then be named in `preset.json`.
"""

import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np

from deepbio.files import sha256_of
from deepbio.genome import Annotation, open_genome, read_annotation
from deepbio.genome.vcf import parse_record
from deepbio.variants import SpliceScorer
from deepbio.variants.background import FILE, KINDS, Background, background_counts, kind_of, write_background
from deepbio.variants.rules import masked
from deepbio.zoo import get_model

FIRST, SIDE, DISTANCE, SEED, ROUND = 20_000_000, 5_050, 50, 0, 50


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


def main(fasta: Path, preset: Path, n: int) -> None:
    from deepbio.datasets.readers import read_fasta
    from deepbio.sequence import decode

    with tempfile.TemporaryDirectory() as folder:
        padded = Path(folder) / "22.fa"  # N before the megabase, so that positions are those of the chromosome
        sequence = decode(np.asarray(read_fasta(fasta).codes[0])[None])[0]
        padded.write_text(f">22\n{'N' * FIRST}{sequence}\n", encoding="ascii")
        genome = open_genome(padded)
    end = len(genome["22"])
    annotation = read_annotation("grch37")
    genes = [gene for gene in annotation.genes if gene.chromosome == "chr22" and gene.end > FIRST and gene.start <= end]
    model = get_model(str(preset))
    facts = {
        "format": 1,
        "model": preset.name,
        "genome": "GRCh37, chromosome 22, 20,000,001 to 21,000,000",
        "genome_sha256": sha256_of(fasta),
        "annotation": "genes.grch37.csv.gz of the preset",
        "distance": DISTANCE,
        "seed": SEED,
        "licence": "computed from public sequence with weights and gene table under CC BY 4.0",
    }
    scorer = SpliceScorer(model, genome, Annotation(genes), distance=DISTANCE)
    found, names = [], set()
    for sites in chosen_sites(genome, Annotation(genes), n):
        records = [
            parse_record(f"22\t{at}\t.\t{'ACGT'[genome['22'][at - 1]]}\t{'ACGT'[alternate]}\t.\t.\t.")
            for _, at, alternate in sites
        ]
        for (gene, at, _), scored in zip(sites, scorer(records), strict=True):
            (effect,) = [one for one in scored.effects if one.gene == gene.name]
            boundary = gene.boundary(at)
            found.append((kind_of(boundary), effect.scores, masked(effect.scores, effect.positions, boundary)))
        names |= {gene.name for gene, _, _ in sites}
        write_background(preset / FILE, Background({**facts, "genes": len(names)}, background_counts(found)))
        print(len(found), "of", n * len(KINDS), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 200)
