"""Inference: `predict`, `evaluate`, calibration, conformal sets, uncertainty and out-of-distribution scores."""

from deepbio.inference.calibrate import calibrate, fit_postprocessing
from deepbio.inference.conformal import predict_intervals, predict_sets
from deepbio.inference.embeddings import embedding_model, extract_embeddings, nearest_neighbors
from deepbio.inference.evaluate import Evaluation, compare, evaluate
from deepbio.inference.genome.predict_genome import GenomePredictions, predict_genome
from deepbio.inference.long_notes import predict_long_notes
from deepbio.inference.masks import write_masks
from deepbio.inference.out_of_distribution import ood_score
from deepbio.inference.predict import predict
from deepbio.inference.tta import TTA_TRANSFORMS, TTATransform, tta_transforms
from deepbio.inference.uncertainty import PredictiveDistribution

__all__ = [
    "TTA_TRANSFORMS",
    "Evaluation",
    "GenomePredictions",
    "PredictiveDistribution",
    "TTATransform",
    "calibrate",
    "compare",
    "embedding_model",
    "evaluate",
    "extract_embeddings",
    "fit_postprocessing",
    "nearest_neighbors",
    "ood_score",
    "predict",
    "predict_genome",
    "predict_intervals",
    "predict_long_notes",
    "predict_sets",
    "tta_transforms",
    "write_masks",
]
