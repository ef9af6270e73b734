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
from deepbio.robustness.attacks.patch import Patch, adversarial_patch
from deepbio.robustness.attacks.square import Square
from deepbio.robustness.attacks.universal import Universal, universal_perturbation
from deepbio.robustness.certificates.linear import linear_radius
from deepbio.robustness.certificates.smoothing import Certified, certify
from deepbio.robustness.corruptions.corruption import SEVERITIES, Corruption
from deepbio.robustness.corruptions.dna import DNA_CORRUPTIONS
from deepbio.robustness.corruptions.imagenet import IMAGENET_C, IMAGENET_C_224, imagenet_c
from deepbio.robustness.corruptions.medmnist import MEDMNIST_C, medmnist_c
from deepbio.robustness.corruptions.notes import NOTE_CORRUPTIONS
from deepbio.robustness.corruptions.photograph import Photograph
from deepbio.robustness.corruptions.tables import table_corruptions
from deepbio.robustness.edits.dna import DnaAdversarial, attack_dna, positions_taken, random_substitutions
from deepbio.robustness.edits.dna_constraints import Constraints
from deepbio.robustness.edits.notes import EDITS, NoteAdversarial, attack_notes, edit_notes
from deepbio.robustness.edits.tables import Ranges, TableAdversarial, attack_tables
from deepbio.robustness.evaluation.corruption_errors import CorruptionErrors, corruption_errors
from deepbio.robustness.evaluation.curve import SecurityCurve, security_curve
from deepbio.robustness.evaluation.masking import Check, MaskingReport, masking_checks
from deepbio.robustness.evaluation.printed import destruction_rate
from deepbio.robustness.evaluation.suite import SUITES, RobustnessReport, Suite, run_suite

__all__ = [
    "APGD",
    "ATTACKS",
    "DNA_CORRUPTIONS",
    "EDITS",
    "EOT",
    "FGSM",
    "IMAGENET_C",
    "IMAGENET_C_224",
    "MEDMNIST_C",
    "NOTE_CORRUPTIONS",
    "PGD",
    "SEVERITIES",
    "SUITES",
    "Adversarial",
    "Attack",
    "CarliniWagner",
    "Certified",
    "Check",
    "Constraints",
    "Corruption",
    "CorruptionErrors",
    "DeepFool",
    "DnaAdversarial",
    "MaskingReport",
    "NoteAdversarial",
    "Patch",
    "Photograph",
    "Ranges",
    "RobustnessReport",
    "SecurityCurve",
    "Square",
    "Suite",
    "TableAdversarial",
    "Universal",
    "adversarial_patch",
    "attack_dna",
    "attack_images",
    "attack_notes",
    "attack_tables",
    "autoattack_small",
    "certify",
    "corruption_errors",
    "destruction_rate",
    "edit_notes",
    "imagenet_c",
    "linear_radius",
    "make_attack",
    "masking_checks",
    "medmnist_c",
    "positions_taken",
    "random_substitutions",
    "run_suite",
    "security_curve",
    "table_corruptions",
    "universal_perturbation",
]
