"""SpliceAI's algorithm, slow and plain, as the measure of the fast one: one window a variant, strings and full passes.

Written from the description of the method (Jaganathan et al. 2019, doi:10.1016/j.cell.2018.12.015) and of its program's rules; it
shares no code with `deepbio.variants`.
"""

from dataclasses import dataclass

import numpy as np

CONTEXT = 10_000
LETTERS = {"A": 0, "C": 1, "G": 2, "T": 3}


@dataclass(frozen=True)
class Gene:
    """A row of the annotation: transcript from `start` to `end`, 1-based, both included, and its exon boundaries."""

    name: str
    strand: str
    start: int
    end: int
    boundaries: tuple[int, ...]


def read_genes(path, *, minus=0):
    """Read SpliceAI's table; positions are lowered by `minus`. Only genes that keep positive positions are given."""
    genes = []
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        name, _, strand, start, end, starts, ends = line.split("\t")
        left = [int(n) + 1 - minus for n in starts.split(",") if n]
        right = [int(n) - minus for n in ends.split(",") if n]
        genes.append(Gene(name, strand, int(start) + 1 - minus, int(end) - minus, tuple(sorted({*left, *right}))))
    return [gene for gene in genes if gene.start > 0]


def windows(sequence, gene, pos, ref, alt, distance, context=CONTEXT):
    """Return the two windows of letters, as read on the plus strand."""
    side = context // 2 + distance
    window = sequence[pos - 1 - side : pos + side]
    before, after = max(side + gene.start - pos, 0), max(side - (gene.end - pos), 0)
    reference = "N" * before + window[before : len(window) - after] + "N" * after
    return reference, reference[:side] + alt + reference[side + len(ref) :]


def one_hot(letters, strand):
    """Return `(1, length, 4)`, turned to the gene's strand."""
    x = np.zeros((1, len(letters), 4), np.float32)
    for i, letter in enumerate(letters.upper()):
        if letter in LETTERS:
            x[0, i, LETTERS[letter]] = 1
    return x[:, ::-1, ::-1].copy() if strand == "-" else x


def predictions(members, letters, strand):
    """Average the members' probabilities `(positions, 3)`, on the plus strand's order."""
    y = np.mean([np.asarray(member(one_hot(letters, strand))) for member in members], axis=0)[0]
    return y[::-1] if strand == "-" else y


def aligned(y_alt, ref, alt, distance):
    """Bring the alternate's outputs to the reference's positions."""
    if len(ref) > 1 and len(alt) == 1:
        gap = np.zeros((len(ref) - 1, 3))
        return np.concatenate([y_alt[: distance + 1], gap, y_alt[distance + 1 :]])
    if len(ref) == 1 and len(alt) > 1:
        best = y_alt[distance : distance + len(alt)].max(axis=0, keepdims=True)
        return np.concatenate([y_alt[:distance], best, y_alt[distance + len(alt) :]])
    return y_alt


def entry(y_ref, y_alt, gene, pos, ref, alt, distance, mask):
    """Return the text of one alternate and gene, and its four raw scores."""
    y = aligned(y_alt, ref, alt, distance)
    boundary = min((b - pos for b in gene.boundaries), key=lambda d: (abs(d), d))
    scores, places = [], []
    for channel in (1, 2):
        for sign in (1, -1):
            change = y[:, channel] - y_ref[:, channel] if sign > 0 else y_ref[:, channel] - y[:, channel]
            index = int(np.argmax(change))
            place = index - distance
            hidden = mask and ((place == boundary) if sign > 0 else (place != boundary))
            scores.append(float(change[index]) * (0 if hidden else 1))
            places.append(place)
    text = "|".join([alt, gene.name, *(f"{s:.2f}" for s in scores), *(str(p) for p in places)])
    return text, scores


def overlapping(genes, pos):
    """Return the genes of a position, in the table's order."""
    return [gene for gene in genes if gene.start <= pos <= gene.end]
