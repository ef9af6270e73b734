"""Windows a second from FASTA and BED: deepbio's codes beside pyfaidx with a NumPy one-hot, in one run.

    python benchmarks/feed_speed.py GENOME.fa        # needs pyfaidx

Both read the same 1,000 bp windows in the same random order, in batches of 256. deepbio sends one byte a base; the one-hot
array is float32, sixteen. The first opening of the genome (encoding, indexing) is left out for both. Best of three.
On a small genome both read from the processor's cache; give a whole one for figures to quote.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from deepbio.datasets.genome import GenomeWindows, open_genome, read_bed

LENGTH, BATCH = 1000, 256


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("genome", type=Path)
    parser.add_argument("--windows", type=int, default=20_000)
    chosen = parser.parse_args()
    import pyfaidx

    genome = open_genome(chosen.genome)
    name = max(genome.lengths, key=lambda record: genome.lengths[record])
    starts = np.random.default_rng(0).integers(0, genome.lengths[name] - LENGTH, chosen.windows)
    with tempfile.TemporaryDirectory() as folder:
        bed = Path(folder) / "windows.bed"
        bed.write_text("".join(f"{name}\t{s}\t{s + LENGTH}\n" for s in starts.tolist()))
        windows = GenomeWindows(genome, read_bed(bed), length=LENGTH)
    order = np.random.default_rng(1).permutation(chosen.windows)
    reference = pyfaidx.Fasta(str(chosen.genome), as_raw=True, sequence_always_upper=True)
    table = np.zeros((256, 4), dtype=np.float32)
    table[[ord(letter) for letter in "ACGT"], range(4)] = 1

    def ours() -> int:
        return sum(windows[order[i : i + BATCH]].nbytes for i in range(0, len(order), BATCH))

    def theirs() -> int:
        sent = 0
        few = order[: max(BATCH, len(order) // 10)]
        for i in range(0, len(few), BATCH):
            letters = [reference[name][int(s) : int(s) + LENGTH] for s in starts[few[i : i + BATCH]]]
            sent += table[np.frombuffer("".join(letters).encode(), np.uint8).reshape(-1, LENGTH)].nbytes
        return sent

    fast = _rate(ours, 1)
    slow = _rate(theirs, 16)
    print(f"deepbio            {fast:12,.0f} windows/s   1 byte a base")
    print(f"pyfaidx + one-hot  {slow:12,.0f} windows/s  16 bytes a base")
    print(f"ratio              {fast / slow:12.1f}")


def _rate(run: Callable[[], int], bytes_a_base: int) -> float:
    rates = []
    for _ in range(3):
        start = time.perf_counter()
        sent = run()
        rates.append(sent / bytes_a_base / LENGTH / (time.perf_counter() - start))
    return max(rates)


if __name__ == "__main__":
    main()
