"""PubMed text: passages by their section, and abstracts with their MeSH headings.

    python benchmarks/pubmed.py sections [--models text_cnn gru] [--epochs 3] [--cache FOLDER] [--out benchmarks/results/FILE.md]
    python benchmarks/pubmed.py mesh [--models caml text_cnn bilstm] [--cache FOLDER] [--out benchmarks/results/FILE.md]

Splits are by abstract. `mesh` takes the 200 most frequent headings; `CHOSEN` has the settings of its networks, chosen on the
validation split. The networks start from one table of word vectors, which `word_vectors` learns from the training texts (as
CAML's authors start all theirs from word2vec vectors of the training notes), and from biases that are the headings' frequencies.
F1 is at a threshold of 0.5, and at one threshold for all headings which the validation split chooses for each method. Labels
that the test split lacks are left out of macro averages (Edin et al. 2023, arXiv:2304.10909).
"""

import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
from _table import Cache, script, span, table, write_page
from scipy import sparse
from sklearn.decomposition import TruncatedSVD

import deepbio
from deepbio.benchmark.baselines import fit_baseline
from deepbio.datasets import load_dataset
from deepbio.inference import compare
from deepbio.metrics import accuracy, bootstrap, f1, paired_bootstrap, precision_at_k
from deepbio.text import UNKNOWN, Tokenizer
from deepbio.zoo import load_word_vectors

# metrics, options of the data set, models
TASKS = {
    "sections": (
        ["accuracy", "macro_f1", "log_loss"],
        {"length": 128},
        ["bag_of_words", "text_cnn", "note_evidence", "caml", "gru", "note_transformer", "note_lstm", "han", "bilstm"],
    ),
    "mesh": (
        ["micro_f1", "precision_at_5", "macro_f1", "micro_auroc", "macro_auroc"],
        {"min_abstracts": 1, "max_headings": 200, "length": 256},
        ["bag_of_words", "text_cnn", "caml", "bilstm"],
    ),
}
BASELINES = {"majority": "`majority`", "logistic_regression": "TF-IDF logistic regression"}
CHOSEN = {
    "caml": ({"filters": 200, "kernel_size": 3}, {"epochs": 6}),
    "text_cnn": ({"kernel_size": [3], "filters": 400, "dropout": 0.3}, {"epochs": 8, "learning_rate": 0.003}),
    "bilstm": ({"num_layers": 1, "units": 128}, {"epochs": 8, "learning_rate": 0.006}),
}
VECTOR_SIZE = 100
micro_f1 = partial(f1, average="micro")


def simple(name, data) -> dict:
    start = time.perf_counter()
    fitted = fit_baseline(name, data)
    predictions = {"valid": fitted.predict(data.valid), "p": fitted.predict(data.test)}
    return {**predictions, "seconds": time.perf_counter() - start, "epochs": ""}


def trained(name, data, epochs, seed) -> dict:
    """Train with the registered settings, or from word vectors with the chosen ones."""
    settings = {}
    if data.name == "pubmed_mesh" and name in CHOSEN:
        config, settings = CHOSEN[name]
        model = deepbio.get_model(name, dataset=data, seed=seed, embedding_dim=VECTOR_SIZE, **config)
        with tempfile.TemporaryDirectory() as folder:
            load_word_vectors(model, written(word_vectors(data), data, Path(folder) / "vectors.txt"))
        frequency = np.asarray(data.train.y).mean(axis=0)
        model.get_layer("head").bias.assign(np.log(frequency / (1 - frequency)))
    else:
        model = deepbio.get_model(name, dataset=data, seed=seed)
    run = deepbio.fit(model, data, seed=seed, verbose=False, **settings, **({"epochs": epochs} if epochs else {}))
    predictions = {"valid": deepbio.predict(model, data.valid), "p": deepbio.predict(model, data.test)}
    return {**predictions, "seconds": run.seconds, "epochs": len(run.history["loss"])}


def word_vectors(data, *, window=5, smoothing=0.75, std=0.3):
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
    return vectors / vectors.std() * std


