"""Interpretation: the parts of an input on which a prediction depends, and the features inside a model."""

from deepbio.interpret.checks import check, randomization_check, remove_and_retrain
from deepbio.interpret.deep_lift import deep_lift_shap
from deepbio.interpret.dna import make_references
from deepbio.interpret.edits import insert, multisubstitute, shuffle, substitute
from deepbio.interpret.embedding_map import draw_embeddings, project
from deepbio.interpret.experiments import Experiment, ablate, marginalize, space
from deepbio.interpret.features import Feature, features_of, list_features
from deepbio.interpret.grad_cam import grad_cam
from deepbio.interpret.gradients import (
    expected_integrated_gradients,
    gradient_correction,
    input_x_gradient,
    integrated_gradients,
    saliency,
    smoothgrad,
)
from deepbio.interpret.images import image_gradients, occlusion, rise
from deepbio.interpret.motifs import (
    Pattern,
    annotate_seqlets,
    filter_motifs,
    read_jaspar,
    read_meme,
    read_modisco,
    tomtom,
    trimmed,
    write_modisco_inputs,
)
from deepbio.interpret.mutagenesis import (
    Mutagenesis,
    dependency_map,
    pairwise_mutagenesis,
    saturation_mutagenesis,
    whole_layers,
)
from deepbio.interpret.seqlets import recursive_seqlets, with_coordinates
from deepbio.interpret.tables import permutation_importance, shap_values
from deepbio.interpret.targets import Output, profile_counts, profile_shape, target_function
from deepbio.interpret.text import attention_weights, word_evidence
from deepbio.interpret.text_occlusion import text_occlusion
from deepbio.interpret.window_mutagenesis import window_mutagenesis

__all__ = [
    "Experiment",
    "Feature",
    "Mutagenesis",
    "Output",
    "Pattern",
    "ablate",
    "annotate_seqlets",
    "attention_weights",
    "check",
    "deep_lift_shap",
    "dependency_map",
    "draw_embeddings",
    "expected_integrated_gradients",
    "features_of",
    "filter_motifs",
    "grad_cam",
    "gradient_correction",
    "image_gradients",
    "input_x_gradient",
    "insert",
    "integrated_gradients",
    "list_features",
    "make_references",
    "marginalize",
    "multisubstitute",
    "occlusion",
    "pairwise_mutagenesis",
    "permutation_importance",
    "profile_counts",
    "profile_shape",
    "project",
    "randomization_check",
    "read_jaspar",
    "read_meme",
    "read_modisco",
    "recursive_seqlets",
    "remove_and_retrain",
    "rise",
    "saliency",
    "saturation_mutagenesis",
    "shap_values",
    "shuffle",
    "smoothgrad",
    "space",
    "substitute",
    "target_function",
    "text_occlusion",
    "tomtom",
    "trimmed",
    "whole_layers",
    "window_mutagenesis",
    "with_coordinates",
    "word_evidence",
    "write_modisco_inputs",
]
