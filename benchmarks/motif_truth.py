"""Do explanations of DNA find what was planted? Base scores, TF-MoDISco and spacing on `simulate_motifs`, over five trained seeds.

    python benchmarks/motif_truth.py [--seeds 0 1 2 3 4] [--cache FOLDER] [--out benchmarks/results/motif_truth.md]

CTCF (MA0139.1) and NFYB (MA0502.1) of JASPAR are planted in this order, on one strand, 7 to 9 bases apart. Negatives have the same
motifs and break one rule. For each seed a network (`dna_cnn` with 32 filters) is trained on data of its own: first against shuffled
sequences, which teaches it the motifs, then against broken ones, of which there are twice as many. The numbers of sequences and epochs
were chosen by the AUROC of networks of other seeds (13 and up) on their own validation splits. All explain the same positive
sequences, which none was trained on. A base is true if it is part of a planted site, whatever its information.

A method has a value for each of the four bases of a position (its gradient, or its hypothetical contribution), from which their
mean is taken away. The score of a base is that of the present base, or the Euclidean norm over the four, alone or as the mean over
nine positions. The nine was fixed beforehand.

Two readers that know the motifs say what can be reached: `log-odds at the sites` knows where the sites are and scores each of their
bases by the logarithm of its probability in the motif over that in the background; `posterior of the generator` knows motifs and
grammar, not where they are, and scores a base by the probability that it is part of a site.
"""

import time

import numpy as np
from _modisco import modisco_patterns
from _table import Cache, script, span, table, write_page
from scipy.stats import t as student

import deepbio
from deepbio.datasets.simulate import simulate_motifs
from deepbio.interpret import (
    deep_lift_shap,
    expected_integrated_gradients,
    gradient_correction,
    integrated_gradients,
    read_jaspar,
    saliency,
    saturation_mutagenesis,
    smoothgrad,
    space,
    tomtom,
    trimmed,
)
from deepbio.sequence import decode

MOTIFS, LENGTH, GAPS = ("MA0139.1", "MA0502.1"), 120, (7, 9)
RULES = {"length": LENGTH, "spacing": GAPS, "orientation": "same", "order": "given"}
OPTIONS = {"filters": 32, "max_positions": 25}
EPOCHS = (4, 12)  # against shuffled, then against broken negatives
EXPLAINED = 1_000_000  # seed of the explained sequences; those of training are 2 * seed and 2 * seed + 1 on from 100
DISTANCES = range(25)
# of TF-MoDISco: windows that hold one site, as sites are 7 to 9 bases apart and the default of 41 bases holds both; chosen on
# other sequences (seed 2,000,000) with the log-odds of their sites, plus noise, in place of contributions
WINDOWS = {"sliding_window_size": 12, "flank_size": 3, "trim_to_window_size": 14, "initial_flank_to_add": 3}
WIDTH = 9
METHODS = {
    "gradient, corrected": saliency,
    "SmoothGrad, corrected": smoothgrad,
    "integrated gradients": lambda m, x: integrated_gradients(m, x, hypothetical=True, warning_threshold=np.inf),
    "expected integrated gradients": lambda m, x: expected_integrated_gradients(m, x, hypothetical=True, samples=100),
    "DeepLIFT/SHAP": lambda m, x: deep_lift_shap(m, x, hypothetical=True, warning_threshold=np.inf),
    "mutagenesis": lambda m, x: saturation_mutagenesis(m, x, hypothetical=True),
}
SCORES = ("present base", "four bases", f"present base, mean of {WIDTH}", f"four bases, mean of {WIDTH}")


def new_model(data, seed):
    return deepbio.get_model("dna_cnn", dataset=data, seed=seed, **OPTIONS)


