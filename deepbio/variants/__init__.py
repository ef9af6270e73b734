"""Effects of DNA variants: SpliceAI's scores, exact and fast, and the effects on the outputs of any model."""

from deepbio.genome import Annotation, Gene, Record, VcfFile, read_annotation
from deepbio.variants.mmsplice import mmsplice
from deepbio.variants.report import Report, report
from deepbio.variants.rules import Effect
from deepbio.variants.score import ModelScorer, score
from deepbio.variants.splice import splice
from deepbio.variants.splicing import SpliceScorer
from deepbio.variants.summary import Summary

__all__ = [
    "Annotation",
    "Effect",
    "Gene",
    "ModelScorer",
    "Record",
    "Report",
    "SpliceScorer",
    "Summary",
    "VcfFile",
    "mmsplice",
    "read_annotation",
    "report",
    "score",
    "splice",
]
