"""PubMed text: passages by their section, and abstracts with their MeSH headings.

    python benchmarks/pubmed.py sections [--models text_cnn gru] [--epochs 3] [--keep DIR] [--out benchmarks/results/FILE.md]
    python benchmarks/pubmed.py mesh [--models caml text_cnn bilstm] [--keep DIR] [--out benchmarks/results/FILE.md]

Splits are by abstract. `mesh` takes the 200 most frequent headings; `CHOSEN` has the settings of its networks, chosen on the
validation split. The networks start from one table of word vectors, which `word_vectors` learns from the training texts (as
CAML's authors start all theirs from word2vec vectors of the training notes), and from biases that are the headings' shares.
F1 is at a threshold of 0.5, and at one threshold for all headings which the validation split chooses for each method. Labels
that the test split lacks are left out of macro averages (Edin et al. 2023, arXiv:2304.10909). With `--keep` each finished row
is kept in DIR and not computed again.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from functools import partial
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from scipy import sparse
from sklearn.decomposition import TruncatedSVD

import deepbio
from deepbio.benchmark.baselines import fit_baseline
from deepbio.datasets import load_dataset
from deepbio.inference import compare
from deepbio.metrics import accuracy, bootstrap, f1, paired_bootstrap, precision_at_k
from deepbio.text import UNKNOWN, Tokenizer
from deepbio.zoo import load_word_vectors

METRICS = {
    "sections": ["accuracy", "macro_f1", "log_loss"],
    "mesh": ["micro_f1", "precision_at_5", "macro_f1", "micro_auroc", "macro_auroc"],
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
BASELINES = {"majority": "`majority`", "logistic_regression": "TF-IDF logistic regression"}
CHOSEN = {
    "caml": ({"filters": 200, "kernel_size": 3}, {"epochs": 6}),
    "text_cnn": ({"kernel_size": [3], "filters": 400, "dropout": 0.3}, {"epochs": 8, "learning_rate": 0.003}),
    "bilstm": ({"num_layers": 1, "units": 128}, {"epochs": 8, "learning_rate": 0.006}),
}
VECTOR_SIZE = 100
micro_f1 = partial(f1, average="micro")


def finished(keep: Path | None, name: str, make):
    """Return predictions of the validation and the test split, seconds and facts, from DIR where they are there."""
    file = None if keep is None else keep / f"{name}.npz"
    if file is not None and file.exists():
        held = np.load(file)
        return held["valid"], held["p"], float(held["seconds"]), json.loads(str(held["facts"]))
    valid, p, seconds, facts = make()
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        valid, p = valid.astype(np.float32), p.astype(np.float32)
        np.savez_compressed(file, valid=valid, p=p, seconds=seconds, facts=json.dumps(facts))
    return valid, p, seconds, facts


def simple(name, data):
    start = time.perf_counter()
    fitted = fit_baseline(name, data)
    return fitted.predict(data.valid), fitted.predict(data.test), time.perf_counter() - start, {}


def trained(name, data, epochs, seed):
    """Train with the registered settings, or from word vectors with the chosen ones."""
    config, settings = CHOSEN.get(name, ({}, {})) if data.name == "pubmed_mesh" else ({}, {})
    if data.name == "pubmed_mesh" and name in CHOSEN:
        model = deepbio.get_model(name, dataset=data, seed=seed, embedding_dim=VECTOR_SIZE, **config)
        with tempfile.TemporaryDirectory() as folder:
            load_word_vectors(model, written(word_vectors(data), data, Path(folder) / "vectors.txt"))
        share = np.asarray(data.train.y).mean(axis=0)
        model.get_layer("head").bias.assign(np.log(share / (1 - share)))
    else:
        model = deepbio.get_model(name, dataset=data, seed=seed)
    run = deepbio.fit(model, data, seed=seed, verbose=False, **settings, **({"epochs": epochs} if epochs else {}))
    facts = {"epochs": len(run.history["loss"])}
    return deepbio.predict(model, data.valid), deepbio.predict(model, data.test), run.seconds, facts


def word_vectors(data, *, window=5, smoothing=0.75, deviation=0.3):
    """Learn a vector for each id from the training texts: float32 `(vocabulary, VECTOR_SIZE)`.

    Positive pointwise mutual information of words up to `window` apart, nearer ones counting more, and its first singular
    vectors, each times the root of its singular value (Levy et al. 2015, doi:10.1162/tacl_a_00134).
    """
    ids, size = data.train.x[np.arange(len(data.train))], data.input.vocabulary_size
    counts = sparse.csr_matrix((size, size))
    for gap in range(1, window + 1):
        left, right = ids[:, :-gap].ravel(), ids[:, gap:].ravel()
        known = (left > UNKNOWN) & (right > UNKNOWN)
        weight = np.full(known.sum(), (window + 1 - gap) / window)
        counts += sparse.coo_matrix((weight, (left[known], right[known])), shape=(size, size)).tocsr()
    counts = (counts + counts.T).tocoo()
    word = np.asarray(counts.sum(axis=1)).ravel()
    context = word**smoothing / (word**smoothing).sum()
    information = np.log(counts.data / (word[counts.row] * context[counts.col])).clip(0)
    matrix = sparse.csr_matrix((information, (counts.row, counts.col)), shape=(size, size))
    matrix.eliminate_zeros()
    svd = TruncatedSVD(VECTOR_SIZE, n_iter=4, random_state=0)
    vectors = (svd.fit_transform(matrix) * svd.singular_values_**-0.5).astype(np.float32)
    return vectors / vectors.std() * deviation


def written(vectors, data, path):
    """Write vectors in the text format of word2vec; words without neighbours are left out."""
    words = [(word, vectors[i]) for word, i in Tokenizer.from_json(data.input.tokenizer).vocabulary.items()]
    words = [(word, vector) for word, vector in words if vector.any()]
    lines = [f"{word} {' '.join(f'{value:.4f}' for value in vector)}" for word, vector in words]
    path.write_text("\n".join([f"{len(lines)} {vectors.shape[1]}", *lines]) + "\n", encoding="utf-8")
    return path


def chosen_threshold(y, p):
    """Find the threshold, the same for all labels, that gives the highest micro F1."""
    return max(np.arange(5, 70) / 100, key=lambda threshold: micro_f1(y, p, threshold=threshold))


def sections_table(data, results):
    """Return the rows, best first, and each network's difference from TF-IDF logistic regression."""
    y, names, rows = data.test.y, METRICS["sections"], {}
    for model, (_, p, seconds, facts) in results.items():
        found = compare(data.task, y, p, names=names)
        rows[model] = found["accuracy"].value, row(model, [found[name] for name in names], seconds, facts)
    lines = [*header(names), *best_first(rows), ""]
    lines += ["Difference in accuracy from TF-IDF logistic regression, paired bootstrap over test texts:", ""]
    for model in results:
        if model not in BASELINES:
            gap = paired_bootstrap(accuracy, y, results[model][1], results["logistic_regression"][1]).difference
            lines.append(f"- `{model}`: {signed(gap)}")
    return lines


