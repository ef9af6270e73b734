"""Splice scores: how much arithmetic a variant needs, how near the processor's peak it is done, and what fewer multiplications bring.

    python benchmarks/variants_limit.py [--out benchmarks/results/variants_limit.md]

One thread. The peak is the best rate of TensorFlow's product of two matrices of 1,024 rows. The engine's arithmetic is that of its
convolutions at the positions that it computes, by its own description of the network; SpliceAI's way runs every layer over the whole
window of ten passes. Times are of the processor, the least of several, because other programs may use the machine. F(m, m) is minimal
filtering (Toom-Cook, Winograd): m outputs of m taps by 2 m - 1 products instead of m * m, with sums before and after them.
"""

import re
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from _table import MEGABASE, script, table, write_page

DISTANCE = 50
POINTS = {
    2: (0, 1, None),
    3: (0, 1, -1, 0.5, None),
    4: (0, 1, -1, 2, -0.5, -2, None),
}  # of evaluation; None is infinity
CHANNELS, TARGETS = 32, (8, 35)
LAYERS = ((11, 1, 10_060, 1), (11, 4, 9_860, 1), (21, 10, 8_900, 1), (41, 25, 4_101, 1), (41, 25, 4_101, 4))
"""Taps, dilation, outputs and batch of the layers that are timed: those of a reference pass, and the last of four alternates."""


def least(work, n: int = 9) -> float:
    """Return the least processor time of `work` in seconds."""
    times = []
    for i in range(n + 2):
        begun = time.process_time()
        work()
        if i > 1:  # the first two compile
            times.append(time.process_time() - begun)
    return min(times)


def arithmetic(form) -> dict[tuple[int, int], np.ndarray]:
    """Return 1e9 operations of one network by taps and dilation: reference pass, pass of an SNV, one whole window of SpliceAI."""
    from deepbio.incremental.model import _Passes

    passes = _Passes(form, [], DISTANCE, 1)
    found: dict[tuple[int, int], np.ndarray] = {}
    for i, node in enumerate(form.nodes):
        if node.kind == "convolution":
            reference = 2 * DISTANCE + 1 + form.before[i] + form.after[i]
            changed = sum(passes.reach[i]) + 1
            sizes = np.array([reference, changed, 2 * DISTANCE + 1 + sum(form.context)])
            kind = (node.weights[0].shape[0], node.dilation)
            found[kind] = found.get(kind, np.zeros(3)) + sizes * node.weights[0].size * 2e-9
    return found


def limits(amounts: dict[str, float], peak: float) -> list[list[str]]:
    """Return rows of a table: how much faster than SpliceAI's way two cores are that compute at the peak, and what a target needs."""
    page = (Path(__file__).parent / "results" / "variants_speed.md").read_text(encoding="utf-8")
    seconds = float(re.findall(r"SpliceAI's way: ([\d.]+) s a variant by the clock", page)[0])
    rows = []
    for (name, amount), target in zip(amounts.items(), TARGETS, strict=True):
        needed = amount / (seconds / target)
        best = seconds / (amount / (2 * peak))
        rows.append([name, f"{best:.1f}", target, f"{needed:.0f}", f"{needed / (2 * peak):.0%}"])
    return rows


