"""A VCF of 100,000 variants through `deepbio variants splice`: memory over time, and the same bytes after five kills.

    python benchmarks/variants_long_run.py FOLDER [--kind genes|networks] [--inside 20000] [--out FILE]

`networks`: the five networks of spliceai_10k.ci on the megabase of chromosome 22 in `../shared/data` with its genes; so that the run
takes minutes, `--inside` of the 100,000 records lie inside genes and the rest outside, which pass through.
`genes`: SpliceAI's form with 80 bases of context and random weights; all 100,000 records lie inside one gene of two million bases.
A run that was killed is started again with `--resume`.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

HEAD = "##fileformat=VCFv4.2\n##contig=<ID={}>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
TABLE = "#NAME\tCHROM\tSTRAND\tTX_START\tTX_END\tEXON_START\tEXON_END\n"
LENGTH = 2_000_000


def write_vcf(path: Path, chromosome: str, letters: str, positions: np.ndarray) -> None:
    """Write SNVs, a tenth insertions and a tenth deletions at these positions."""
    with path.open("w", encoding="utf-8") as file:
        file.write(HEAD.format(chromosome))
        for pos in positions:
            ref = letters[pos - 1]
            alt = "ACGT"[("ACGT".index(ref) + 1) % 4]
            alleles = {0: (ref, f"{ref}TTG"), 1: (letters[pos - 1 : pos + 2], ref)}.get(pos % 10, (ref, alt))
            file.write(f"{chromosome}\t{pos}\t.\t{alleles[0]}\t{alleles[1]}\t.\t.\tN={pos}\n")


def prepare_genes(folder: Path, model, *, n: int = 100_000) -> list[str]:
    """Write a job whose records all lie in one gene; give its options."""
    from deepbio.sequence import decode
    from deepbio.zoo.preset import save_preset

    random = np.random.Generator(np.random.Philox(1))
    letters = decode(random.integers(0, 4, LENGTH).astype(np.uint8))
    (folder / "genome.fa").write_text(f">1\n{letters}\n", encoding="ascii")
    (folder / "genes.tsv").write_text(f"{TABLE}G\t1\t-\t0\t{LENGTH}\t0,\t{LENGTH},\n", encoding="utf-8")
    places = np.sort(random.choice(np.arange(500, LENGTH - 500), n, replace=False))
    write_vcf(folder / "in.vcf", "1", letters, places)
    save_preset(model, folder / "preset")
    return ["--annotation", "genes.tsv", "--weights", "./preset", "--chunk", "1024", "--distance", "20"]


def prepare_networks(folder: Path, *, inside: int, n: int = 100_000) -> list[str]:
    """Write a job on chromosome 22 with `inside` of its records inside genes; give its options."""
    from benchmarks import variants_cispliceai, variants_equality

    variants_cispliceai.prepare(folder)
    letters = variants_equality.read_sequence(variants_equality.DATA)
    rows = (folder / "genes.csv").read_text(encoding="utf-8").splitlines()[1:]
    covered = np.zeros(len(letters) + 1, bool)
    for row in rows:
        start, end = map(int, row.split(",")[3:5])
        covered[start : end + 1] = True
    places = np.array([p for p in range(6000, len(letters) - 6000) if "N" not in letters[p - 1 : p + 2]])
    random = np.random.Generator(np.random.Philox(6))
    few = random.choice(places[covered[places]], inside, replace=False)
    many = random.choice(places[~covered[places]], n - inside, replace=False)
    write_vcf(folder / "in.vcf", "22", letters, np.sort(np.concatenate([few, many])))
    return ["--annotation", "genes.csv", "--weights", "ci", "--chunk", "1024"]


def start(folder: Path, out: str, options: list[str], *more: str) -> subprocess.Popen:
    command = [
        sys.executable,
        "-m",
        "deepbio",
        "variants",
        "splice",
        "in.vcf",
        "--fasta",
        "genome.fa",
        "-o",
        out,
        *options,
        *more,
    ]
    return subprocess.Popen(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL)


def memory(process: subprocess.Popen) -> int:
    """Return the resident memory in MiB, 0 after the end."""
    try:
        lines = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8").splitlines()
        return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS")), 0)
    except OSError:
        return 0


def finished(folder: Path, out: str) -> int:
    """Return the number of parts that stand on disk."""
    return len(list(folder.glob(f"{out}.chunks/0*.json")))


def run_whole(folder: Path, out: str, options: list[str]) -> list[tuple[int, int]]:
    """Run without a stop; give parts done and memory, twice a second."""
    process = start(folder, out, options)
    used: list[tuple[int, int]] = []
    while process.poll() is None:
        used.append((finished(folder, out), memory(process)))
        time.sleep(0.5)
    assert process.returncode == 0
    return used


def run_killed(folder: Path, out: str, options: list[str], *, parts: int, kills: int = 5) -> list[int]:
    """Kill a run with SIGKILL several times, then let it end; give the parts done at each kill."""
    found = []
    for k in range(1, kills + 1):
        process = start(folder, out, options, "--resume")
        while finished(folder, out) < k * parts // (kills + 2) and process.poll() is None:
            time.sleep(0.05)
        assert process.poll() is None, "the run ended before it was killed"
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not (folder / out).exists()
        found.append(finished(folder, out))
    assert start(folder, out, options, "--resume").wait() == 0
    return found


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def tiny_model():
    """Return SpliceAI's smallest form with random weights."""
    from dataclasses import replace

    from deepbio.specs import Task
    from deepbio.zoo import describe, get_model
    from deepbio.zoo.record import attach

    model = get_model("spliceai_80nt", input_shape=181, outputs=3, seed=0)
    return attach(model, replace(describe(model), task=Task("per_position", 3, ("none", "acceptor", "donor"))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kind", choices=["genes", "networks"], default="networks")
    parser.add_argument("--inside", type=int, default=20_000, help="Records inside genes, of networks.")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    folder = arguments.folder / arguments.kind
    folder.mkdir(parents=True, exist_ok=True)
    if arguments.kind == "genes":
        options = prepare_genes(folder, tiny_model())
    else:
        options = prepare_networks(folder, inside=arguments.inside)
    begun = time.monotonic()
    used = run_whole(folder, "whole.vcf", options)
    seconds = time.monotonic() - begun
    total = -(-100_000 // 1024)
    killed = run_killed(folder, "killed.vcf", options, parts=total)
    whole, again = digest(folder / "whole.vcf"), digest(folder / "killed.vcf")
    lines = (folder / "whole.vcf").read_text(encoding="utf-8").splitlines()
    records = [line for line in lines if not line.startswith("#")]
    scored = sum("SpliceAI=" in line for line in records)
    text = [
        f"## {arguments.kind}", "",
        f"{len(records):,} records, {scored:,} of them with scores, in {seconds:.0f} s of one process from start to end.",
        "", "| parts of 1,024 records done | highest memory in MiB |", "|---|---|",
    ]  # fmt: skip
    for first in range(0, total + 1, 14):
        here = [m for parts, m in used if first <= parts < first + 14]
        if here:
            text.append(f"| {first} to {min(first + 13, total)} | {max(here)} |")
    text += [
        "",
        f"Killed five times with SIGKILL, after {', '.join(map(str, killed))} of {total} parts, and resumed: "
        f"{'the same bytes' if whole == again else 'OTHER BYTES'}. SHA-256 {whole[:16]}... and {again[:16]}...",
    ]
    print("\n".join(text))
    if arguments.out:
        title = "# A long run\n\nMade by `python benchmarks/variants_long_run.py FOLDER --kind genes|networks`.\n"
        old = arguments.out.read_text(encoding="utf-8") if arguments.out.exists() else title
        arguments.out.write_text(old + "\n" + "\n".join(text) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
