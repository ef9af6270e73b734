"""Robustness: adversarial examples, corruptions and certificates, reported with the checks that a robust accuracy needs."""

from deepbio.robustness.attacks.adversarial import Adversarial
from deepbio.robustness.attacks.attack import Attack
from deepbio.robustness.attacks.attack_images import ATTACKS, attack_images, make_attack
from deepbio.robustness.attacks.auto_pgd import APGD
from deepbio.robustness.attacks.autoattack import autoattack_small
from deepbio.robustness.attacks.carlini_wagner import CarliniWagner
from deepbio.robustness.attacks.deep_fool import DeepFool
from deepbio.robustness.attacks.eot import EOT
from deepbio.robustness.attacks.gradient_sign import FGSM, PGD
from deepbio.robustness.attacks.square import Square
from deepbio.robustness.attacks.universal import Universal, universal_perturbation
from deepbio.robustness.certificates.linear import linear_radius
from deepbio.robustness.certificates.smoothing import Certified, certify
from deepbio.robustness.corruptions.photograph import Photograph
from deepbio.robustness.edits.dna import DnaAdversarial, attack_dna, positions_taken, random_substitutions
from deepbio.robustness.edits.dna_constraints import Constraints
from deepbio.robustness.evaluation.curve import SecurityCurve, security_curve
from deepbio.robustness.evaluation.masking import Check, MaskingReport, masking_checks
from deepbio.robustness.evaluation.printed import destruction_rate

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