def trained(seed, examples):
    """Train the network of a seed; return its weights, how good it is on its test split, and the seconds."""
    begin, model, data, found = time.process_time(), None, None, {}
    for stage, negatives in enumerate(("shuffled", "broken")):
        number = examples if stage else examples // 2
        data = simulate_motifs(MOTIFS, number, negatives=negatives, seed=100 + 2 * seed + stage, **RULES).dataset()
        model = model or new_model(data, seed)
        deepbio.fit(model, data, seed=seed, verbose=False, epochs=EPOCHS[stage])
        found[f"auroc_{negatives}"] = deepbio.evaluate(model, data.test)["auroc"].value
        found[f"valid_{negatives}"] = deepbio.evaluate(model, data.valid)["auroc"].value
    weights = {f"w{i:03d}": w for i, w in enumerate(model.get_weights())}
    return {**found, "seconds": time.process_time() - begin, **weights}


def restored(found, seed):
    """Return the network of `trained`."""
    data = simulate_motifs(MOTIFS, 20, **RULES).dataset()
    model = new_model(data, seed)
    model.set_weights([found[name] for name in sorted(found) if name.startswith("w")])
    return model


def explained_sequences(number):
    """Return positive sequences that no network was trained on, and the simulation with their indices."""
    found = simulate_motifs(MOTIFS, 2 * number, negatives="broken", seed=EXPLAINED, **RULES)
    return found, np.flatnonzero(found.y == 1)


def base_scores(values, codes):
    """Return the scores of bases `(n, length)` by name."""
    centred = gradient_correction(values.astype(np.float64))
    present = np.take_along_axis(centred, codes[..., None].astype(int), -1)[..., 0]
    norm = np.linalg.norm(centred, axis=-1)
    return dict(zip(SCORES, (present, norm, smooth(present), smooth(norm)), strict=True))


def smooth(scores):
    """Return the mean over `WIDTH` positions around each, of fewer at the ends."""
    kernel = np.ones(WIDTH)
    count = np.convolve(np.ones(scores.shape[1]), kernel, "same")
    return np.stack([np.convolve(row, kernel, "same") / count for row in scores])


def areas(truth, scores):
    from sklearn.metrics import average_precision_score, roc_auc_score

    return roc_auc_score(truth.ravel(), scores.ravel()), average_precision_score(truth.ravel(), scores.ravel())


def over_seeds(values):
    """Return the mean over seeds and its 95% interval by Student's t."""
    mean, n = float(np.mean(values)), len(values)
    half = float(student.ppf(0.975, n - 1) * np.std(values, ddof=1) / np.sqrt(n)) if n > 1 else np.nan
    return span(mean, mean - half, min(mean + half, 1))


def over_sequences(truth, scores, resamples=1000):
    """Return AUROC and AUPRC with 95% bootstrap intervals over sequences."""
    random, found = np.random.Generator(np.random.Philox(0)), areas(truth, scores)
    drawn = [areas(truth[k], scores[k]) for k in (random.integers(0, len(truth), len(truth)) for _ in range(resamples))]
    return [
        span(value, *np.quantile(column, [0.025, 0.975]))
        for value, column in zip(found, zip(*drawn, strict=True), strict=True)
    ]


def known_sites(simulated, rows):
    """Return at each base of a site its log-odds against the background, and the information of its position in bits; else 0."""
    codes = simulated.x[rows]
    background = np.bincount(simulated.x.ravel(), minlength=4)[:4] / simulated.x.size
    motifs, index = (
        {motif.id: motif.probabilities for motif in simulated.motifs},
        {row: k for k, row in enumerate(rows)},
    )
    odds, bits = np.zeros(codes.shape), np.zeros(codes.shape)
    for site in simulated.planted:
        if site.example in index:
            p = motifs[site.motif] if site.strand == "+" else motifs[site.motif][::-1, ::-1]
            k, part = index[site.example], slice(site.start, site.end)
            odds[k, part] = np.log((p[np.arange(len(p)), codes[k, part]] + 1e-6) / background[codes[k, part]])
            bits[k, part] = (p * np.log2(np.maximum(p, 1e-9) / background)).sum(axis=1)
    return odds, bits


