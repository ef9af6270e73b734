"""A long run: constant memory, and the same bytes after it was killed five times."""

import pytest

from benchmarks import variants_long_run as long_run

N = 100_000


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_memory_stays_and_a_run_killed_five_times_gives_the_same_bytes(tiny_model, tmp_path):
    options = long_run.prepare_genes(tmp_path, tiny_model, n=N)
    used = long_run.run_whole(tmp_path, "whole.vcf", options)
    total = -(-N // 1024)
    early = max(memory for parts, memory in used if parts <= total // 3)
    late = max(memory for _, memory in used)
    print(f"memory {early} MiB in the first third, {late} MiB at most")
    assert late < 2000
    assert late - early < 150
    long_run.run_killed(tmp_path, "killed.vcf", options, parts=total)
    assert (tmp_path / "killed.vcf").read_bytes() == (tmp_path / "whole.vcf").read_bytes()
    lines = (tmp_path / "whole.vcf").read_text(encoding="utf-8").splitlines()
    assert sum(not line.startswith("#") for line in lines) == N
