"""Keras layers shared by several models, and the input stages that contain preprocessing."""

from deepbio.layers.activations import LocalResponseNormalization, quick_gelu
from deepbio.layers.attention import ContextAttention, LabelAttention
from deepbio.layers.base import Layer, OverTime, ops
from deepbio.layers.inputs import (
    OneHot,
    TableColumns,
    WordDropout,
    dna_input,
    flat_input,
    image_input,
    table_input,
    text_input,
    word_input,
)
from deepbio.layers.model import ZooModel
from deepbio.layers.pooling import MaxOverTime, MeanOverKnown, SumOverTime, masked_softmax
from deepbio.layers.resize import FitImage, FitLength
from deepbio.layers.strand_tied import StrandMean, StrandTiedBatchNormalization, StrandTiedConv1D
from deepbio.layers.transformer import ClassTokenAndPositions, RotaryAttention
from deepbio.layers.words import Sentences, TfIdf

__all__ = [
    "ClassTokenAndPositions",
    "ContextAttention",
    "FitImage",
    "FitLength",
    "LabelAttention",
    "Layer",
    "LocalResponseNormalization",
    "MaxOverTime",
    "MeanOverKnown",
    "OneHot",
    "OverTime",
    "RotaryAttention",
    "Sentences",
    "StrandMean",
    "StrandTiedBatchNormalization",
    "StrandTiedConv1D",
    "SumOverTime",
    "TableColumns",
    "TfIdf",
    "WordDropout",
    "ZooModel",
    "dna_input",
    "flat_input",
    "image_input",
    "masked_softmax",
    "ops",
    "quick_gelu",
    "table_input",
    "text_input",
    "word_input",
]
