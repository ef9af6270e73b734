"""FASTA and BED in, batches of 1,000 bp windows out: deepbio's codes beside other packages, in turns of one run.

    python benchmarks/feed_speed.py [--tangermeme PYTHON] [--genvarloader PYTHON] [--out benchmarks/results/feed_speed.md]

Needs pyfaidx. PYTHON is the interpreter of an environment with the package and pyfaidx or PyTorch. One chromosome of 249 Mb
is simulated, with a run of 18 million N; all read the same windows in the same random order, in batches of 256, except
tangermeme, whose `extract_loci` returns all windows in one call. The first opening (encoding, indexing, caching) is timed
apart. Bytes per base are those of the batch that leaves for the device. Windows per second are of the best round.
"""

import tempfile
from pathlib import Path

import numpy as np
from _table import available, in_turns, script, table, write_page

LENGTH, BATCH, BASES = 1000, 256, 249_000_000
SETUP = f"""
import json, sys, time
import numpy as np
fasta, bed, LENGTH, BATCH = sys.argv[1], sys.argv[2], {LENGTH}, {BATCH}
rows = [line.split() for line in open(bed)]
starts = np.array([int(row[1]) for row in rows])
order = np.random.default_rng(1).permutation(len(rows))
began = time.perf_counter()
"""
RUN = """
opened = time.perf_counter() - began
best, passes, spent = 0, 0, 0
while passes < 4 or spent < 2:  # a short pass is easily hit by other work of the machine, so it gets more of them
    start = time.perf_counter()
    windows, sent = once()
    took = time.perf_counter() - start
    best, passes, spent = max(best, windows / took), passes + 1, spent + took
print(json.dumps([opened, best, sent / windows / LENGTH]))
"""
BATCHES = """
def once(fraction=1.0):
    some = order[: max(BATCH, int(fraction * len(order)))]
    return len(some), sum(batch(some[i : i + BATCH]).nbytes for i in range(0, len(some), BATCH))
"""
DEEPBIO = """
from deepbio.genome import GenomeWindows, open_genome, read_bed
batch = GenomeWindows(open_genome(fasta), read_bed(bed), length=LENGTH).__getitem__
"""
PYFAIDX = """
import pyfaidx
reference = pyfaidx.Fasta(fasta, as_raw=True, sequence_always_upper=True)
table = np.zeros((256, 4), np.float32)
table[list(b"ACGT"), range(4)] = 1
def batch(chosen):
    bases = "".join(reference["chr1"][int(s) : int(s) + LENGTH] for s in starts[chosen])
    return table[np.frombuffer(bases.encode(), np.uint8).reshape(-1, LENGTH)]
"""
TANGERMEME = """
import pandas, pyfaidx, torch
from tangermeme.io import extract_loci
pyfaidx.Fasta(fasta)
loci = pandas.read_csv(bed, sep="\\t", names=["chrom", "start", "end"]).iloc[order]
def once():
    found = extract_loci(loci, fasta, in_window=LENGTH JOBS)
    return len(found), found.numel() * found.element_size()
"""
GENVARLOADER = """
import genvarloader as gvl
one_hot = lambda x: __import__("seqpro").DNA.ohe(np.asarray(x).view("S1"))
data = gvl.RefDataset(gvl.Reference.from_path(fasta), gvl.read_bedlike(bed), output_length=LENGTH)
loader = data.to_dataloader(batch_size=BATCH, shuffle=True OPTION)
def once():
    return len(order), sum([np.asarray(found).nbytes for found in loader])
"""
WAYS = {
    "deepbio, codes": ("", DEEPBIO + BATCHES),
    "pyfaidx and NumPy one-hot": ("", PYFAIDX + BATCHES.replace("=1.0", "=0.1")),
    "tangermeme, extract_loci": ("tangermeme", TANGERMEME.replace(" JOBS", ", n_jobs=1")),
    "tangermeme, extract_loci, 4 jobs": ("tangermeme", TANGERMEME.replace(" JOBS", "")),
    "GenVarLoader, data loader, bases": ("genvarloader", GENVARLOADER.replace(" OPTION", "")),
    "GenVarLoader, data loader, one-hot": ("genvarloader", GENVARLOADER.replace(" OPTION", ", transform=one_hot")),
}


def simulate(folder: Path, bases: int, windows: int) -> tuple[Path, Path]:
    random = np.random.default_rng(0)
    letters = np.frombuffer(b"ACGT", np.uint8)[random.integers(0, 4, bases - bases % 60, dtype=np.uint8)]
    letters[bases // 2 : bases // 2 + bases // 14] = ord("N")
    lines = np.full((len(letters) // 60, 61), ord("\n"), np.uint8)
    lines[:, :60] = letters.reshape(-1, 60)
    (folder / "genome.fa").write_bytes(b">chr1\n" + lines.tobytes())
    starts = random.integers(0, len(letters) - LENGTH, windows).tolist()
    (folder / "windows.bed").write_text("".join(f"chr1\t{s}\t{s + LENGTH}\n" for s in starts))
    return folder / "genome.fa", folder / "windows.bed"


@script(__doc__, rounds=3, bases=249_000_000, windows=50_000, tangermeme=str, genvarloader=str)
def main(arguments):
    ways = {name: (python, SETUP + code + RUN) for name, (python, code) in available(WAYS, arguments).items()}
    with tempfile.TemporaryDirectory() as folder:
        files = simulate(Path(folder), arguments.bases, arguments.windows)
        found = in_turns(ways, arguments.rounds, *files, DEEPBIO_CACHE=f"{folder}/cache")
    best = {name: max(rate for _, rate, _ in rounds) for name, rounds in found.items()}
    rows = [
        (name, f"{opened:.1f}", f"{best[name]:,.0f}", f"{size:.0f}", f"{best['deepbio, codes'] / best[name]:.1f}")
        for name, [(opened, _, size), *_] in found.items()
    ]
    lines = table(("way", "opening s", "windows/s", "bytes per base", "deepbio is faster by"), rows)
    about = (
        f"{arguments.windows:,} windows of {LENGTH} bp in random order from one simulated chromosome of {arguments.bases:,} bp "
        f"(FASTA) and a BED file; {arguments.rounds} rounds in turns."
    )
    write_page(arguments, "Feed speed", about, lines)
