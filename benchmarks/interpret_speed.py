"""Speed of saturation mutagenesis and DeepLIFT/SHAP: deepbio, the plain way by `predict`, and tangermeme on PyTorch.

    python benchmarks/interpret_speed.py [--cases basset_1000 ...] [--all-cores] [--tangermeme PYTHON] [--cache FOLDER]

PYTHON is the interpreter of an environment with tangermeme and PyTorch. All ways have the same untrained weights and sequence. Each
case runs in processes of its own, in one thread, and times are CPU seconds of the process, which other work of the machine hardly
changes; with `--all-cores` mutagenesis is timed by the clock on all cores, which must be idle. The plain way predicts all mutated
sequences, in the best of three batch sizes; it and tangermeme's mutagenesis are timed on a sample of the positions and scaled to all.
tangermeme's `fast=True` recomputes windows too, by default for jobs of more than 30 seconds; here it is always tried. Each time is the
median of the rounds in turns, after all was compiled.
"""

import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from _table import Cache, script, table, write_page
from threadpoolctl import threadpool_limits

# architecture, options, first and last mutated position (None is all), positions of the sample, compared with tangermeme
CASES = {
    "basset_1000": ("basset", {"input_shape": 1000, "outputs": 164}, None, 64, True),
    "basset_2000": ("basset", {"input_shape": 2000, "outputs": 164}, None, 32, True),
    "deepstarr_249": ("deepstarr", {"outputs": 2}, None, 64, True),
    "dna_cnn_600": ("dna_cnn", {"input_shape": 600, "outputs": 3}, None, 64, False),
    "bpnet_1000": ("bpnet", {"input_shape": 1000, "outputs": 1, "filters": 64, "num_layers": 7}, None, 48, False),
    "bpnet_counts_1000": (
        "bpnet",
        {"input_shape": 1000, "outputs": 1, "filters": 64, "num_layers": 7, "head": "counts"},
        None,
        24,
        True,
    ),
    "bpnet_2114": ("bpnet", {"outputs": 1, "filters": 64}, None, 24, False),
    "bpnet_counts_2114": ("bpnet", {"outputs": 1, "filters": 64, "head": "counts"}, None, 24, True),
    "spliceai_10k_101": ("spliceai_10k", {"input_shape": 10_101, "outputs": 3}, (5000, 5101), 4, False),
}
TARGETS = {
    "basset_1000": 10, "basset_2000": 15, "dna_cnn_600": 8, "bpnet_1000": 4, "bpnet_2114": 5, "spliceai_10k_101": 25,
}  # fmt: skip
REFERENCES, EXPLAINED, BATCHES = 20, 2, (8, 32, 128)


def prepared(key):
    """Return the model, a sequence, the mutated span, and the positions of the sample."""
    from deepbio.zoo import get_model

    name, options, span, sample, _ = CASES[key]
    model = get_model(name, seed=1, **options)
    codes = np.random.Generator(np.random.Philox(0)).integers(0, 4, (EXPLAINED, model.input_shape[1])).astype(np.uint8)
    span = span or (0, model.input_shape[1])
    return model, codes, span, np.linspace(span[0], span[1] - 1, sample).astype(int)


def clocked(function, clock=time.process_time):
    begin = clock()
    found = function()
    return clock() - begin, found


def one_thread():
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    threadpool_limits(1)  # BLAS of NumPy and SciPy


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def own(key, rounds, all_cores):
    """Time mutagenesis and the plain way in turns; return seconds, memory and the largest difference of their outputs."""
    from deepbio.inference.forward import model_outputs
    from deepbio.interpret import saturation_mutagenesis

    clock = time.perf_counter if all_cores else time.process_time
    if not all_cores:
        one_thread()
    model, (codes, _), (start, end), sample = prepared(key)
    edits = [(p, b) for p in sample for b in range(4) if b != codes[p]]
    mutated = np.repeat(codes[None], len(edits), axis=0)
    mutated[np.arange(len(edits)), [p for p, _ in edits]] = [b for _, b in edits]

    def mutagenesis():
        return saturation_mutagenesis(model, codes, start=start, end=end, raw_outputs=True)

    first, found = clocked(mutagenesis, clock)
    memory, fast, plain = peak(), [], {min(len(edits), n): [] for n in BATCHES}
    expected = np.empty(0)
    for _ in range(rounds):
        seconds, found = clocked(mutagenesis, clock)
        fast.append(seconds)
        for size, times in plain.items():
            model_outputs(model, mutated[:size], batch_size=size)
            seconds, expected = clocked(lambda size=size: model_outputs(model, mutated, batch_size=size), clock)
            times.append(seconds / len(edits) * 3 * (end - start))
    ours = found.substitutions[0][[p - start for p, _ in edits], [b for _, b in edits]]
    return {
        "fast": np.median(fast), "plain": min(np.median(times) for times in plain.values()), "memory": memory,
        "difference": np.abs(ours - expected).max(), "substitutions": 3 * (end - start), "first": first - np.median(fast),
    }  # fmt: skip


