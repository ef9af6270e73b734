"""Sheet of `docs/augmentation.md`: simulated lesions, augmented, with their masks.

python benchmarks/augmentation_sheet.py [--out docs/images/augmentation.png]
"""

from pathlib import Path

from _table import script

from deepbio.augment.preview import preview_sheet
from deepbio.datasets.simulate import simulate_lesions

SHEET = Path("docs/images/augmentation.png")
AUGMENT = [
    "flip",
    {"rotate": {"degrees": 30}},
    {"zoom": {"factor": 0.2}},
    {"elastic": {"strength": 0.02}},
    "contrast",
    "cutout",
]


@script(__doc__)
def main(arguments):
    found = simulate_lesions(60, shapes=("star", "square", "disc"), radius=(8, 12), prevalence=1, seed=4)
    preview_sheet(found.dataset(predict="mask"), AUGMENT, arguments.out or SHEET, examples=3, columns=6, seed=1)
