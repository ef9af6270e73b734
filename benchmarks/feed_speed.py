"""FASTA and BED in, batches of 1,000 bp windows out: deepbio's codes beside other packages, in turns of one run.

    python benchmarks/feed_speed.py [--tangermeme PYTHON] [--genvarloader PYTHON] [--out FILE.md]

Needs pyfaidx. PYTHON is the interpreter of an environment with the package and pyfaidx or PyTorch. One chromosome of 249 Mb
is drawn, with a run of 18 million N; all read the same windows in the same random order, in batches of 256, except
tangermeme, whose `extract_loci` gives all windows in one call. The first opening (encoding, indexing, caching) is timed
apart. Bytes a base are those of the batch that leaves for the device. Windows a second are of the best round.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

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
def once(share=1.0):
    some = order[: max(BATCH, int(share * len(order)))]
    sent = 0
    for i in range(0, len(some), BATCH):
        sent += batch(some[i : i + BATCH]).nbytes
    return len(some), sent
"""
WAYS = {
    "deepbio, codes": (
        "",
        "from deepbio.genome import GenomeWindows, open_genome, read_bed\n"
        "batch = GenomeWindows(open_genome(fasta), read_bed(bed), length=LENGTH).__getitem__\n" + BATCHES,
    ),
    "pyfaidx and NumPy one-hot": (
        "",
        "import pyfaidx\nreference = pyfaidx.Fasta(fasta, as_raw=True, sequence_always_upper=True)\n"
        "table = np.zeros((256, 4), np.float32)\ntable[list(b'ACGT'), range(4)] = 1\n"
        "def batch(chosen):\n"
        "    letters = ''.join(reference['chr1'][int(s) : int(s) + LENGTH] for s in starts[chosen])\n"
        "    return table[np.frombuffer(letters.encode(), np.uint8).reshape(-1, LENGTH)]\n"
        + BATCHES.replace("share=1.0", "share=0.1"),
    ),
    "tangermeme, extract_loci": (
        "tangermeme",
        "import pandas, pyfaidx, torch\nfrom tangermeme.io import extract_loci\npyfaidx.Fasta(fasta)\n"
        "loci = pandas.read_csv(bed, sep='\\t', names=['chrom', 'start', 'end']).iloc[order]\n"
        "def once():\n    found = extract_loci(loci, fasta, in_window=LENGTH, n_jobs=1)\n"
        "    return len(found), found.numel() * found.element_size()\n",
    ),
    "tangermeme, extract_loci, 4 jobs": (
        "tangermeme",
        "import pandas, pyfaidx, torch\nfrom tangermeme.io import extract_loci\npyfaidx.Fasta(fasta)\n"
        "loci = pandas.read_csv(bed, sep='\\t', names=['chrom', 'start', 'end']).iloc[order]\n"
        "def once():\n    found = extract_loci(loci, fasta, in_window=LENGTH)\n"
        "    return len(found), found.numel() * found.element_size()\n",
    ),
    "GenVarLoader, data loader, letters": (
        "genvarloader",
        "import genvarloader as gvl\n"
        "data = gvl.RefDataset(gvl.Reference.from_path(fasta), gvl.read_bedlike(bed), output_length=LENGTH)\n"
        "loader = data.to_dataloader(batch_size=BATCH, shuffle=True)\n"
        "def once():\n    sizes = [np.asarray(found).nbytes for found in loader]\n    return len(order), sum(sizes)\n",
    ),
    "GenVarLoader, data loader, one-hot": (
        "genvarloader",
        "import genvarloader as gvl, seqpro\n"
        "data = gvl.RefDataset(gvl.Reference.from_path(fasta), gvl.read_bedlike(bed), output_length=LENGTH)\n"
        "loader = data.to_dataloader(batch_size=BATCH, shuffle=True, transform=lambda x: seqpro.DNA.ohe(np.asarray(x).view('S1')))\n"
        "def once():\n    sizes = [np.asarray(found).nbytes for found in loader]\n    return len(order), sum(sizes)\n",
    ),
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bases", type=int, default=BASES)
    parser.add_argument("--windows", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tangermeme", metavar="PYTHON")
    parser.add_argument("--genvarloader", metavar="PYTHON")
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    pythons = {"": sys.executable, "tangermeme": chosen.tangermeme, "genvarloader": chosen.genvarloader}
    ways = {name: (pythons[peer], code) for name, (peer, code) in WAYS.items() if pythons[peer]}
    found: dict[str, list[list[float]]] = {name: [] for name in ways}
    with tempfile.TemporaryDirectory() as folder:
        fasta, bed = _draw(Path(folder), chosen.bases, chosen.windows)
        for _ in range(chosen.rounds):
            for name, (python, code) in ways.items():
                found[name].append(_measure(python, code, fasta, bed))
    ours = max(rate for _, rate, _ in found["deepbio, codes"])
    lines = ["| way | opening s | windows/s | bytes a base | deepbio is faster by |", "|---|---:|---:|---:|---:|"]
    for name, rounds in found.items():
        opened, rate, size = rounds[0][0], max(row[1] for row in rounds), rounds[0][2]
        lines.append(f"| {name} | {opened:.1f} | {rate:,.0f} | {size:.0f} | {ours / rate:.1f} |")
    text = (
        f"# {chosen.windows:,} windows of {LENGTH} bp from one chromosome of {chosen.bases:,} bp\n\n"
        + "\n".join(lines)
        + "\n"
    )
    print(text)
    if chosen.out:
        chosen.out.write_text(text, encoding="utf-8")


def _draw(folder: Path, bases: int, windows: int) -> tuple[Path, Path]:
    draw = np.random.default_rng(0)
    letters = np.frombuffer(b"ACGT", np.uint8)[draw.integers(0, 4, bases - bases % 60, dtype=np.uint8)]
    letters[bases // 2 : bases // 2 + bases // 14] = ord("N")
    lines = np.full((len(letters) // 60, 61), ord("\n"), np.uint8)
    lines[:, :60] = letters.reshape(-1, 60)
    (folder / "genome.fa").write_bytes(b">chr1\n" + lines.tobytes())
    starts = draw.integers(0, len(letters) - LENGTH, windows).tolist()
    (folder / "windows.bed").write_text("".join(f"chr1\t{s}\t{s + LENGTH}\n" for s in starts))
    return folder / "genome.fa", folder / "windows.bed"


def _measure(python: str, code: str, fasta: Path, bed: Path) -> list[float]:
    cache = {"DEEPBIO_CACHE": str(fasta.parent / "cache")}
    ended = subprocess.run(
        [python, "-c", SETUP + code + RUN, str(fasta), str(bed)],
        env={**os.environ, **cache},
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        sys.exit(f"{python}: {ended.stderr[-3000:]}")
    return json.loads(ended.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
