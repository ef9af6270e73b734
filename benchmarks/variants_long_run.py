"""A VCF of 100,000 variants through `deepbio variants splice`: memory over time, and the same bytes after five kills.

    python benchmarks/variants_long_run.py genes|networks [--folder FOLDER] [--inside 20000] [--out FILE]

`networks`: the five networks of spliceai_10k.ci on the megabase of chromosome 22 in `../shared/data` with its genes; so that the run
takes minutes, `--inside` of the records lie inside genes and the rest outside, which pass through. Two windows are computed at a time.
`genes`: SpliceAI's form with 80 bases of context and random weights; all records lie inside one gene of two million bases.
A run that was killed is started again with `--resume`. Exits with 1 if the bytes differ, or memory grows by 150 MiB or exceeds
2,000. `--out` adds to what is there.
"""

import hashlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from _table import MEGABASE, ROOT, script, table, write_page

HEAD = "##fileformat=VCFv4.2\n##contig=<ID={}>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
TABLE = "#NAME\tCHROM\tSTRAND\tTX_START\tTX_END\tEXON_START\tEXON_END\n"
LENGTH, CHUNK, KILLS = 2_000_000, 1024, 5
MAX_MEMORY, MAX_GROWTH = 2000, 150  # MiB


def write_vcf(path: Path, chromosome: str, bases: str, positions: np.ndarray) -> None:
    """Write SNVs, a tenth insertions and a tenth deletions at these positions."""
    with path.open("w", encoding="utf-8") as file:
        file.write(HEAD.format(chromosome))
        for pos in positions:
            ref = bases[pos - 1]
            alt = "ACGT"[("ACGT".index(ref) + 1) % 4]
            alleles = {0: (ref, f"{ref}TTG"), 1: (bases[pos - 1 : pos + 2], ref)}.get(pos % 10, (ref, alt))
            file.write(f"{chromosome}\t{pos}\t.\t{alleles[0]}\t{alleles[1]}\t.\t.\tN={pos}\n")


def prepare_genes(folder: Path, n: int) -> list[str]:
    """Write a run whose records all lie in one gene; return its options."""
    from deepbio.sequence import decode
    from deepbio.specs import Task
    from deepbio.zoo import describe, get_model
    from deepbio.zoo.preset import save_preset
    from deepbio.zoo.record import attach

    random = np.random.Generator(np.random.Philox(1))
    bases = decode(random.integers(0, 4, LENGTH).astype(np.uint8))
    (folder / "genome.fa").write_text(f">1\n{bases}\n", encoding="ascii")
    (folder / "genes.tsv").write_text(f"{TABLE}G\t1\t-\t0\t{LENGTH}\t0,\t{LENGTH},\n", encoding="utf-8")
    write_vcf(folder / "in.vcf", "1", bases, np.sort(random.choice(np.arange(500, LENGTH - 500), n, replace=False)))
    model = get_model("spliceai_80nt", input_shape=181, outputs=3, seed=0)
    task = Task("per_position", 3, ("none", "acceptor", "donor"))
    save_preset(attach(model, replace(describe(model), task=task)), folder / "preset")
    return ["--annotation", "genes.tsv", "--weights", "./preset", "--distance", "20"]


def prepare_networks(folder: Path, n: int, inside: int, data: Path) -> list[str]:
    """Write a run on chromosome 22 with `inside` of its records inside genes; return its options."""
    from variants_cispliceai import prepare
    from variants_equality import read_sequence

    prepare(folder, data)
    bases = read_sequence(data)
    covered = np.zeros(len(bases) + 1, bool)
    for row in (folder / "genes.csv").read_text(encoding="utf-8").splitlines()[1:]:
        start, end = map(int, row.split(",")[3:5])
        covered[start : end + 1] = True
    positions = np.array([p for p in range(6000, len(bases) - 6000) if "N" not in bases[p - 1 : p + 2]])
    random = np.random.Generator(np.random.Philox(6))
    few = random.choice(positions[covered[positions]], inside, replace=False)
    many = random.choice(positions[~covered[positions]], n - inside, replace=False)
    write_vcf(folder / "in.vcf", "22", bases, np.sort(np.concatenate([few, many])))
    return ["--annotation", "genes.csv", "--weights", "ci"]


