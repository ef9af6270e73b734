"""Motifs: MEME and JASPAR files read, seqlets and filters named by TOMTOM, files of TF-MoDISco written and read."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepbio.errors import DataError, ModelError
from deepbio.files import FilePath, check_exists, read_text, write_atomically
from deepbio.interpret.dna import Sequences, as_one_hot, as_sequences, one_hot_of
from deepbio.optional import require

if TYPE_CHECKING:
    import keras
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Pattern:
    """A motif with its base probabilities.

    Args:
        name: Name, such as `"MA0139.1 CTCF"`.
        probabilities: float64 `(length, 4)`, columns A C G T.
        n_seqlets: Number of seqlets or sites behind it, if known.
        contributions: Mean contributions `(length, 4)`, if known.
    """

    name: str
    probabilities: np.ndarray = field(repr=False)
    n_seqlets: int | None = None
    contributions: np.ndarray | None = field(default=None, repr=False)


def read_meme(path: FilePath) -> list[Pattern]:
    """Read the motifs of a file in minimal MEME format.

    Raises:
        DataError: The file has no motif, or a matrix of another form; the message has the line.

    Source: https://meme-suite.org/meme/doc/meme-format.html
    """
    found: list[Pattern] = []
    name, rows, expected = "", [], 0
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        words = line.split()
        if words[:1] == ["MOTIF"]:
            name = " ".join(words[1:])
        elif line.startswith("letter-probability matrix"):
            parts = line.replace("=", "= ").split()
            width = (parts[parts.index("w=") + 1 :] or [""])[0] if "w=" in parts else "0"
            if not width.isdecimal():
                raise DataError(f"{path}, line {number}: expected w= and a whole number; found {line.strip()!r}.")
            expected = int(width)
            rows = []
            found.append(Pattern(name or f"motif_{len(found) + 1}", np.zeros((0, 4))))
        elif found and not len(found[-1].probabilities) and words and (len(words) == 4):
            try:
                rows.append([float(word) for word in words])
            except ValueError:
                raise DataError(
                    f"{path}, line {number}: expected four probabilities; found {line.strip()!r}."
                ) from None
            if expected and len(rows) == expected:
                found[-1] = Pattern(found[-1].name, _probabilities(rows, path, number))
    if not found or any(not len(one.probabilities) for one in found):
        form = "(MOTIF, then letter-probability matrix: ... w= N)"
        raise DataError(f"{path}: expected motifs in MEME format {form}; found none.")
    return found


def read_jaspar(*, release: str = "JASPAR2024", group: str | None = "vertebrates") -> list[Pattern]:
    """Return the core motifs of JASPAR from the package pyjaspar.

    Args:
        release: Release.
        group: Taxonomic group; None is all.

    Raises:
        OptionalDependencyError: pyjaspar is not installed (extra `interpret`).

    Source: Rauluseviciute et al. 2024, doi:10.1093/nar/gkad1059 (CC BY 4.0).
    """
    pyjaspar = require("pyjaspar", extra="interpret", purpose="Reading JASPAR motifs")
    database = pyjaspar.jaspardb(release=release)
    options = {"collection": "CORE", **({"tax_group": [group]} if group else {})}
    found = []
    for motif in database.fetch_motifs(**options):
        counts = np.stack([np.asarray(motif.counts[base], np.float64) for base in "ACGT"], axis=1)
        found.append(Pattern(f"{motif.matrix_id} {motif.name}", counts / counts.sum(axis=1, keepdims=True)))
    database.conn.close()
    return sorted(found, key=lambda pattern: pattern.name)


def tomtom(queries: Sequence[np.ndarray], motifs: Sequence[Pattern], *, n_nearest: int = 1) -> pd.DataFrame:
    """Compare matrices with motifs by TOMTOM, on both strands.

    Source: Gupta et al. 2007, doi:10.1186/gb-2007-8-2-r24; memelite, Schreiber 2025.

    Args:
        queries: Matrices `(length, 4)`: probabilities, or one-hot sequences.
        motifs: Motifs, best a whole database: p-values take their columns as the background, so they depend on the choice of
            motifs if there are fewer than about 25.
        n_nearest: Number of motifs per query.

    Returns:
        Table, best first for each query: query, motif, p_value, q_value (Benjamini-Hochberg over all pairs of a query and a motif,
        so it does not depend on `n_nearest`), offset, overlap and strand.

    Raises:
        OptionalDependencyError: memelite is not installed (extra `interpret`).
    """
    import pandas as pd

    memelite = require("memelite", extra="interpret", purpose="Comparing motifs by TOMTOM")
    columns = ["query", "motif", "p_value", "q_value", "offset", "overlap", "strand"]
    if not len(queries):
        return pd.DataFrame(columns=columns)
    matrices = [np.ascontiguousarray(np.asarray(query, np.float64).T) for query in queries]
    targets = [np.ascontiguousarray(motif.probabilities.T) for motif in motifs]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of few motifs, which the docstring says
        p, _, offsets, overlaps, strands = [np.asarray(part) for part in memelite.tomtom(matrices, targets)][:5]
    q_values, rows = _benjamini_hochberg(p.ravel()).reshape(p.shape), []
    for q in range(len(queries)):
        for t in np.argsort(p[q], kind="stable")[:n_nearest]:
            place, strand = (int(offsets[q, t]), int(overlaps[q, t])), "-" if strands[q, t] else "+"
            rows.append((q, motifs[t].name, float(p[q, t]), float(q_values[q, t]), *place, strand))
    return pd.DataFrame(rows, columns=columns)


def annotate_seqlets(
    x: Sequences, seqlets: pd.DataFrame, motifs: Sequence[Pattern] | str | os.PathLike[str]
) -> pd.DataFrame:
    """Name seqlets by the motif nearest to their sequence, by TOMTOM.

    Args:
        x: Sequences of the attributions.
        seqlets: Table of `recursive_seqlets`.
        motifs: Motifs, a MEME file, or `"jaspar"`.

    Returns:
        The table with the columns motif, motif_p_value, motif_q_value and motif_strand.
    """
    known = load_motifs(motifs)
    hot = as_one_hot(as_sequences(None, x))
    places = seqlets[["example", "start", "end"]].to_numpy(int)
    queries = [hot[example, start:end] for example, start, end in places]
    found = tomtom(queries, known)
    return seqlets.reset_index(drop=True).assign(
        motif=found["motif"],
        motif_p_value=found["p_value"],
        motif_q_value=found["q_value"],
        motif_strand=found["strand"],
    )


def load_motifs(motifs: Sequence[Pattern] | str | os.PathLike[str]) -> Sequence[Pattern]:
    """Return motifs as they are, of a MEME file, or of JASPAR's vertebrates for `"jaspar"`."""
    if isinstance(motifs, str) and motifs.lower() == "jaspar":
        return read_jaspar()
    if isinstance(motifs, str) and not Path(motifs).exists():
        raise DataError(f"Expected motifs as a file in MEME format, or 'jaspar'; there is no file {motifs}.")
    return read_meme(motifs) if isinstance(motifs, str | os.PathLike) else motifs


