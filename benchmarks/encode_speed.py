"""Bases in memory to numbers, one thread, 249 Mb: deepbio's codes beside one-hot by others, in turns of one run.

    python benchmarks/encode_speed.py [--tangermeme PYTHON] [--seqpro PYTHON] [--out benchmarks/results/encode_speed.md]

PYTHON is the interpreter of an environment with the package (tangermeme needs PyTorch). The sequence is random, with a run of
18 million N and 10,000 N at each end, as a human chromosome has. Wall and processor seconds are the best of the rounds; memory is
the greatest beyond the sequence itself, over its length (read from /proc, so on Linux).
"""

from _table import available, in_turns, script, table, write_page

BASES = 249_000_000
SETUP = """
import json, sys, time
import numpy as np
n = int(sys.argv[1])
bases = np.frombuffer(b"ACGT", np.uint8)[np.random.default_rng(0).integers(0, 4, n, dtype=np.uint8)]
bases[:10_000] = bases[-10_000:] = ord("N")
bases[n // 2 : n // 2 + n // 14] = ord("N")
content = bases.tobytes()
del bases
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
CODES = "from deepbio.sequence import encode as run\n"
ONE_HOT = "from deepbio.sequence import encode, one_hot\nrun = lambda bases: one_hot(encode(bases))\n"
NUMPY = """
table = np.zeros((256, 4), np.uint8)
table[list(b"ACGT"), range(4)] = 1
rows = table.view(np.uint32)[:, 0]
run = lambda bases: rows[np.frombuffer(bases, np.uint8)].view(np.uint8).reshape(-1, 4)
"""
TANGERMEME = """
import torch
torch.set_num_threads(1)
from tangermeme.utils import one_hot_encode as run
content = content.decode()
"""
SEQPRO = "import seqpro\nrun = lambda bases: seqpro.DNA.ohe(np.frombuffer(bases, 'S1'))\n"
WAYS = {
    "deepbio, codes": ("", SETUP + CODES + RUN),
    "deepbio, codes then one-hot": ("", SETUP + ONE_HOT + RUN),
    "NumPy table of 256 rows, one-hot": ("", SETUP + NUMPY + RUN),
    "tangermeme, one-hot": ("tangermeme", SETUP + TANGERMEME + RUN),
    "SeqPro, one-hot": ("seqpro", SETUP + SEQPRO + RUN),
}


@script(__doc__, rounds=3, bases=249_000_000, tangermeme=str, seqpro=str)
def main(arguments):
    one = dict.fromkeys(("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    found = in_turns(available(WAYS, arguments), arguments.rounds, arguments.bases, **one)
    best = {name: [min(column) for column in zip(*rounds, strict=True)] for name, rounds in found.items()}
    rows = [(name, f"{wall:.3f}", f"{cpu:.3f}", f"{memory:.2f}") for name, (wall, cpu, memory) in best.items()]
    lines = table(("way", "wall s", "processor s", "max bytes per base"), rows)
    about = f"{arguments.bases:,} bases in memory, one thread; best of {arguments.rounds} rounds in turns."
    write_page(arguments, "Encoding bases in memory", about, lines)
