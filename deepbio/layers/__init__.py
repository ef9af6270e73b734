"""Keras layers shared by two or more models, and the input stages that own preprocessing."""

from deepbio.layers.fit_input import FitImage, FitLength
from deepbio.layers.inputs import dna_input, flat_input, image_input, table_input, text_input, word_input
from deepbio.layers.local_response import LocalResponseNormalization
from deepbio.layers.masked_softmax import masked_softmax
from deepbio.layers.max_over_time import MaxOverTime
from deepbio.layers.mean_over_known import MeanOverKnown
from deepbio.layers.one_hot import OneHot
from deepbio.layers.patches import ClassTokenAndPositions
from deepbio.layers.quick_gelu import quick_gelu
from deepbio.layers.rotary_attention import RotaryAttention
from deepbio.layers.strand_tied import StrandMean, StrandTiedBatchNormalization, StrandTiedConv1D
from deepbio.layers.sum_over_time import SumOverTime
from deepbio.layers.word_dropout import WordDropout

__all__ = [
    "ClassTokenAndPositions",
    "FitImage",
    "FitLength",
    "LocalResponseNormalization",
    "MaxOverTime",
    "MeanOverKnown",
    "OneHot",
    "RotaryAttention",
    "StrandMean",
    "StrandTiedBatchNormalization",
    "StrandTiedConv1D",
    "SumOverTime",
    "WordDropout",
    "dna_input",
    "flat_input",
    "image_input",
    "masked_softmax",
    "quick_gelu",
    "table_input",
    "text_input",
    "word_input",
]