def own_deep_lift(key, rounds):
    """Time `deep_lift_shap`; return seconds per sequence, memory and the contributions."""
    from deepbio.interpret import deep_lift_shap, make_references

    one_thread()
    model, codes, *_ = prepared(key)
    references = make_references(codes, "dinucleotide", REFERENCES, 0)
    first, found = clocked(lambda: deep_lift_shap(model, codes, target=0, references=references))
    times = [clocked(lambda: deep_lift_shap(model, codes, target=0, references=references))[0] for _ in range(rounds)]
    return {"seconds": np.median(times) / len(codes), "first": first, "memory": peak(), "values": found}


def peer(key, rounds, python):
    """Run tangermeme on the same weights in its own interpreter."""
    from deepbio.interpret import make_references

    model, codes, (start, end), sample = prepared(key)
    with tempfile.TemporaryDirectory() as folder:
        weights = {f"w{i}": w for i, w in enumerate(model.get_weights())}
        np.savez(
            f"{folder}/in.npz", codes=codes, references=make_references(codes, "dinucleotide", REFERENCES, 0),
            sample=sample, start=start, end=end, **weights,
        )  # fmt: skip
        script_file = Path(__file__).with_name("_tangermeme.py")
        run = [python, script_file, CASES[key][0], folder, str(rounds)]
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        ended = subprocess.run(run, env=environment, capture_output=True, text=True, check=False)
        if ended.returncode:
            sys.exit(f"tangermeme: {ended.stderr[-3000:]}")
        with np.load(f"{folder}/out.npz") as arrays:
            return {**json.loads(ended.stdout.splitlines()[-1]), "values": arrays["values"]}


def in_own_process(function, *arguments):
    """Return the result of a function of a new process, so that its peak of memory is its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


@script(__doc__, cache=True, cases=list(CASES), rounds=2, all_cores=False, tangermeme=str)
def main(arguments):
    cache, mutagenesis, deep_lift = Cache(arguments), [], []
    for key in arguments.cases:
        compared = CASES[key][4] and arguments.tangermeme
        a = cache(f"{key} own", lambda key=key: in_own_process(own, key, arguments.rounds, arguments.all_cores))
        b = compared and cache(f"{key} deep_lift", lambda key=key: in_own_process(own_deep_lift, key, arguments.rounds))
        c = compared and cache(f"{key} peer", lambda key=key: peer(key, arguments.rounds, arguments.tangermeme))
        if a:
            target, times = TARGETS.get(key, ""), a["plain"] / a["fast"]
            other = [f"{c[way]:.1f} ({c[way] / a['fast']:.1f})" if c else "" for way in ("mutagenesis", "fast")]
            mutagenesis.append(
                [key, f"{a['substitutions']:,}", f"{a['fast']:.2f}", f"{a['first']:.1f}", f"{a['plain']:.1f}", f"**{times:.1f}**",
                 target, *other, f"{a['memory']:.2f}", f"{a['difference']:.0e}"]
            )  # fmt: skip
        if b and c:
            error = np.abs(b["values"] - c["values"]).max() / np.abs(c["values"]).max()
            deep_lift.append(
                [key, f"{b['seconds']:.2f}", f"{c['deep_lift']:.2f}", f"**{c['deep_lift'] / b['seconds']:.1f}**", f"{b['memory']:.2f}",
                 f"{c['memory']:.2f}", f"{error:.0e}"]
            )  # fmt: skip
    cache.stop_if_incomplete()
    how = f"{os.cpu_count()} cores, seconds by the clock" if arguments.all_cores else "one thread, CPU seconds"
    about = (
        f"Random sequences, untrained networks, {how}, medians of {arguments.rounds} rounds; in brackets how many "
        "times deepbio's. Memory is the peak of the process with TensorFlow or PyTorch."
    )
    header = [
        "network and bases", "substitutions", "deepbio", "compilation", "plain", "times", "target", "tangermeme", "tangermeme, fast",
        "GiB", "largest difference",
    ]  # fmt: skip
    shap = [
        "network and bases", "deepbio, per sequence", "tangermeme, per sequence", "times", "deepbio, GiB", "tangermeme, GiB",
        "largest difference, of the largest value",
    ]  # fmt: skip
    write_page(
        arguments, "Speed of mutagenesis and DeepLIFT/SHAP", about, table(header, mutagenesis),
        f"`deep_lift_shap` with {REFERENCES} references per sequence, {EXPLAINED} sequences:", table(shap, deep_lift),
    )  # fmt: skip
