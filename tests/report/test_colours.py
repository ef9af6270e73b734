"""Contrast of the page's colours, by the formula of WCAG 2.2 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio)."""

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

import deepbio.report

CSS = (Path(deepbio.report.__file__).parent / "templates" / "report.css").read_text(encoding="utf-8")
THEMES = [
    {
        name: tuple(int(code[i : i + 2], 16) for i in (0, 2, 4))
        for name, code in re.findall(r"--([\w-]+): #([0-9a-f]{6})", block)
    }
    for block in re.findall(r":root \{(.*?)\}", CSS, flags=re.DOTALL)
]
SERIES = [f"series-{number}" for number in range(1, 7)]


def _linear(color):
    c = np.asarray(color) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def _luminance(color):
    return _linear(color) @ [0.2126, 0.7152, 0.0722]


def _contrast(one, other):
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _mixed(color, paper, fraction):
    return fraction * np.asarray(color) + (1 - fraction) * np.asarray(paper)


def test_there_is_a_light_and_a_dark_theme_of_the_same_names():
    assert len(THEMES) == 2
    assert THEMES[0].keys() == THEMES[1].keys()


@pytest.mark.parametrize("theme", THEMES, ids=["light", "dark"])
def test_text_has_a_contrast_of_four_and_a_half(theme):
    for text in ("ink", "muted", "link"):
        for ground in ("paper", "panel"):
            assert _contrast(theme[text], theme[ground]) >= 4.5, (text, ground)


@pytest.mark.parametrize("theme", THEMES, ids=["light", "dark"])
def test_lines_have_a_contrast_of_three(theme):
    for name in (*SERIES, "muted"):
        assert _contrast(theme[name], theme["panel"]) >= 3, name


@pytest.mark.parametrize("theme", THEMES, ids=["light", "dark"])
def test_counts_are_readable_on_the_strongest_fill(theme):
    for fill in ("right", "wrong"):
        for fraction in (0.0, 0.25, 0.5):
            assert _contrast(theme["ink"], _mixed(theme[fill], theme["paper"], fraction)) >= 4.5


# Red-green blindness as Vienot et al. 1999 give it (doi:10.1002/(SICI)1520-6378(199908)24:4<243::AID-COL5>3.0.CO;2-3),
# in linear RGB: both matrices make red and green one value.
PROTAN = np.array([[0.11238, 0.88762, 0.0], [0.11238, 0.88762, -0.0], [0.00401, -0.00401, 1.0]])
DEUTAN = np.array([[0.29275, 0.70725, 0.0], [0.29275, 0.70725, -0.0], [-0.02234, 0.02234, 1.0]])


@pytest.mark.parametrize("theme", THEMES, ids=["light", "dark"])
@pytest.mark.parametrize("sight", [np.eye(3), PROTAN, DEUTAN], ids=["full", "protan", "deutan"])
def test_the_first_three_series_stay_apart_for_colour_blind_eyes(theme, sight):
    seen = {name: _lab(sight @ _linear(theme[name])) for name in SERIES[:3]}
    for one, other in combinations(seen, 2):
        assert np.linalg.norm(seen[one] - seen[other]) > 20, (one, other)


def _lab(linear):
    """CIE L*a*b* of linear sRGB under D65."""
    matrix = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    x, y, z = np.clip(np.asarray(matrix) @ np.clip(linear, 0, 1) / [0.9505, 1.0, 1.089], 1e-9, None)
    f = [v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z)]
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])
