"""Lesions are where the masks say, of the shape that the class says, and brighter by what was asked for."""

import numpy as np
import pytest

from deepbio.datasets.simulate import simulate_lesions
from deepbio.errors import DataError


def test_masks_classes_and_lesions_agree():
    found = simulate_lesions(300, shapes=("disc", "star", "ring", "square"), max_lesions=3)
    with_lesion = {lesion.example for lesion in found.lesions}
    assert (
        with_lesion
        == set(np.flatnonzero(found.y).tolist())
        == set(np.flatnonzero(found.masks.any(axis=(1, 2))).tolist())
    )
    for lesion in found.lesions:
        assert found.shapes[found.y[lesion.example] - 1] == lesion.shape
        rows, columns = np.nonzero(found.masks[lesion.example])
        reach = (rows - lesion.row, columns - lesion.column)
        assert min(np.hypot(*reach)) <= lesion.radius
    border = np.ones((64, 64), bool)
    border[1:-1, 1:-1] = False
    assert not (found.masks & border).any()
    assert abs(len(with_lesion) - 150) < 40
    assert max(np.bincount([lesion.example for lesion in found.lesions])) == 3


def test_a_disc_has_the_area_of_a_disc():
    found = simulate_lesions(200, shapes=("disc",), prevalence=1)
    area = np.array([np.pi * lesion.radius**2 for lesion in found.lesions])
    assert found.masks.sum(axis=(1, 2)) == pytest.approx(area, rel=0.12)


def test_lesions_are_brighter_by_the_contrast_and_the_texture_has_its_deviation():
    with_, without = (
        simulate_lesions(200, prevalence=p, contrast=0.2, texture=0.1, noise=0.03, seed=4) for p in (1, 0)
    )
    inside = with_.x[with_.masks].mean() / 255
    outside = with_.x[~with_.masks].mean() / 255
    assert inside - outside == pytest.approx(0.2, abs=0.02)
    assert (without.x / 255).std() == pytest.approx(np.hypot(0.1, 0.03), rel=0.05)
    assert without.y.sum() == 0


def test_fewer_images_are_the_first_of_more():
    few, more = simulate_lesions(5, seed=2), simulate_lesions(9, seed=2)
    assert (few.x == more.x[:5]).all()
    assert (few.masks == more.masks[:5]).all()
    assert (simulate_lesions(5, seed=3).x != few.x).any()


def test_masks_are_asked_for_pixel_by_pixel():
    found = simulate_lesions(60, size=32)
    data = found.dataset(predict="mask")
    assert (data.task.kind, data.labels) == ("per_pixel", ("tissue", "lesion"))
    for id, x, y in zip(data.test.ids, data.test.x, data.test.y, strict=True):
        assert (x == found.x[int(id)]).all()
        assert (y == found.masks[int(id)]).all()


def test_both_questions_can_be_asked():
    found = simulate_lesions(200)
    assert found.dataset().labels == ("healthy", "lesion")
    data = found.dataset(predict="shape")
    assert data.labels == ("none", "disc", "star")
    for id, x, y in zip(data.test.ids, data.test.x, data.test.y, strict=True):
        assert (x == found.x[int(id)]).all()
        assert y == found.y[int(id)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shapes": ("disk",)}, "Did you mean disc"),
        ({"size": 16}, "radius"),
        ({"radius": (9, 4)}, "radius"),
        ({"prevalence": 2}, "prevalence"),
    ],
)
def test_what_cannot_be_drawn_is_refused(options, message):
    with pytest.raises(DataError, match=message):
        simulate_lesions(3, **options)
