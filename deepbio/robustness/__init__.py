"""Robustness: adversarial examples, corruptions and certificates, reported with the checks that a robust accuracy needs."""

from deepbio.robustness.adversarial import Adversarial
from deepbio.robustness.attack import Attack
from deepbio.robustness.attack_images import ATTACKS, attack_images, make_attack
from deepbio.robustness.auto_pgd import APGD
from deepbio.robustness.autoattack import autoattack_small
from deepbio.robustness.carlini_wagner import CarliniWagner
from deepbio.robustness.curve import SecurityCurve, security_curve
from deepbio.robustness.deep_fool import DeepFool
from deepbio.robustness.dna import DnaAdversarial, attack_dna, positions_taken, random_substitutions
from deepbio.robustness.dna_constraints import Constraints
from deepbio.robustness.gradient_sign import FGSM, PGD
from deepbio.robustness.linear_certificate import linear_radius
from deepbio.robustness.masking import Check, MaskingReport, masking_checks
from deepbio.robustness.photograph import Photograph
from deepbio.robustness.printed import EOT, destruction_rate
from deepbio.robustness.smoothing import Certified, certify
from deepbio.robustness.square import Square
from deepbio.robustness.universal import Universal, universal_perturbation

__all__ = [
    "APGD",
    "ATTACKS",
    "EOT",
    "FGSM",
    "PGD",
    "Adversarial",
    "Attack",
    "CarliniWagner",
    "Certified",
    "Check",
    "Constraints",
    "DeepFool",
    "DnaAdversarial",
    "MaskingReport",
    "Photograph",
    "SecurityCurve",
    "Square",
    "Universal",
    "attack_dna",
    "attack_images",
    "autoattack_small",
    "certify",
    "destruction_rate",
    "linear_radius",
    "make_attack",
    "masking_checks",
    "positions_taken",
    "random_substitutions",
    "security_curve",
    "universal_perturbation",
]