def written(vectors, data, path):
    """Write vectors in the text format of word2vec; words without neighbours are left out."""
    words = [(word, vectors[i]) for word, i in Tokenizer.from_json(data.input.tokenizer).vocabulary.items()]
    lines = [f"{word} {' '.join(f'{value:.4f}' for value in vector)}" for word, vector in words if vector.any()]
    path.write_text("\n".join([f"{len(lines)} {vectors.shape[1]}", *lines]) + "\n", encoding="utf-8")
    return path


def best_first(columns, rows: dict[str, tuple[float, list]], results) -> list[str]:
    ordered = sorted(rows.items(), key=lambda item: -item[1][0])
    cost = {model: [found["epochs"], f"{found['seconds']:.0f}"] for model, found in results.items()}
    return table(("model", *columns, "epochs", "seconds"), ([title(m), *line, *cost[m]] for m, (_, line) in ordered))


def title(model):
    return BASELINES.get(model, f"`{model}`")


def signed(gap):
    return span(gap.value, gap.low, gap.high, "+.3f")


def sections_parts(data, names, results):
    """Return the rows, best first, and each network's difference from TF-IDF logistic regression."""
    y, rows = data.test.y, {}
    for model, result in results.items():
        found = compare(data.task, y, result["p"], names=names)
        rows[model] = found["accuracy"].value, [found[name] for name in names]
    title, lines = "Difference in accuracy from TF-IDF logistic regression, paired bootstrap over test texts:", []
    for model in (model for model in results if model not in BASELINES):
        gap = paired_bootstrap(accuracy, y, results[model]["p"], results["logistic_regression"]["p"]).difference
        lines.append(f"- `{model}`: {signed(gap)}")
    return [best_first(names, rows, results), title, lines]


def mesh_parts(data, names, results):
    """Return the rows, best first, and how far `caml` is from the others in F1 at both thresholds and in precision."""
    y, rows, decided = data.test.y, {}, {}
    for model, result in results.items():
        # the threshold, the same for all labels, with the highest micro F1
        best = max(np.arange(5, 70) / 100, key=lambda t, p=result["valid"]: micro_f1(data.valid.y, p, threshold=t))
        decided[model] = (result["p"] >= best).astype(np.float32)
        found, at = (
            compare(data.task, y, result["p"], names=names),
            bootstrap(micro_f1, y, decided[model], bounds=(0, 1)),
        )
        rows[model] = at.value, [found["micro_f1"], f"{at} at {best:.2f}", *(found[name] for name in names[1:])]
    columns = ["micro_f1 at 0.5", "micro_f1 at the chosen threshold"]
    lines = best_first([*columns, *names[1:]], rows, results)
    if "caml" not in results:
        return [lines]
    ps = {model: result["p"] for model, result in results.items()}
    measures = ((micro_f1, ps), (micro_f1, decided), (partial(precision_at_k, k=5), ps))
    gaps = [
        [
            f"`caml` less {title(model)}",
            *(signed(paired_bootstrap(f, y, of["caml"], of[model]).difference) for f, of in measures),
        ]
        for model in results
        if model not in ("caml", "majority")
    ]
    return [lines, "Differences, paired bootstrap over test texts:", table(("", *columns, "precision_at_5"), gaps)]


@script(__doc__, cache=True, task=tuple(TASKS), models=[], epochs=int, seed=0)
def main(arguments):
    task, cache, results = arguments.task, Cache(arguments), {}
    names, settings, models = TASKS[task]
    data = load_dataset(f"pubmed_{task}", **settings)
    for model in [*BASELINES, *(arguments.models or models)]:
        make = partial(trained, model, data, arguments.epochs, arguments.seed)
        make = partial(simple, model, data) if model in BASELINES else make
        results[model] = cache(f"{task}-{model}-{arguments.seed}", make)
    cache.stop_if_incomplete()
    sizes = f"{len(data.train):,} training, {len(data.valid):,} validation and {len(data.test):,} test texts"
    about = (
        f"Seed {arguments.seed}: {sizes} of up to {data.input.shape[0]} words, {len(data.labels)} labels. 95% bootstrap intervals "
        "over test texts (1,000 resamples, seed 0)."
    )
    parts = (sections_parts if task == "sections" else mesh_parts)(data, names, results)
    write_page(arguments, data.card["title"], about, *parts)