def posterior_of_sites(simulated, codes):
    """Return the probability that each base is part of a site, given the motifs and the grammar: exact but for neighbours of sites."""
    background = np.bincount(simulated.x.ravel(), minlength=4)[:4] / simulated.x.size
    first, second = (motif.probabilities for motif in simulated.motifs)
    hot, out = np.eye(4)[codes], np.zeros(codes.shape)
    arrangements = []
    for gap in range(GAPS[0], GAPS[1] + 1):
        between = np.tile(background, (gap, 1))
        whole = np.concatenate([first, between, second])
        inside = np.r_[np.ones(len(first), bool), np.zeros(gap, bool), np.ones(len(second), bool)]
        # on the minus strand each site is turned where it is, so the order of the two stays
        minus = np.concatenate([first[::-1, ::-1], between, second[::-1, ::-1]])
        arrangements += [(whole, inside), (minus, inside)]
    logs, masks = [], []
    for p, inside in arrangements:
        odds, starts = np.log((p + 1e-6) / background), range(codes.shape[1] - len(p) + 1)
        for start in starts:
            mask = np.zeros(codes.shape[1])
            mask[start : start + len(p)] = inside
            logs.append((hot[:, start : start + len(p)] * odds).sum(axis=(1, 2)) - np.log(len(starts)))
            masks.append(mask)
    weight = np.exp(np.array(logs) - np.max(logs, axis=0))
    out = (weight / weight.sum(axis=0)).T @ np.array(masks)
    return out


def modisco(model, codes):
    """Return for each planted motif the q-value of the TF-MoDISco pattern that is nearest to it, and its rank among all of JASPAR."""
    values = deep_lift_shap(model, codes, hypothetical=True, n_references=10, warning_threshold=np.inf)
    patterns = [one for one in modisco_patterns(codes, values, **WINDOWS) if one.name.startswith("pos")]
    found: dict = {"patterns": len(patterns)}
    if not patterns:
        return found | {
            f"{key}_{motif}": value for motif in MOTIFS for key, value in (("q", 1.0), ("rank", 0), ("name", "none"))
        }
    known = read_jaspar()
    table_ = tomtom([trimmed(one).probabilities for one in patterns], known, n_nearest=len(known))
    table_["rank"] = table_.groupby("query").cumcount() + 1
    for motif in MOTIFS:
        # JASPAR's later versions of a motif have other numbers behind the point
        own = table_[table_["motif"].str.startswith(motif.split(".")[0])].sort_values("q_value").iloc[0]
        found |= {f"q_{motif}": own["q_value"], f"rank_{motif}": int(own["rank"]), f"name_{motif}": own["motif"]}
    return found


def spacing(model, number):
    """Return the mean change of the logit by strands and distance for the two consensus sequences in shuffled backgrounds."""
    simulated = simulate_motifs(MOTIFS, 2 * number, seed=EXPLAINED + 1, **RULES)
    backgrounds = simulated.x[simulated.y == 0]
    best = [decode(motif.probabilities.argmax(axis=1).astype(np.uint8)) for motif in simulated.motifs]
    return space(model, backgrounds, tuple(best), DISTANCES).change.mean(axis=(0, 1))