class Runs:
    """Runs of the command in a folder."""

    def __init__(self, folder: Path, settings: list[str]) -> None:
        self.folder, self.settings = folder, ["--fasta", "genome.fa", "--chunk", str(CHUNK), *settings]

    def start(self, out: str, *more: str) -> subprocess.Popen:
        command = [sys.executable, "-m", "deepbio", "variants", "splice", "in.vcf", "-o", out, *self.settings, *more]
        variables = {**os.environ, "PYTHONPATH": str(ROOT), "TF_NUM_INTRAOP_THREADS": "2"}
        return subprocess.Popen(command, cwd=self.folder, env=variables, stderr=subprocess.DEVNULL)

    def finished(self, out: str) -> int:
        """Return the number of chunks on disk."""
        return len(list(self.folder.glob(f"{out}.chunks/0*.json")))

    def whole(self, out: str) -> list[tuple[int, int]]:
        """Run without a stop; return chunks done and resident memory in MiB, twice a second."""
        process, used = self.start(out), []
        while process.poll() is None:
            try:
                lines = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8").splitlines()
                sizes = [int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS")]
                used += [(self.finished(out), size) for size in sizes]
            except OSError:  # it has just ended
                pass
            time.sleep(0.5)
        assert process.returncode == 0
        return used

    def killed(self, out: str, chunks: int) -> list[int]:
        """Kill a run with SIGKILL several times, then let it end; return the chunks done at each kill."""
        found = []
        for k in range(1, KILLS + 1):
            process = self.start(out, "--resume")
            while self.finished(out) < k * chunks // (KILLS + 2) and process.poll() is None:
                time.sleep(0.05)
            assert process.poll() is None, "the run ended before it was killed"
            process.send_signal(signal.SIGKILL)
            process.wait()
            assert not (self.folder / out).exists()
            found.append(self.finished(out))
        assert self.start(out, "--resume").wait() == 0
        return found


@script(
    __doc__, kind=("genes", "networks"), folder=Path("runs/long_run"), records=100_000, inside=20_000, data=MEGABASE
)
def main(arguments):
    folder, n = arguments.folder / arguments.kind, arguments.records
    folder.mkdir(parents=True, exist_ok=True)
    genes = arguments.kind == "genes"
    runs = Runs(
        folder, prepare_genes(folder, n) if genes else prepare_networks(folder, n, arguments.inside, arguments.data)
    )
    total = -(-n // CHUNK)
    used, killed = runs.whole("whole.vcf"), runs.killed("killed.vcf", total)
    whole, again = ((folder / name).read_bytes() for name in ("whole.vcf", "killed.vcf"))
    records = [line for line in whole.decode().splitlines() if not line.startswith("#")]
    step = max(total // 7, 1)
    spans = [(first, min(first + step - 1, total)) for first in range(0, total + 1, step)]
    peaks = {span: max((m for chunks, m in used if span[0] <= chunks <= span[1]), default=0) for span in spans}
    early = max((memory for chunks, memory in used if chunks <= total // 3), default=0)
    growth, digests = max(peaks.values()) - early, [hashlib.sha256(part).hexdigest()[:16] for part in (whole, again)]
    parts = [
        f"## {arguments.kind}",
        f"{len(records):,} records, {sum('SpliceAI=' in line for line in records):,} of them with scores, in one process from start "
        f"to end. Memory grew by {growth} MiB after the first third.",
        table(
            (f"chunks of {CHUNK:,} records done", "highest memory in MiB"),
            [(f"{a} to {b}", m) for (a, b), m in peaks.items() if m],
        ),
        f"Killed five times with SIGKILL, after {', '.join(map(str, killed))} of {total} chunks, and resumed: "
        f"{'the same bytes' if whole == again else 'OTHER BYTES'}. SHA-256 {digests[0]}... and {digests[1]}...",
    ]
    write_page(arguments, "A long run", "", *parts, append=True)
    sys.exit(whole != again or growth >= MAX_GROWTH or max(peaks.values()) >= MAX_MEMORY or len(records) != n)
