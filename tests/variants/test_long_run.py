"""A long run: constant memory, and the same bytes after it was killed five times."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from deepbio.sequence import decode
from deepbio.zoo.preset import save_preset

N = 100_000
LENGTH = 2_000_000


@pytest.fixture(scope="module")
def job(tiny_model, tmp_path_factory):
    """Give the folder of a job of 100,000 SNVs and indels in one gene of two million bases."""
    folder = tmp_path_factory.mktemp("long")
    random = np.random.Generator(np.random.Philox(1))
    letters = decode(random.integers(0, 4, LENGTH).astype(np.uint8))
    (folder / "genome.fa").write_text(f">1\n{letters}\n", encoding="ascii")
    table = "#NAME\tCHROM\tSTRAND\tTX_START\tTX_END\tEXON_START\tEXON_END\n"
    (folder / "genes.tsv").write_text(f"{table}G\t1\t-\t0\t{LENGTH}\t0,\t{LENGTH},\n", encoding="utf-8")
    with (folder / "in.vcf").open("w", encoding="utf-8") as file:
        file.write("##fileformat=VCFv4.2\n##contig=<ID=1>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n")
        for pos in np.sort(random.choice(np.arange(500, LENGTH - 500), N, replace=False)):
            ref = letters[pos - 1]
            alt = "ACGT"[("ACGT".index(ref) + 1) % 4]
            kind = pos % 10
            alleles = (
                (ref, ref + "TTG") if kind == 0 else (letters[pos - 1 : pos + 2], ref) if kind == 1 else (ref, alt)
            )
            file.write(f"1\t{pos}\t.\t{alleles[0]}\t{alleles[1]}\t.\t.\tN={pos}\n")
    save_preset(tiny_model, folder / "preset")
    return folder


def start(job: Path, out: str, *options: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "deepbio", "variants", "splice", "in.vcf", "--fasta", "genome.fa", "--annotation", "genes.tsv",
               "--weights", "./preset", "--chunk", "1024", "--distance", "20", "-o", out, *options]  # fmt: skip
    root = str(Path(__file__).resolve().parents[2])
    return subprocess.Popen(command, cwd=job, env={**os.environ, "PYTHONPATH": root}, stderr=subprocess.DEVNULL)


def memory(process: subprocess.Popen) -> int:
    """Give the resident memory in MiB, 0 after the end."""
    try:
        lines = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8").splitlines()
        return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS")), 0)
    except OSError:
        return 0


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_memory_stays_and_a_run_killed_five_times_gives_the_same_bytes(job, record_property):
    process = start(job, "whole.vcf")
    used: list[tuple[int, int]] = []
    while process.poll() is None:
        parts = len(list(job.glob("whole.vcf.parts/*.json")))
        used.append((parts, memory(process)))
        time.sleep(0.5)
    assert process.returncode == 0
    total = -(-N // 1024)
    early = max(m for parts, m in used if parts <= total // 3)
    late = max(m for parts, m in used)
    print(f"memory {early} MiB in the first third, {late} MiB at most")
    assert late < 2000
    assert late - early < 150

    kills = 0
    while kills < 5:
        process = start(job, "killed.vcf", "--resume")
        goal = (kills + 1) * total // 7
        while len(list(job.glob("killed.vcf.parts/0*.json"))) < goal and process.poll() is None:
            time.sleep(0.05)
        assert process.poll() is None, "the run ended before it was killed"
        process.send_signal(signal.SIGKILL)
        process.wait()
        kills += 1
        assert not (job / "killed.vcf").exists()
    assert start(job, "killed.vcf", "--resume").wait() == 0
    assert (job / "killed.vcf").read_bytes() == (job / "whole.vcf").read_bytes()
    assert sum(not line.startswith("#") for line in (job / "whole.vcf").open(encoding="utf-8")) == N
