"""Speed of saturation mutagenesis beside the plain way: every mutated sequence through the model, in the best of several batch sizes.

    python benchmarks/interpret_speed.py [--cases basset_1000 dna_cnn_600 ...] [--out benchmarks/results/interpret_speed.md]

Both ways run in one process with the same network, untrained, after both were compiled. The plain way is timed on a sample of the
mutated sequences, evenly spread, and scaled to all of them. The last column is the largest difference of the outputs of the sample.
"""

import resource
import time

import numpy as np
from _table import script, table, write_page

from deepbio.inference.forward import model_outputs
from deepbio.interpret import saturation_mutagenesis
from deepbio.zoo import get_model

CASES = {
    "basset_1000": ("basset", {"input_shape": 1000, "outputs": 164}, None, 192),
    "basset_2000": ("basset", {"input_shape": 2000, "outputs": 164}, None, 96),
    "deepstarr_249": ("deepstarr", {"outputs": 2}, None, 192),
    "dna_cnn_600": ("dna_cnn", {"input_shape": 600, "outputs": 3}, None, 192),
    "bpnet_2114": ("bpnet", {"outputs": 1, "filters": 64}, (1007, 1107), 16),
    "bpnet_1200": ("bpnet", {"input_shape": 1200, "outputs": 1, "filters": 64}, (550, 650), 32),
    "spliceai_10k_101": ("spliceai_10k", {"input_shape": 10_101, "outputs": 3}, (5000, 5100), 8),
}
PUBLISHED = {"basset_1000": "10.1", "basset_2000": "15.5", "bpnet_2114": "2.1"}


def one_case(key: str) -> list:
    name, options, span, sample = CASES[key]
    model = get_model(name, seed=1, **options)
    length = model.input_shape[1]
    codes = np.random.Generator(np.random.Philox(0)).integers(0, 4, length).astype(np.uint8)
    start, end = span or (0, length)
    saturation_mutagenesis(model, codes, start=start, end=start + 16, raw_outputs=True)  # compiled
    begin = time.perf_counter()
    found = saturation_mutagenesis(model, codes, start=start, end=end, raw_outputs=True)
    fast = time.perf_counter() - begin
    edits = [(p, b) for p in range(start, end) for b in range(4) if b != codes[p]]
    chosen = [edits[i] for i in np.linspace(0, len(edits) - 1, sample).astype(int)]
    mutated = np.repeat(codes[None], sample, axis=0)
    mutated[np.arange(sample), [p for p, _ in chosen]] = [b for _, b in chosen]
    plain = []
    for batch_size in sorted({min(sample, n) for n in (8, 32, 128)}):
        model_outputs(model, mutated[:batch_size], batch_size=batch_size)
        begin = time.perf_counter()
        expected = model_outputs(model, mutated, batch_size=batch_size)
        plain.append((time.perf_counter() - begin) / sample * len(edits))
    own = found.substitutions[0][[p - start for p, _ in chosen], [b for _, b in chosen]]
    error = float(np.abs(own - expected).max())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    row = [key, len(edits), f"{fast:.2f}", f"{min(plain):.2f}", f"**{min(plain) / fast:.1f}**", PUBLISHED.get(key, "")]
    return [*row, f"{memory:.2f}", f"{error:.0e}"]


@script(__doc__, cases=list(CASES)[:4])
def main(arguments):
    rows = []
    for key in arguments.cases:
        rows.append(one_case(key))
        print(rows[-1], flush=True)
    header = [
        "model and length", "substitutions", "deepbio, s", "plain, s", "times", "fastISM's published", "memory, GiB",
        "difference",
    ]  # fmt: skip
    about = (
        "Seconds of one run on a machine that other programs used too, so single figures vary by tens of percent; the two ways ran "
        "one after the other. Memory is the largest of the process, which grows from row to row."
    )
    write_page(arguments, "Speed of in-silico mutagenesis", about, table(header, rows))
