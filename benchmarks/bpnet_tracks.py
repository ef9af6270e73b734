"""BPNet from the command line on a simulated track: its profiles and counts beside the known truth.

    python benchmarks/bpnet_tracks.py --out benchmarks/results/bpnet_tracks.md

The genome has six chromosomes of 40,000 random bases. Two motifs are planted in it; each site adds reads in two peaks around it, and
a site of the first within 60 bases of one of the second adds twice as many. The reads at a base are drawn from a Poisson distribution
of this rate. So the rate is the best prediction that exists: the table compares the model with it, and both with the reads.
Windows without a site have a constant rate, so Pearson's correlation with it is not defined; they are left out of it.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from _table import ROOT, script, table, write_page

MOTIFS = {"GATAAGCTCA": 50.0, "TTGACGCAAT": 25.0}
LENGTH, SIZE, NEAR, BACKGROUND = 354, 40_000, 60, 0.02
OFFSETS = np.arange(-60, 71)
SHAPE = np.exp(-(((OFFSETS + 15) / 8.0) ** 2)) + 0.6 * np.exp(-(((OFFSETS - 25) / 12.0) ** 2))
SETTINGS = [
    *("--set", "filters=16", "--set", "num_layers=4"),
    *("--train", "batch_size=32", "--train", "learning_rate=0.004", "--seed", "0"),
]


def simulate(seed: int) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    """Return the bases and the rate at each base of every chromosome."""
    draw = np.random.default_rng(seed)
    genome, rates = {}, {}
    for name in (f"chr{i}" for i in range(1, 7)):
        bases = draw.choice(list("ACGT"), SIZE)
        for place in np.arange(100, SIZE - 100, 90):
            motif = draw.choice(["", "", *MOTIFS])
            start = int(place + draw.integers(0, 60))
            bases[start : start + len(motif)] = list(motif)
        genome[name] = "".join(bases)
        sites = {motif: [i for i in range(SIZE) if genome[name].startswith(motif, i)] for motif in MOTIFS}
        first, second = (np.array(sites[motif]) for motif in MOTIFS)
        rates[name] = np.full(SIZE, BACKGROUND)
        for motif, strength in MOTIFS.items():
            for site in sites[motif]:
                close = motif == next(iter(MOTIFS)) and (np.abs(second - site) <= NEAR).any()
                where = site + OFFSETS
                kept = (where >= 0) & (where < SIZE)
                rates[name][where[kept]] += (2 if close else 1) * strength * SHAPE[kept] / SHAPE.sum()
        assert len(first) > 50
    return genome, rates


def write_files(folder: Path, genome: dict[str, str], rates: dict[str, np.ndarray], seed: int) -> None:
    """Write the genome, the windows and a draw of the reads."""
    import pybigtools

    draw = np.random.default_rng(seed)
    (folder / "genome.fa").write_text("".join(f">{name}\n{bases}\n" for name, bases in genome.items()))
    windows = (f"{name}\t{s}\t{s + 200}\n" for name in genome for s in range(300, SIZE - 500, 150))
    (folder / "windows.bed").write_text("".join(windows))
    reads = {name: draw.poisson(rate) for name, rate in rates.items()}
    values = ((name, i, i + 1, float(n)) for name, row in reads.items() for i, n in enumerate(row.tolist()) if n)
    pybigtools.open(str(folder / "reads.bw"), "w").write(dict.fromkeys(genome, SIZE), values)


def command(folder: Path, epochs: int) -> list[str]:
    """Return the command that trains on the files."""
    files = ["--genome", "genome.fa", "--bed", "windows.bed", "--bigwig", "reads=reads.bw", "--length", str(LENGTH)]
    data = ["--data", "kind=profile", "--data", "valid=chr5", "--data", "test=chr6"]
    return ["deepbio", "fit", "bpnet", *files, *data, *SETTINGS, "--epochs", str(epochs), "--out", str(folder / "run")]


def correlations(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return Pearson's correlation of each row."""
    one, other = (x - x.mean(axis=1, keepdims=True) for x in (one, other))
    scale = np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1))
    return np.divide((one * other).sum(axis=1), scale, out=np.full(len(scale), np.nan), where=scale > 0)