@script(__doc__, cache=True, seeds=[0, 1, 2, 3, 4], examples=20_000, sequences=80, modisco=300, backgrounds=40)
def main(arguments):
    cache, models, values, spaces, patterns = Cache(arguments), [], [], [], []
    simulated, rows = explained_sequences(arguments.sequences)
    codes, truth = simulated.x[rows], simulated.mask()[rows]
    many, chosen = explained_sequences(arguments.modisco)
    for seed in arguments.seeds:
        weights = cache(f"seed {seed} weights", lambda seed=seed: trained(seed, arguments.examples))
        if weights is None:
            continue
        model = restored(weights, seed)
        models.append(weights)
        values.append({
            name: cache(f"seed {seed} {name}", lambda model=model, method=method: {"values": method(model, codes)})
            for name, method in METHODS.items()
        })  # fmt: skip
    for seed, weights in zip(arguments.seeds, models, strict=False):
        model = restored(weights, seed)
        spaces.append(
            cache(f"seed {seed} space", lambda model=model: {"change": spacing(model, arguments.backgrounds)})
        )
        patterns.append(cache(f"seed {seed} modisco", lambda model=model: modisco(model, many.x[chosen])))
    cache.stop_if_incomplete()
    odds, bits = known_sites(simulated, rows)
    informative = (bits >= 0.5) | ~truth
    found, kept, ensemble = [], [], []
    for name in METHODS:
        all_ = [base_scores(one[name]["values"], codes) for one in values]
        two = [[areas(truth, scores[which]) for scores in all_] for which in SCORES]
        for k, measure in enumerate(("AUROC", "AUPRC")):
            found.append([name, measure, *(over_seeds([area[k] for area in one]) for one in two)])
        kept.append(
            [
                name,
                *(over_seeds([areas(truth[informative], s[which][informative])[0] for s in all_]) for which in SCORES),
            ]
        )
        scaled = [one[name]["values"] / np.abs(one[name]["values"]).max() for one in values]
        both = base_scores(np.mean(scaled, axis=0), codes)
        ensemble.append([name, *(over_sequences(truth, both[which])[0] for which in SCORES)])
    readers = [
        ["log-odds at the sites", *over_sequences(truth, odds)],
        [f"log-odds at the sites, mean of {WIDTH}", *over_sequences(truth, smooth(odds))],
        ["posterior of the generator", *over_sequences(truth, posterior_of_sites(simulated, codes))],
    ]
    recovered = [
        [motif, *(f"{one[f'q_{motif}']:.0e} ({one[f'name_{motif}']}, {one[f'rank_{motif}']})" for one in patterns)]
        for motif in MOTIFS
    ]
    peaks = []
    for seed, one in zip(arguments.seeds, spaces, strict=True):
        strands, distance = np.unravel_index(one["change"].argmax(), one["change"].shape)
        inside = one["change"][[0, 3]][:, GAPS[0] : GAPS[1] + 1]
        outside = np.delete(one["change"][[0, 3]], range(GAPS[0], GAPS[1] + 1), axis=1)
        peaks.append([seed, ("++", "+-", "-+", "--")[strands], distance, f"{inside.min():.2f} to {inside.max():.2f}",
                      f"{outside.max():.2f}", f"{one['change'][[1, 2]].max():.2f}"])  # fmt: skip
    networks = [[seed, *(f"{one[key]:.3f}" for key in ("auroc_shuffled", "auroc_broken")), f"{one['seconds']:.0f}"]
                for seed, one in zip(arguments.seeds, models, strict=True)]  # fmt: skip
    about = (
        f"Sites of CTCF and NFYB, {len(codes)} positive sequences of {LENGTH} bases, {truth.mean():.0%} of which are in a site; "
        f"{arguments.examples // 2:,} and {arguments.examples:,} sequences in the two stages of training. The mean over seeds and "
        "its 95% interval (Student's t)."
    )
    seeds = [f"seed {seed}: q (motif, rank)" for seed in arguments.seeds]
    write_page(
        arguments, "Planted motifs", about, "The networks, on test splits of their own:",
        table(("seed", "AUROC, shuffled", "AUROC, broken", "CPU seconds"), networks),
        "Base scores against the planted sites:", table(("method", "measure", *SCORES), found),
        f"AUROC if the {np.mean(bits[truth] < 0.5):.0%} of the site's positions with less than half a bit are left out:",
        table(("method", *SCORES), kept),
        "AUROC of the mean of the five networks' values, each divided by its largest; 95% bootstrap intervals over sequences:",
        table(("method", *SCORES), ensemble), "What readers that know the motifs reach; 95% bootstrap intervals over sequences:",
        table(("reader", "AUROC", "AUPRC"), readers),
        f"TF-MoDISco (modisco-lite, windows of 18 bases) on DeepLIFT/SHAP of {len(chosen)} sequences: TOMTOM's q-value of the planted "
        "motif, in whatever version, among all of JASPAR's vertebrates, and its rank for that pattern:",
        table(("planted", *seeds), recovered),
        f"`space` with the consensus of both motifs in {arguments.backgrounds} shuffled backgrounds, distances 0 to {max(DISTANCES)}: "
        "where the logit rises most, and by how much it rises on one strand at the planted distances, at others, and on two strands:",
        table(("seed", "strands", "distance", "planted distances", "other distances", "two strands"), peaks),
    )  # fmt: skip
