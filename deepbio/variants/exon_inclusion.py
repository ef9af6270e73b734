"""MMSplice: five modules around an exon, and the linear model from their differences to a change of its inclusion.

Source: Cheng et al. 2019, doi:10.1186/s13059-019-1653-z; weights and coefficients of the package mmsplice 2.4.0 (MIT licence).
"""

from collections.abc import Sequence
from functools import lru_cache

import keras
import numpy as np

from deepbio.genome.exons import Exon
from deepbio.genome.windows import padded
from deepbio.inference.forward import model_outputs
from deepbio.sequence import encode, reverse_complement
from deepbio.zoo import get_model

INTRON = 100  # bases of an intron beside an exon that are read
MODULES = ("acceptor_intron", "acceptor", "exon", "donor", "donor_intron")
_PRESETS = {
    "acceptor_intron": "mmsplice_intron.cheng2019_acceptor",
    "acceptor": "mmsplice_acceptor.cheng2019",
    "exon": "mmsplice_exon.cheng2019",
    "donor": "mmsplice_donor.cheng2019",
    "donor_intron": "mmsplice_intron.cheng2019_donor",
}
_SITE = 6  # bases of an intron beside an exon that its site's module reads and the intron's does not
_SMALLEST = 64  # lengths of exons are rounded up to this number times a power of two
_HIGHEST = np.log((1 - 1e-5) / 1e-5)  # of the logit of a site, because probabilities are clipped
# The five modules, then exon, donor intron and acceptor intron once more where the module beside them changes too.
_COEFFICIENTS = (0.49685773, 0.72322957, 1.54760024, 0.75011527, 2.26187717, -0.69419094, 2.40138709, 0.88148553)
_INTERCEPT = 0.0006480262366686865


def exon_parts(chromosome: np.ndarray, exon: Exon, change: tuple[int, str, str] | None = None) -> dict[str, np.ndarray]:
    """Return what each module reads of an exon, on its gene's strand.

    A change that crosses an end of the exon is divided there, position by position of both alleles. The introns keep their length of
    100 bases; where a transcript begins or ends, they are N.

    Args:
        chromosome: Codes of the chromosome.
        exon: Exon on it.
        change: Position (1-based), reference and alternate allele that replaces it.

    Returns:
        Codes of each module, uint8, by name; the exon's has at least one.

    Example:
        >>> codes = encode("A" * 110 + "CCG" + "T" * 110)
        >>> parts = exon_parts(codes, Exon("1", "+", 111, 113, "g", False, False), (112, "C", "GTA"))
        >>> parts["exon"].tolist(), parts["acceptor"].shape, parts["donor"].tolist()[:7]
        ([1, 2, 3, 0, 2], (53,), [1, 2, 3, 0, 2, 3, 3])
    """
    first, last = exon.start - 1, exon.end
    alleles = {"left": "", "exon": "", "right": ""}
    start = end = last  # the bases that the change replaces
    if change is not None:
        start, end = change[0] - 1, change[0] - 1 + len(change[1])
        cuts = [min(max(cut - start, 0), len(change[1])) for cut in (first, last)]
        # an allele's last part has all bases that the other lacks
        cuts = [cut if cut < len(change[1]) else len(change[2]) for cut in cuts]
        alleles = {"left": change[2][: cuts[0]], "exon": change[2][cuts[0] : cuts[1]], "right": change[2][cuts[1] :]}
    left = [padded(chromosome, min(start, first) - INTRON, min(start, first)), encode(alleles["left"])]
    left.append(padded(chromosome, min(end, first), first))
    middle = [padded(chromosome, first, min(max(start, first), last)), encode(alleles["exon"])]
    middle.append(padded(chromosome, min(max(end, first), last), last))
    right = [padded(chromosome, last, max(start, last)), encode(alleles["right"])]
    right.append(padded(chromosome, max(end, last), max(end, last) + INTRON))
    unknown = np.full(INTRON, 4, np.uint8)
    before = unknown if exon.begins else np.concatenate(left)[-INTRON:]
    after = unknown if exon.ends else np.concatenate(right)[:INTRON]
    inside = np.concatenate(middle)
    if exon.strand == "-":
        before, inside, after = (reverse_complement(part) for part in (after, inside, before))
    return {
        "acceptor_intron": before[:-_SITE],
        "acceptor": np.concatenate([before[-50:], np.concatenate([inside, after])[:3]]),
        "exon": inside if len(inside) else unknown[:1],
        "donor": np.concatenate([np.concatenate([before, inside])[-5:], after[:13]]),
        "donor_intron": after[_SITE:],
    }


def module_scores(parts: Sequence[dict[str, np.ndarray]]) -> np.ndarray:
    """Return the scores of the five modules, float32 `(n, 5)`; equal sequences are read once.

    Args:
        parts: Codes of each module, from `exon_parts`.
    """
    return np.stack([_scores(name, [part[name] for part in parts]) for name in MODULES], axis=1)


def delta_logit_psi(reference: np.ndarray, alternate: np.ndarray) -> np.ndarray:
    """Return the change of the logit of an exon's inclusion (PSI), float64 `(n,)`.

    Args:
        reference: Scores of the modules with the reference allele, `(n, 5)`.
        alternate: The same with the alternate allele.

    Example:
        >>> delta_logit_psi(np.zeros((1, 5)), np.array([[0, 0, 0, -2.0, 0]])).round(4).tolist()
        [-1.4996]
    """
    d = np.asarray(alternate, np.float64) - reference
    changed = ~np.isclose(d, 0)
    exon = d[:, 2] * (changed[:, 2] & (changed[:, 1] | changed[:, 3]))
    donor, acceptor = (d[:, i] * (changed[:, i] & changed[:, j]) for i, j in ((4, 3), (0, 1)))
    return np.column_stack([d, exon, donor, acceptor]) @ np.array(_COEFFICIENTS) + _INTERCEPT


def _scores(name: str, sequences: Sequence[np.ndarray]) -> np.ndarray:
    texts = [codes.tobytes() for codes in sequences]
    known = dict.fromkeys(texts)
    groups: dict[int, list[bytes]] = {}
    for text in known:
        groups.setdefault(_rounded(len(text)) if name == "exon" else len(text), []).append(text)
    found: dict[bytes, float] = {}
    for length, group in groups.items():
        x = np.full((len(group), length), 4, np.uint8)
        for row, text in zip(x, group, strict=True):
            row[: len(text)] = np.frombuffer(text, np.uint8)
        found.update(zip(group, model_outputs(_module(name, length), x)[:, 0], strict=True))
    scores = np.array([found[text] for text in texts], np.float32)
    return np.clip(scores, -_HIGHEST, _HIGHEST) if name in ("acceptor", "donor") else scores


def _rounded(length: int) -> int:
    return max(_SMALLEST, 1 << (length - 1).bit_length())


@lru_cache
def _module(name: str, length: int) -> keras.Model:
    return get_model(_PRESETS[name], input_shape=length)