def draw_picture(path: Path, truth: np.ndarray, reads: np.ndarray, rates: np.ndarray) -> None:
    """Draw three windows of the test chromosome, and the totals of all."""
    import matplotlib.pyplot as plt

    order = np.argsort(truth.sum(axis=1))
    figure, axes = plt.subplots(2, 2, figsize=(9, 5.4), layout="constrained")
    for axis, quantile in zip(axes.flat, (0.95, 0.75, 0.5), strict=False):
        i = order[int(quantile * (len(order) - 1))]
        axis.bar(np.arange(reads.shape[1]), reads[i], width=1.0, color="0.8", label="reads")
        axis.plot(truth[i], color="#0072b2", lw=2.2, label="true rate")
        axis.plot(rates[i], color="#d55e00", lw=1.2, label="bpnet")
        axis.set(xlabel="position in the output (bases)", ylabel="reads per base", xlim=(0, reads.shape[1]))
        axis.set_title(f"window at the {quantile:.0%} quantile of its total", fontsize=9)
    axes[0, 0].legend(frameon=False, fontsize=8)
    total, found = truth.sum(axis=1), rates.sum(axis=1)
    axes[1, 1].scatter(total, found, s=8, color="#d55e00", alpha=0.6, linewidths=0)
    end = max(total.max(), found.max()) * 1.05
    axes[1, 1].plot([0, end], [0, end], color="0.6", lw=1)
    axes[1, 1].set(xlabel="true total of the window", ylabel="predicted total", xlim=(0, end), ylim=(0, end))
    axes[1, 1].set_title("all windows of the test chromosome", fontsize=9)
    for axis in axes.flat:
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)


@script(__doc__, epochs=20, picture=Path)
def main(arguments) -> None:
    """Simulate, train by the command line and compare."""
    from scipy.stats import spearmanr

    from deepbio import get_model
    from deepbio.datasets import Dataset
    from deepbio.inference.positions import match_positions

    genome, rates = simulate(0)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_files(folder, genome, rates, 1)
        given = command(folder, arguments.epochs)
        environment = os.environ | {"DEEPBIO_CACHE": str(folder / "cache"), "TF_CPP_MIN_LOG_LEVEL": "3"}
        done = subprocess.run(
            [sys.executable, "-m", *given], cwd=folder, env=environment, check=False, capture_output=True, text=True
        )
        if done.returncode:
            raise SystemExit(done.stderr[-2000:])
        os.environ["DEEPBIO_CACHE"] = str(folder / "cache")
        data = Dataset.from_bigwig(
            folder / "genome.fa", folder / "windows.bed", {"reads": folder / "reads.bw"}, length=LENGTH, kind="profile",
            valid=["chr5"], test=["chr6"],
        )  # fmt: skip
        model = get_model(str(folder / "run"))
        z = np.asarray(model.predict(data.test.x[np.arange(len(data.test))], verbose=0), dtype=np.float64)[..., 0]
        reads = match_positions(model, data.test, data.task).y[..., 0]
    starts = [int(str(name).split(":")[1].split("-")[0]) + 100 - LENGTH // 2 for name in data.test.ids]
    first = LENGTH // 2 - z.shape[1] // 2
    truth = np.stack([rates["chr6"][s + first : s + first + z.shape[1]] for s in starts])
    found = np.exp(z)
    rows = []
    for label, one, other in (
        ("bpnet and the true rate", found, truth),
        ("bpnet and the reads", found, reads),
        ("the true rate and the reads (the best possible)", truth, reads),
    ):
        profile = correlations(one, other)
        counts = spearmanr(one.sum(axis=1), other.sum(axis=1)).statistic
        rows.append([label, f"{np.nanmean(profile):.3f}", f"{np.nanmedian(profile):.3f}", f"{counts:.3f}"])
    picture = arguments.picture or ROOT / "docs" / "images" / "bpnet_tracks.png"
    draw_picture(picture, truth, reads, found)
    shown = " ".join(given).replace(str(folder / "run"), "runs/bpnet")
    header = ["compared", "profile Pearson, mean", "median", "counts Spearman"]
    write_page(
        arguments, "BPNet on a simulated track",
        f"{len(data.train)} training windows of {LENGTH} bases, {z.shape[1]} of them predicted; {len(data.test)} windows of a "
        "chromosome that was not trained on. Trained from the command line:",
        f"```sh\n{shown}\n```",
        table(header, rows),
        f"![Rates of BPNet and the truth](../images/{picture.name})",
    )  # fmt: skip
