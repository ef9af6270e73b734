"""Letters in memory to numbers, one thread, 249 Mb: deepbio's codes beside one-hot by others, in turns of one run.

    python benchmarks/encode_speed.py [--tangermeme PYTHON] [--seqpro PYTHON] [--out FILE.md]

PYTHON is the interpreter of an environment that has the package (tangermeme needs PyTorch). The sequence is random, with
a run of 18 million N and 10,000 N at each end, as a human chromosome has. Wall and processor seconds are the best of the
rounds; memory is the greatest that the process holds beyond the letters, over their number
(read from /proc, so on Linux).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

BASES = 249_000_000

SETUP = """
import json, sys, time
import numpy as np
n = int(sys.argv[1])
letters = np.frombuffer(b"ACGT", np.uint8)[np.random.default_rng(0).integers(0, 4, n, dtype=np.uint8)]
letters[:10_000] = letters[-10_000:] = ord("N")
letters[n // 2 : n // 2 + n // 14] = ord("N")
content = letters.tobytes()
del letters
"""
RUN = """
run(content[:10_000])
def status(key):  # Linux: kilobytes
    return next(1024 * int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(key))
open("/proc/self/clear_refs", "w").write("5")  # the greatest size from here on
best, before = (9e9, 9e9), status("VmRSS")
for _ in range(3):
    wall, cpu = time.perf_counter(), time.process_time()
    result = run(content)
    best = min(best[0], time.perf_counter() - wall), min(best[1], time.process_time() - cpu)
    del result
print(json.dumps([*best, (status('VmHWM') - before) / n]))
"""
WAYS = {
    "deepbio, codes": ("", "from deepbio.sequence import encode as run"),
    "deepbio, codes then one-hot": (
        "",
        "from deepbio.sequence import encode, one_hot\ndef run(letters):\n    return one_hot(encode(letters))",
    ),
    "NumPy table of 256 rows, one-hot": (
        "",
        "table = np.zeros((256, 4), np.uint8)\ntable[list(b'ACGT'), range(4)] = 1\nrows = table.view(np.uint32)[:, 0]\n"
        "def run(letters):\n    return rows[np.frombuffer(letters, np.uint8)].view(np.uint8).reshape(-1, 4)",
    ),
    "tangermeme, one-hot": (
        "tangermeme",
        "import torch\ntorch.set_num_threads(1)\nfrom tangermeme.utils import one_hot_encode\ncontent = content.decode()\n"
        "def run(letters):\n    return one_hot_encode(letters)",
    ),
    "SeqPro, one-hot": (
        "seqpro",
        "import seqpro\ndef run(letters):\n    return seqpro.DNA.ohe(np.frombuffer(letters, 'S1'))",
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bases", type=int, default=BASES)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tangermeme", metavar="PYTHON")
    parser.add_argument("--seqpro", metavar="PYTHON")
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    pythons = {"": sys.executable, "tangermeme": chosen.tangermeme, "seqpro": chosen.seqpro}
    ways = {name: (pythons[peer], code) for name, (peer, code) in WAYS.items() if pythons[peer]}
    found: dict[str, list[list[float]]] = {name: [] for name in ways}
    for _ in range(chosen.rounds):
        for name, (python, code) in ways.items():
            found[name].append(_measure(python, code, chosen.bases))
    lines = ["| way | wall s | processor s | bytes a base at most |", "|---|---:|---:|---:|"]
    for name, rounds in found.items():
        wall, cpu, memory = (min(column) for column in zip(*rounds, strict=True))
        lines.append(f"| {name} | {wall:.3f} | {cpu:.3f} | {memory:.2f} |")
    text = f"# Encoding {chosen.bases:,} letters in memory, one thread\n\n" + "\n".join(lines) + "\n"
    print(text)
    if chosen.out:
        chosen.out.write_text(text, encoding="utf-8")


def _measure(python: str, code: str, bases: int) -> list[float]:
    one = dict.fromkeys(("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    ended = subprocess.run(
        [python, "-c", SETUP + code + RUN, str(bases)],
        env={**os.environ, **one},
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        sys.exit(f"{python}: {ended.stderr[-2000:]}")
    return json.loads(ended.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
