"""The sheet of `docs/augmentation.md`: simulated lesions, augmented, with their masks: `python benchmarks/augmentation_sheet.py`."""

from pathlib import Path

from deepbio.augment.preview import preview_sheet
from deepbio.datasets.simulate import simulate_lesions

if __name__ == "__main__":
    found = simulate_lesions(60, shapes=("star", "square", "disc"), radius=(8, 12), prevalence=1, seed=4)
    said = [
        "flip",
        {"rotate": {"degrees": 30}},
        {"zoom": {"share": 0.2}},
        {"elastic": {"strength": 0.02}},
        "contrast",
        "cutout",
    ]
    preview_sheet(
        found.dataset(predict="mask"), said, Path("docs/images/augmentation.png"), examples=3, draws=6, seed=1
    )
