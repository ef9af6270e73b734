"""One figure has one source: what the cards of the catalog state is what metrics.json and the results contain."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

from deepbio.catalog import catalog_folder, entries
from deepbio.datasets import read_card
from deepbio.metrics import METRICS, Estimate

ROOT = Path(__file__).parents[2]
TRAINED = [folder for folder in entries("zoo") if (folder / "metrics.json").is_file()]
INTERVAL = r"(\d\.\d+) \[(\d\.\d+), (\d\.\d+)\]"


def recorded(folder: Path) -> dict[str, dict[str, Estimate]]:
    figures = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    return {
        split: {name: Estimate.from_dict(m) for name, m in figures[split]["metrics"].items()}
        for split in ("valid", "test")
        if split in figures
    }


def agrees(written: tuple[str, ...], estimate: Estimate) -> bool:
    """Return whether each number was rounded to the digits that are written."""
    digits = [len(number.partition(".")[2]) for number in written]
    value = (estimate.value, estimate.low, estimate.high)
    return all(abs(float(w) - v) <= 0.5 * 10**-d + 1e-9 for w, v, d in zip(written, value, digits, strict=True))


def test_the_catalog_has_presets_that_were_trained_here():
    assert len(TRAINED) >= 7


@pytest.mark.parametrize("folder", TRAINED, ids=lambda folder: folder.name)
def test_the_front_matter_of_a_card_has_the_figures_of_metrics_json(folder):
    facts = read_card(folder).facts
    for split, metrics in recorded(folder).items():
        known_intervals = {name: known for name, known in metrics.items() if math.isfinite(known.low)}
        assert facts[split].keys() == known_intervals.keys()
        for name, known in known_intervals.items():
            expected = [known.value, known.low, known.high]
            np.testing.assert_allclose(facts[split][name], expected, rtol=0, atol=0.5001e-4, err_msg=f"{split} {name}")


@pytest.mark.parametrize("folder", TRAINED, ids=lambda folder: folder.name)
def test_the_table_of_a_card_has_the_figures_of_metrics_json(folder):
    text, figures = read_card(folder).text, recorded(folder)
    header = re.search(r"\| metric \|(.*)\|", text)
    if header is None:
        pytest.skip("the card has no table")
    splits = [column.split()[0] for column in header[1].split("|")]
    for name in figures[splits[0]]:
        cells = " | ".join(str(figures[split][name]) for split in splits)
        assert f"\n| {METRICS[name].title} | {cells} |\n" in text


@pytest.mark.parametrize("folder", TRAINED, ids=lambda folder: folder.name)
def test_the_test_figures_in_the_text_of_a_card_are_those_of_their_source(folder):
    text, figures = read_card(folder).text, recorded(folder)
    sentence = re.search(r"On the test split \(.*?`(benchmarks/results/\w+\.md)`", text, re.S)
    if sentence is None:
        pytest.skip("the card has no such sentence")
    source = ROOT / sentence[1]
    results = source.read_text(encoding="utf-8")
    for *interval, spread in re.findall(rf"{INTERVAL}|(\d\.\d+ ± \d\.\d+)", sentence[0]):
        written = spread or "{} [{}, {}]".format(*interval)
        own = not spread and any(agrees(tuple(interval), value) for value in figures.get("test", {}).values())
        assert own or written in results, written


def test_the_cards_of_converted_presets_are_those_beside_the_conversion_scripts():
    cards = list((catalog_folder("zoo") / "_convert" / "cards").glob("*.md"))
    assert len(cards) == 8
    for card in cards:
        assert (catalog_folder("zoo") / card.stem / "card.md").read_bytes() == card.read_bytes()


def test_the_out_of_distribution_score_of_a_card_is_that_of_the_results():
    page = (ROOT / "benchmarks/results/out_of_distribution.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:5]] for line in page.splitlines() if line.count("|") == 6]
    stated = 0
    for folder in TRAINED:
        card = (folder / "card.md").read_text(encoding="utf-8")
        for method, figure, other in re.findall(
            r"distribution score `(\w+)`: AUROC (.+?\]) against (.+?) \(bench", card
        ):
            fitted = json.loads((folder / "preset.json").read_text(encoding="utf-8"))["postprocessing"]
            assert fitted["ood_method"] == method
            assert any(
                row[0] == folder.name and row[1].startswith(other) and row[2:] == [method, figure] for row in rows
            )
            stated += 1
    assert stated >= 6


def test_the_robustness_of_a_card_is_that_of_its_metrics_and_of_the_results():
    page = (ROOT / "benchmarks/results/robustness_presets.md").read_text(encoding="utf-8")
    stated = 0
    for folder in TRAINED:
        found = json.loads((folder / "metrics.json").read_text(encoding="utf-8")).get("robustness")
        card = (folder / "card.md").read_text(encoding="utf-8")
        assert (found is None) == ("Robustness (`robustness_small`" not in card)
        for name, one in (found["summary"] if found else {}).items():
            written = "{value:.3f} [{low:.3f}, {high:.3f}]".format(**one)
            assert written in card
            assert f"| `{folder.name}` | {name} | {written} |" in page
            stated += 1
    assert stated >= 6