def write_modisco_inputs(folder: FilePath, x: Sequences, hypothetical: np.ndarray) -> tuple[Path, Path]:
    """Write `ohe.npz` and `hypothetical.npz`, which `modisco motifs -s ohe.npz -a hypothetical.npz` of modisco-lite reads.

    Args:
        folder: Folder, which exists.
        x: Sequences.
        hypothetical: Hypothetical contributions `(n, length, 4)`.

    Returns:
        Paths of the two files, each `(n, 4, length)` float32 under the name `arr_0`.
    """
    arrays = {"ohe.npz": as_one_hot(as_sequences(None, x)), "hypothetical.npz": np.asarray(hypothetical, np.float32)}
    paths = []
    for name, array in arrays.items():
        with write_atomically(Path(folder) / name) as beside:
            np.savez_compressed(beside, np.ascontiguousarray(array.transpose(0, 2, 1)))
        paths.append(Path(folder) / name)
    return paths[0], paths[1]


def read_modisco(path: FilePath) -> list[Pattern]:
    """Read the patterns of a result of modisco-lite (`.h5`), positive ones first.

    Returns:
        Patterns named `pos_patterns.pattern_0` and so on, with probabilities, contributions and numbers of seqlets.

    Raises:
        DataError: The file is no result of modisco-lite.
    """
    import h5py

    file = check_exists(path)
    found = []
    try:
        with h5py.File(file, "r") as content:
            for group in ("pos_patterns", "neg_patterns"):
                patterns: Any = content.get(group, {})
                for name in sorted(patterns, key=lambda name: int(name.rpartition("_")[2])):
                    one = patterns[name]
                    n = int(np.asarray(one["seqlets"]["n_seqlets"])[0]) if "seqlets" in one else None
                    p = np.asarray(one["sequence"], np.float64)
                    found.append(Pattern(f"{group}.{name}", p, n, np.asarray(one["contrib_scores"], np.float64)))
    except (OSError, KeyError, ValueError) as error:
        raise DataError(f"{file}: expected an .h5 file that `modisco motifs` wrote ({error}).") from error
    if not found:
        raise DataError(
            f"{file}: no group pos_patterns or neg_patterns; expected an .h5 file that `modisco motifs` wrote."
        )
    return found


