"""PubMed text: passages by their section, and abstracts with their MeSH headings.

    python benchmarks/pubmed.py sections [--models text_cnn gru] [--epochs 3] [--keep DIR] [--out benchmarks/results/FILE.md]
    python benchmarks/pubmed.py mesh [--models caml text_cnn bilstm] [--keep DIR] [--out benchmarks/results/FILE.md]

Splits are by abstract. `mesh` takes the 200 most frequent headings. Thresholds of F1 are 0.5 for `micro_f1` and, as CAML's authors
do, no label is tuned on the test split. Labels that the test split lacks are left out of macro averages (Edin et al. 2023,
arXiv:2304.10909). With `--keep` each finished row is kept in DIR and not computed again.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

import deepbio
from deepbio.benchmark import baseline
from deepbio.datasets import load_dataset
from deepbio.metrics import paired_bootstrap
from deepbio.metrics.summary import metric
from deepbio.training import compare

METRICS = {
    "sections": ["accuracy", "macro_f1", "log_loss"],
    "mesh": ["micro_f1", "macro_f1", "micro_auroc", "macro_auroc", "precision_at_5"],
}
OPTIONS = {
    "sections": ("pubmed_sections", {"length": 128}),
    "mesh": ("pubmed_mesh", {"fewest": 1, "most": 200, "length": 256}),
}
MODELS = {
    "sections": [
        "bag_of_words",
        "text_cnn",
        "note_evidence",
        "caml",
        "gru",
        "note_transformer",
        "note_lstm",
        "han",
        "bilstm",
    ],
    "mesh": ["bag_of_words", "text_cnn", "caml", "bilstm"],
}


def finished(keep: Path | None, name: str, make):
    """Give predictions and seconds, from DIR where they are there."""
    file = None if keep is None else keep / f"{name}.npz"
    if file is not None and file.exists():
        held = np.load(file)
        return held["p"], float(held["seconds"]), json.loads(str(held["facts"]))
    p, seconds, facts = make()
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(file, p=p.astype(np.float32), seconds=seconds, facts=json.dumps(facts))
    return p, seconds, facts


def simple(name, data):
    start = time.perf_counter()
    return baseline(name, data), time.perf_counter() - start, {}


def trained(name, data, epochs, seed):
    model = deepbio.get_model(name, dataset=data, seed=seed)
    run = deepbio.fit(model, data, seed=seed, epochs=epochs, verbose=False)
    return deepbio.predict(model, data.test), run.seconds, {"epochs": len(run.history["loss"])}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("which", choices=METRICS)
    parser.add_argument("--models", nargs="*")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    which = arguments.which
    name, options = OPTIONS[which]
    data = load_dataset(name, **options)
    metrics, y = METRICS[which], data.test.y
    rows, ps = [], {}
    plans = [(simple_name, None) for simple_name in ("majority", "logistic_regression")]
    plans += [(model, arguments.epochs) for model in arguments.models or MODELS[which]]
    for model, epochs in plans:
        make = (lambda m=model: simple(m, data)) if model in ("majority", "logistic_regression") else (
            lambda m=model, e=epochs: trained(m, data, e, arguments.seed)
        )  # fmt: skip
        p, seconds, facts = finished(arguments.keep, f"{which}-{model}-{arguments.seed}", make)
        ps[model] = p
        found = compare(data.task, y, p, names=metrics)
        cells = " | ".join(f"{found[m].value:.3f} [{found[m].low:.3f}, {found[m].high:.3f}]" for m in metrics)
        title = {"logistic_regression": "TF-IDF logistic regression"}.get(model, f"`{model}`")
        rows.append((found[metrics[0]].value, f"| {title} | {cells} | {facts.get('epochs', '')} | {seconds:.0f} |"))
        print(rows[-1][1], flush=True)
    asked = f" --models {' '.join(arguments.models)}" if arguments.models else ""
    asked += f" --epochs {arguments.epochs}" if arguments.epochs else ""
    lines = [
        f"# {data.card['title']}",
        "",
        f"`python benchmarks/pubmed.py {which}{asked}`, seed {arguments.seed}: "
        f"{len(data.train):,} training, {len(data.valid):,} validation and {len(data.test):,} test texts of up to "
        f"{data.input.shape[0]} words, {len(data.labels)} labels. 95% bootstrap intervals over test texts (1,000 draws, seed 0). "
        "Other work was on the machine while it ran, so the seconds (one core) are rough.",
        "",
        f"| model | {' | '.join(metrics)} | epochs | seconds |",
        "|---|" + "---|" * (len(metrics) + 2),
        *(line for _, line in sorted(rows, reverse=True)),
    ]
    if "logistic_regression" in ps:
        lines += [
            "",
            f"Difference in {metrics[0]} from TF-IDF logistic regression, paired bootstrap over test texts:",
            "",
        ]
        for model in ps:
            if model not in ("majority", "logistic_regression"):
                gap = paired_bootstrap(metric(metrics[0]).function, y, ps[model], ps["logistic_regression"]).difference
                lines.append(f"- `{model}`: {gap.value:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}]")
    print("\n".join(lines))
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
