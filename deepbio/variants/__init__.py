"""Effects of DNA variants: SpliceAI's scores, exact and fast, and any model's."""

from deepbio.genome import Annotation, Gene, Record, VcfFile, read_annotation
from deepbio.variants.rules import Effect
from deepbio.variants.score import ModelScorer, score
from deepbio.variants.splice import Summary, splice
from deepbio.variants.splicing import SpliceScorer

__all__ = [
    "Annotation",
    "Effect",
    "Gene",
    "ModelScorer",
    "Record",
    "SpliceScorer",
    "Summary",
    "VcfFile",
    "read_annotation",
    "score",
    "splice",
]