def trimmed(pattern: Pattern, *, threshold: float = 0.3) -> Pattern:
    """Return a pattern without the flanks whose contributions are below a fraction of the largest, as modisco-lite's report.

    Args:
        pattern: Pattern with contributions; without them its information content is used.
        threshold: Fraction of the largest position.
    """
    weight = (
        np.abs(pattern.contributions).sum(axis=1) if pattern.contributions is not None else _bits(pattern.probabilities)
    )
    kept = np.flatnonzero(weight >= threshold * weight.max())
    part = slice(int(kept[0]), int(kept[-1]) + 1)
    contributions = None if pattern.contributions is None else pattern.contributions[part]
    return Pattern(pattern.name, pattern.probabilities[part], pattern.n_seqlets, contributions)


def filter_motifs(model: keras.Model, x: Sequences, *, threshold: float = 0.5, batch_size: int = 256) -> list[Pattern]:
    """Turn the filters of a model's first convolution into motifs: the mean of the sequences that activate each.

    Source: Kelley et al. 2016, doi:10.1101/gr.200535.115: sites above half of a filter's largest activation.

    Args:
        model: DNA model that begins with a convolution.
        x: Sequences to scan.
        threshold: Fraction of a filter's largest activation from which a site counts.
        batch_size: Number of sequences in one pass.

    Returns:
        One pattern per filter that some site activates, `filter_0` and so on, with its number of sites.

    Raises:
        ModelError: The model does not begin with a convolution.
    """
    from deepbio.incremental.program import read_program

    taken = one_hot_of(model)
    steps = read_program(taken)
    first = next((step for step in steps[1:] if step.inputs == (0,)), None)
    if first is None or first.kind != "convolution" or first.stride != 1 or first.weights is None:
        raise ModelError(f"{model.name} does not begin with a convolution of stride 1, so it has no filters on DNA.")
    hot = as_one_hot(as_sequences(taken, x))
    size = (first.span - 1) // first.dilation + 1
    activations = np.concatenate(
        [np.asarray(first.call(hot[k : k + batch_size])) for k in range(0, len(hot), batch_size)]
    )
    padded = np.pad(hot, ((0, 0), (first.left, first.span), (0, 0)))
    found = []
    for f in range(activations.shape[2]):
        one = activations[:, :, f]
        if one.max() <= 0:
            continue
        rows, positions = np.nonzero(one > threshold * one.max())
        sites = padded[rows[:, None], positions[:, None] + np.arange(size) * first.dilation]
        counts = sites.sum(axis=0, dtype=np.float64) + 0.25
        found.append(Pattern(f"filter_{f}", counts / counts.sum(axis=1, keepdims=True), len(rows)))
    return found


def _probabilities(rows: list[list[float]], path: FilePath, line: int) -> np.ndarray:
    p = np.asarray(rows)
    if (p < 0).any() or not np.allclose(p.sum(axis=1), 1, atol=0.02):
        raise DataError(f"{path}, line {line}: expected rows of probabilities A C G T that add up to 1.")
    return p / p.sum(axis=1, keepdims=True)


def _benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    order = np.argsort(p)
    scaled = p[order] * len(p) / np.arange(1, len(p) + 1)
    out = np.empty_like(scaled)
    out[order] = np.minimum.accumulate(scaled[::-1])[::-1]
    return np.minimum(out, 1.0)


def _bits(p: np.ndarray) -> np.ndarray:
    return 2 + (p * np.log2(np.maximum(p, 1e-9))).sum(axis=1)