def minimal_filtering(kernel: np.ndarray, dilation: int, m: int) -> Any:
    """Return a function of `(batch, 1, positions, channels)` and the number of outputs that convolves by F(m, m)."""
    import tensorflow as tf

    taps, groups = len(kernel), -(-len(kernel) // m)
    powers = [[float(i == 2 * m - 2) if p is None else float(p) ** i for i in range(2 * m - 1)] for p in POINTS[m]]
    before = np.linalg.inv(np.array(powers)).T
    after = np.array([[float(i == m - 1) if p is None else float(p) ** i for i in range(m)] for p in POINTS[m]])
    padded = np.zeros((groups * m, *kernel.shape[1:]))
    padded[:taps] = kernel
    kernels = np.einsum("qr,grio->qgio", after, padded.reshape(groups, m, *kernel.shape[1:])).astype(np.float32)

    def combined(factors, parts):
        terms = [x if f == 1 else x * np.float32(f) for f, x in zip(factors, parts, strict=True) if abs(f) > 1e-12]
        return sum(terms[1:], terms[0])

    def run(x, outputs: int):
        blocks = -(-outputs // (m * dilation))
        length = (blocks + groups) * m * dilation
        x = tf.pad(x, ((0, 0), (0, 0), (0, length - x.shape[2]), (0, 0)))
        rows = tf.reshape(x, (-1, blocks + groups, m, dilation * CHANNELS))
        parts = [rows[:, :-1, s] for s in range(m)] + [rows[:, 1:, s] for s in range(m - 1)]
        products = []
        for factors, each in zip(before, kernels, strict=True):
            u = tf.reshape(combined(factors, parts), (-1, 1, (blocks + groups - 1) * dilation, CHANNELS))
            y = tf.nn.conv2d(u, each[None], 1, "VALID", dilations=(1, dilation))
            products.append(tf.reshape(y, (-1, blocks, dilation * CHANNELS)))
        y = tf.stack([combined(after[:, j], products) for j in range(m)], axis=2)
        return tf.reshape(y, (-1, 1, blocks * m * dilation, CHANNELS))[:, :, :outputs]

    return run


def convolution_rows(random: np.random.Generator) -> list:
    """Return rows of a table: each kind of layer as it is, and by minimal filtering."""
    import tensorflow as tf

    rows = []
    for taps, dilation, outputs, batch in LAYERS:
        kernel = random.normal(size=(taps, CHANNELS, CHANNELS)) * (taps * CHANNELS) ** -0.5
        x = np.maximum(random.normal(size=(batch, 1, outputs + (taps - 1) * dilation, CHANNELS)), 0).astype(np.float32)
        exact = sum(x[0, 0, k * dilation : k * dilation + 200].astype(float) @ kernel[k] for k in range(taps))
        given, weights = tf.constant(x), tf.constant(kernel[None], tf.float32)

        def direct(x, weights=weights, dilation=dilation):
            return tf.nn.conv2d(x, weights, 1, "VALID", dilations=(1, dilation))

        ways: dict[str, Any] = {"direct": direct}
        for m in POINTS:
            filtered: Any = minimal_filtering(kernel, dilation, m)
            ways[f"F({m}, {m})"] = partial(filtered, outputs=outputs)
        cells, base = [f"{taps}, {dilation}", f"{batch} x {outputs:,}"], 0.0
        for name, way in ways.items():
            compiled = tf.function(way, autograph=False)
            seconds = least(lambda compiled=compiled, given=given: compiled(given))
            error = np.sqrt(np.mean((np.asarray(compiled(given))[0, 0, :200] - exact) ** 2))
            base = base or seconds
            rate = (
                f"{2e-9 * batch * outputs * kernel.size / seconds:.0f}" if name == "direct" else f"{base / seconds:.2f}"
            )
            cells.append(f"{rate} ({error:.1e})")
        rows.append(cells)
    return rows


def engine_seconds(data: Path) -> list[float]:
    """Return processor seconds per variant: SNVs that share nothing, and all SNVs of consecutive bases."""
    from variants_equality import read_sequence

    from deepbio.genome import Annotation, Gene, open_genome
    from deepbio.genome.vcf import parse_record
    from deepbio.variants import SpliceScorer
    from deepbio.zoo import get_model

    bases = read_sequence(data)
    fasta = Path(tempfile.mkdtemp()) / "genome.fa"
    fasta.write_text(f">22\n{bases}\n", encoding="ascii")
    gene = Gene("MED15", "22", "+", 861_889, 941_919, (861_889, 862_033, 891_404, 891_491, 941_919))
    scorer = SpliceScorer(get_model("spliceai_10k.ci"), open_genome(fasta), Annotation([gene]), distance=DISTANCE)

    def snv(pos: int, alt: int):
        ref = bases[pos - 1]
        return parse_record(f"22\t{pos}\t.\t{ref}\t{'ACGT'[('ACGT'.index(ref) + alt) % 4]}\t.\t.\t.")

    scattered = [snv(pos, 1) for pos in range(866_000, 902_000, 12_000)]
    saturation = [snv(pos, alt) for pos in range(891_300, 891_320) for alt in (1, 2, 3)]
    return [least(lambda records=records: scorer(records), 5) / len(records) for records in (scattered, saturation)]


@script(__doc__, data=MEGABASE)
def main(arguments):
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    from deepbio.incremental.network import read_network
    from deepbio.zoo import get_model
    from deepbio.zoo.ensemble import member_trunks

    form = read_network(member_trunks(get_model("spliceai_10k.ci"))[0])
    by_kind = {kind: 5 * part for kind, part in arithmetic(form).items()}
    reference, alternate, whole = np.sum([*by_kind.values()], axis=0)
    matrix = tf.random.normal((1024, 1024))
    product = tf.function(lambda: tf.matmul(matrix, matrix))
    peak = 2e-9 * 1024**3 / least(product, 30)
    scattered, saturation = engine_seconds(arguments.data)
    x, factor = tf.random.normal((1, 1, 10_000, CHANNELS)), tf.random.normal((CHANNELS,))
    scaled, highest = tf.function(lambda: tf.nn.relu(x * factor + factor)), tf.function(lambda: tf.maximum(x, factor))
    passes = [1e3 * least(work, 30) for work in (scaled, highest)]
    work = {
        "scattered SNVs": (reference + alternate, scattered),
        "all SNVs of consecutive bases": (alternate, saturation),
    }
    rows = [
        [name, f"{amount:.1f}", f"{seconds:.3f}", f"{amount / seconds:.0f}", f"{amount / seconds / peak:.0%}", f"{amount / peak:.3f}"]
        for name, (amount, seconds) in work.items()
    ]  # fmt: skip
    about = (
        f"Distance {DISTANCE}, five networks, one thread. Peak: {peak:.0f} GFLOP/s. SpliceAI's way needs {2 * whole:.1f} GFLOP per "
        f"variant, the engine's reference pass {reference:.1f} and the pass of an SNV {alternate:.1f}."
    )
    header = ("variants", "GFLOP each", "processor seconds", "GFLOP/s", "of the peak", "seconds at the peak")
    kinds = (
        "taps, dilation",
        "batch x outputs",
        "direct: GFLOP/s (error)",
        *(f"F({m}, {m}): times faster (error)" for m in POINTS),
    )
    amounts = {name: amount for name, (amount, _) in work.items()}
    layers = [
        [f"{taps}, {dilation}", *(f"{n:.1f}" for n in part), f"{part[0] / reference:.0%}"]
        for (taps, dilation), part in sorted(by_kind.items())
    ]
    parts = [
        table(header, rows),
        "How much faster than SpliceAI's way (by the clock, results/variants_speed.md) two cores would be if only these products took "
        "time, at the peak; and the rate that a target needs.",
        table(
            ("variants", "times faster at the peak", "target", "GFLOP/s for the target", "of two cores' peak"),
            limits(amounts, peak),
        ),
        "## Where the arithmetic is",
        "GFLOP by taps and dilation of the convolutions, five networks.",
        table(
            ("taps, dilation", "reference pass", "pass of an SNV", "one window of SpliceAI", "of the reference pass"),
            layers,
        ),
        "## Fewer multiplications",
        "Root mean square error against double precision, of outputs of size 1.",
        table(kinds, convolution_rows(np.random.default_rng(0))),
        f"A batch norm and a ReLU over 10,000 positions take {passes[0]:.2f} ms; as one maximum, with the norm folded into the next "
        f"convolution, {passes[1]:.2f} ms. There are 16 of them in a network, whose reference pass takes "
        f"{1e3 * reference / 5 / peak:.0f} ms at the peak.",
    ]
    write_page(arguments, "Splice scores: the limit of the arithmetic", about, *parts)