def mesh_table(data, results):
    """Return the rows, best first, and how far `caml` is from the others in F1 at both thresholds and in precision."""
    y, names, rows = data.test.y, METRICS["mesh"], {}
    thresholds = {model: chosen_threshold(data.valid.y, valid) for model, (valid, *_) in results.items()}
    decided = {model: (results[model][1] >= threshold).astype(np.float32) for model, threshold in thresholds.items()}
    for model, (_, p, seconds, facts) in results.items():
        found = compare(data.task, y, p, names=names)
        at = bootstrap(micro_f1, y, decided[model], bounds=(0, 1))
        cells = [found["micro_f1"], f"{at} at {thresholds[model]:.2f}", *(found[name] for name in names[1:])]
        rows[model] = at.value, row(model, cells, seconds, facts)
    lines = [*header(["micro_f1 at 0.5", "micro_f1 at the chosen threshold", *names[1:]]), *best_first(rows)]
    if "caml" not in results:
        return lines
    lines += ["", "Differences, paired bootstrap over test texts:", ""]
    lines += ["| | micro_f1 at 0.5 | micro_f1 at the chosen threshold | precision_at_5 |", "|---|---|---|---|"]
    ps = {model: p for model, (_, p, *_) in results.items()}
    measures = ((micro_f1, ps), (micro_f1, decided), (partial(precision_at_k, k=5), ps))
    for model in results:
        if model not in ("caml", "majority"):
            gaps = [paired_bootstrap(function, y, of["caml"], of[model]).difference for function, of in measures]
            lines.append(f"| `caml` less {title(model)} | {' | '.join(signed(gap) for gap in gaps)} |")
    return lines


def title(model):
    return BASELINES.get(model, f"`{model}`")


def header(columns):
    return [f"| model | {' | '.join(columns)} | epochs | seconds |", "|---|" + "---|" * (len(columns) + 2)]


def row(model, cells, seconds, facts):
    return f"| {title(model)} | {' | '.join(str(cell) for cell in cells)} | {facts.get('epochs', '')} | {seconds:.0f} |"


def best_first(rows):
    return [line for _, line in sorted(rows.values(), reverse=True)]


def signed(gap):
    return f"{gap.value:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}]"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("which", choices=METRICS)
    parser.add_argument("--models", nargs="*")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    which, results = arguments.which, {}
    name, options = OPTIONS[which]
    data = load_dataset(name, **options)
    for model in [*BASELINES, *(arguments.models or MODELS[which])]:
        make = partial(trained, model, data, arguments.epochs, arguments.seed)
        make = partial(simple, model, data) if model in BASELINES else make
        results[model] = finished(arguments.keep, f"{which}-{model}-{arguments.seed}", make)
        print(f"{model}: {results[model][2]:.0f} s", flush=True)
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
        *(sections_table if which == "sections" else mesh_table)(data, results),
    ]
    print("\n".join(lines))
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
