"""Oct4 and Mafk, a part of `explained_examples.py`: the motifs that a network learned from peaks, named by JASPAR."""

import numpy as np
from _modisco import modisco_patterns
from _table import span, table

import deepbio
from deepbio.datasets import load_dataset
from deepbio.interpret import deep_lift_shap, read_jaspar, tomtom, trimmed
from deepbio.interpret.drawing import draw_logo, new_figure, save_figure
from deepbio.interpret.motifs import Pattern

EPOCHS = 10  # as in dna_cnn_sets.py
# the proteins' own motifs in JASPAR 2024, and that of Oct4 with its partner Sox2
KNOWN = {"oct4": ("MA1115", "MA0142"), "mafk": ("MA0496",)}
SHOWN = 3  # patterns of each class


def trained(data, seed):
    """Return the weights of a network, and its AUROC on the published test windows with its interval."""
    model = deepbio.get_model("dna_cnn", dataset=data, seed=seed)
    deepbio.fit(model, data, seed=seed, epochs=EPOCHS, verbose=False)
    area = deepbio.evaluate(model, data.test, n_resamples=1000)["auroc"]
    weights = {f"w{i:03d}": w for i, w in enumerate(model.get_weights())}
    return {"auroc": area.value, "low": area.low, "high": area.high, **weights}


def found_patterns(data, found, seed, codes):
    """Return the patterns of TF-MoDISco as arrays by name: those that raise the logit of Oct4, and those that lower it."""
    model = deepbio.get_model("dna_cnn", dataset=data, seed=seed)
    model.set_weights([found[name] for name in sorted(found) if name.startswith("w")])
    values = deep_lift_shap(
        model, codes, target="oct4", hypothetical=True, n_references=10, seed=seed, warning_threshold=np.inf
    )
    out = {}
    for one in map(trimmed, modisco_patterns(codes, values)):
        out[one.name] = np.stack([one.probabilities, one.contributions])
        out[f"n {one.name}"] = one.n_seqlets
    return out


def oct4_mafk(arguments, cache):
    """Return the parts of the page about Oct4 and Mafk."""
    data = load_dataset("oct4_mafk")
    codes = np.concatenate([np.asarray(part.x) for part in (data.valid, data.test)])
    known, rows, areas, first = read_jaspar(), [], [], {}
    for seed in arguments.seeds:
        weights = cache(f"oct4_mafk seed {seed}", lambda seed=seed: trained(data, seed))
        if weights is None:
            continue
        areas.append(f"{span(weights['auroc'], weights['low'], weights['high'])} (seed {seed})")
        found = cache(
            f"oct4_mafk patterns {seed}", lambda seed=seed, own=weights: found_patterns(data, own, seed, codes)
        )
        if found is None:
            continue
        names = [name for name in found if not name.startswith("n ")]
        matches = tomtom([found[name][0] for name in names], known, n_nearest=len(known))
        for k, name in enumerate(names):
            protein = "oct4" if name.startswith("pos") else "mafk"
            number = int(name.rpartition("_")[2])
            if number >= SHOWN:
                continue
            own = matches[matches["query"] == k].reset_index(drop=True)
            of_protein = own[own["motif"].str.startswith(KNOWN[protein])]
            best = of_protein.iloc[0]
            rows.append([
                seed, protein, number + 1, found[f"n {name}"], f"{own.loc[0, 'motif']} ({own.loc[0, 'q_value']:.0e})",
                f"{best['motif']} ({best['q_value']:.0e})", int(of_protein.index[0]) + 1,
            ])  # fmt: skip
            if seed == arguments.seeds[0] and best["q_value"] < first.get(protein, (np.inf,))[0]:
                first[protein] = best["q_value"], found[name], best
    cache.stop_if_incomplete()
    if arguments.figures:
        draw(first, {one.name: one for one in known}, arguments.figures / "explained_oct4_mafk.png")
    return [
        "## Oct4 and Mafk",
        f"AUROC on the 200 published test windows, with 95% bootstrap intervals: {', '.join(areas)}. TF-MoDISco (modisco-lite) on "
        f"DeepLIFT/SHAP of the logit of Oct4, of the {len(codes)} windows of validation and test; the {SHOWN} largest patterns that "
        "raise it (oct4) or lower it (mafk). Motifs by TOMTOM's q-value among all of JASPAR's vertebrates; the protein's own are "
        "POU5F1 (MA1115) and Pou5f1::Sox2 (MA0142), and MAFK (MA0496).",
        table(
            ("seed", "class", "pattern", "seqlets", "nearest motif (q)", "the protein's own motif (q)", "its rank"), rows
        ),
    ]  # fmt: skip


def draw(first, known, path):
    """Draw for each protein the pattern that is nearest to its motif, above the motif of JASPAR, aligned."""
    figure, axes = new_figure(4, width=7.0, height=1.3)
    for k, protein in enumerate(KNOWN):
        _, (_, contributions), best = first[protein]
        target: Pattern = known[best["motif"]]
        values, p = contributions, target.probabilities
        if best["strand"] == "-":
            values = values[::-1, ::-1]
        bits = p * (2 + (p * np.log2(np.maximum(p, 1e-9))).sum(axis=1, keepdims=True))
        draw_logo(values, axes[2 * k], y="contribution")
        axes[2 * k].set_title(f"dna_cnn, {protein}", fontsize=7, loc="left")
        draw_logo(bits, axes[2 * k + 1], y="bits")
        axes[2 * k + 1].set_title(f"JASPAR, {target.name} (q = {best['q_value']:.0e})", fontsize=7, loc="left")
    save_figure(figure, path)
