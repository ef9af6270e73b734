"""Keras layers shared by several models, and the input stages that contain preprocessing."""

from deepbio.layers.activations import LocalResponseNormalization, log_softplus, quick_gelu, tanh_gelu
from deepbio.layers.attention import ContextAttention, LabelAttention
from deepbio.layers.base import Layer, OverTime, ops
from deepbio.layers.grouped_dense import GroupedDense
from deepbio.layers.hyena import BaseEmbedding, LongConvolution
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
from deepbio.layers.kmers import KmerEmbedding, LearnedPositions
from deepbio.layers.model import ZooModel
from deepbio.layers.pooling import MaxOverTime, MeanOverKnown, SumOverTime, masked_softmax
from deepbio.layers.relative_attention import AttentionPooling1D, RelativeAttention, position_features
from deepbio.layers.resize import FitImage, FitLength
from deepbio.layers.splines import SplinePooling
from deepbio.layers.strand_tied import StrandMean, StrandTiedBatchNormalization, StrandTiedConv1D
from deepbio.layers.transformer import ClassTokenAndPositions, RotaryAttention
from deepbio.layers.words import Bias, EvidenceTable, Sentences, TfIdf

__all__ = [
    "AttentionPooling1D",
    "BaseEmbedding",
    "Bias",
    "ClassTokenAndPositions",
    "ContextAttention",
    "EvidenceTable",
    "FitImage",
    "FitLength",
    "GroupedDense",
    "KmerEmbedding",
    "LabelAttention",
    "Layer",
    "LearnedPositions",
    "LocalResponseNormalization",
    "LongConvolution",
    "MaxOverTime",
    "MeanOverKnown",
    "OneHot",
    "OverTime",
    "RelativeAttention",
    "RotaryAttention",
    "Sentences",
    "SplinePooling",
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
    "log_softplus",
    "masked_softmax",
    "ops",
    "position_features",
    "quick_gelu",
    "table_input",
    "tanh_gelu",
    "text_input",
    "word_input",
]
