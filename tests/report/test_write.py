import itertools
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from deepbio.errors import DataError, DeepbioError
from deepbio.metrics import Estimate
from deepbio.report import write_report
from deepbio.report.html import markdown
from deepbio.specs import Task
from tests.report.report_cases import HISTORY, KINDS, result

VOID = {"meta", "br", "wbr", "hr", "img", "input", "link"}


class Page(HTMLParser):
    """Checks nesting while reading; collects ids, references, tags and text."""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.references, self.tags, self.text = [], [], set(), [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            self.references |= set(re.findall(r"url\(#([^)]+)\)", value or ""))
            if name.endswith("href") and (value or "").startswith("#"):
                self.references.add(value[1:])
            if name == "aria-labelledby":
                self.references.add(value)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.text.append(data)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    results = [result(kind, history=HISTORY, seconds=1.5, parameters=1234) for kind in KINDS]
    results += [result(kind, model="majority", baseline=True, seed=1) for kind in KINDS]
    path = write_report(results, tmp_path_factory.mktemp("report") / "report.html", title="All kinds")
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(written):
    return Page(written)


def test_the_page_is_well_formed_with_unique_ids_that_references_meet(page):
    assert len(page.ids) == len(set(page.ids))
    assert page.references <= set(page.ids)


def test_the_page_asks_nothing_of_the_network(written, page):
    outside = re.findall(r'(?:src|href)="(?!#)([^"]*)"|@import|url\((?!#)', written)
    assert not outside
    assert not {"img", "link", "iframe"} & {tag for tag, _ in page.tags}
    assert [attributes for tag, attributes in page.tags if tag == "script"] == [{}]  # the slider's, inside the page
    policy = next(a["content"] for tag, a in page.tags if tag == "meta" and "http-equiv" in a)
    assert "default-src 'none'" in policy


def test_every_figure_says_in_words_what_it_shows(page):
    figures = [a for tag, a in page.tags if tag == "svg" and a.get("role") == "img"]
    assert len(figures) >= 3 * 4
    assert all(len(a["aria-label"]) > 20 for a in figures)


def test_every_model_and_metric_is_in_the_summary(page):
    text = " ".join(page.text)
    for words in (
        "Accuracy",
        "AUROC (macro)",
        "Pearson r",
        "Jensen-Shannon distance",
        "mlp",
        "majority",
        "baseline",
        "1,234",
    ):
        assert words in text


def test_headings_descend_one_rank_at_a_time(page):
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_colours_are_the_pages_own_so_that_dark_mode_reaches_the_figures(written):
    drawings = re.findall(r'<svg viewBox="[^"]*" role="img".*?</svg>', written, flags=re.DOTALL)
    assert drawings
    for drawing in drawings:
        assert not re.search(r"#[0-9a-f]{6}", drawing)
        assert "var(--ink)" in drawing
        ElementTree.fromstring(re.sub(r'xlink:href="', 'href="', drawing))


def test_names_from_outside_cannot_inject_markup(tmp_path):
    evil = "<script>alert(1)</script>\"'&--> $x_1$"
    one = result(model=evil, dataset=evil, split=evil, notes=evil, facts={evil: evil}, history=HISTORY)
    other = result(model="second", dataset=evil, split=evil)
    text = write_report([one, other], tmp_path / "r.html", title=evil, cards={evil: evil}).read_text(encoding="utf-8")
    page = Page(text)
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert "alert(1)" not in re.sub(r"&lt;script&gt;alert\(1\)|u003cscript\\u003ealert\(1\)", "", text)
    assert "$x_1$" in "".join(page.text)


def test_no_example_is_printed(tmp_path):
    one = result("regression", ids=np.array([f"patient-{i}" for i in range(60)]))
    text = write_report([one], tmp_path / "r.html", title="t").read_text(encoding="utf-8")
    assert "patient-" not in text


def test_the_same_results_produce_the_same_bytes(tmp_path):
    first, second = (write_report([result()], tmp_path / name, title="t").read_bytes() for name in "ab")
    assert first == second


def test_the_best_of_a_column_is_marked_by_its_direction(tmp_path):
    one, two = result(model="one"), result(model="two")
    one = type(one)(**{**vars(one), "metrics": {"auroc": Estimate(0.9, 0.8, 1.0), "log_loss": Estimate(0.5, 0.4, 0.6)}})
    two = type(two)(**{**vars(two), "metrics": {"auroc": Estimate(0.8, 0.7, 0.9), "log_loss": Estimate(0.3, 0.2, 0.4)}})
    text = write_report([one, two], tmp_path / "r.html", title="t").read_text(encoding="utf-8")
    assert re.findall(r'class="best">([\d.]+)', text) == ["0.900", "0.300"]


def test_values_that_print_alike_are_all_marked(tmp_path):
    close = [result(model=name) for name in ("one", "two", "three")]
    values = (0.90004, 0.9, 0.5)
    close = [
        type(one)(**{**vars(one), "metrics": {"auroc": Estimate(value)}})
        for one, value in zip(close, values, strict=True)
    ]
    text = write_report(close, tmp_path / "r.html", title="t").read_text(encoding="utf-8")
    assert len(re.findall(r'class="best">', text)) == 2


def test_undefined_metrics_and_foreign_metrics_are_shown_as_they_are(tmp_path):
    one = result()
    metrics = {"auroc": Estimate(float("nan")), "house_points": Estimate(3.0)}
    one = type(one)(**{**vars(one), "metrics": metrics})
    text = write_report([one], tmp_path / "r.html", title="t").read_text(encoding="utf-8")
    assert "undefined" in text
    assert "house_points" in text


def test_a_single_class_draws_no_ranking_curve(tmp_path):
    one = result()
    one = type(one)(**{**vars(one), "y": np.zeros(60, int), "metrics": {"accuracy": Estimate(1.0)}})
    text = write_report([one], tmp_path / "r.html", title="t").read_text(encoding="utf-8")
    assert "ROC" not in text


def test_equal_names_get_numbers(tmp_path):
    text = write_report([result(), result(seed=1)], tmp_path / "r.html", title="t").read_text(encoding="utf-8")
    assert "mlp (2)" in text


def test_the_card_and_the_recipe_of_a_model_are_in_the_page(tmp_path):
    card = "Made <b>here</b>.\n\n<!-- a mark -->\n\n| metric | test |\n|---|---|\n| AUROC | 0.9 |"
    one = result(card=card, recipe="model: {name: mlp}\ntraining: {epochs: 3}\n")
    text = write_report([one], tmp_path / "r.html", title="t").read_text(encoding="utf-8")
    page = Page(text)
    assert "Made &lt;b&gt;here&lt;/b&gt;" in text
    assert "a mark" not in text
    assert re.search(r'<th scope="row">AUROC</th>\s*<td>0.9</td>', text)
    assert "training: {epochs: 3}" in "".join(page.text)


def test_markdown_of_a_card_keeps_links_and_lists_and_leaves_out_images_and_files():
    text = "## Source\n\n- see https://example.org/a_b\n- [paper](https://doi.org/1) and [file](../x.md)\n- ![p](http://a.b/c.png)"
    html = markdown(text)
    assert "<p><strong>Source</strong></p>" in html
    assert '<a href="https://example.org/a_b">' in html
    assert '<a href="https://doi.org/1">paper</a>' in html
    assert "[file](../x.md)" in html
    assert "<img" not in html


def test_no_results_are_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(DataError, match="at least one result"):
        write_report([], tmp_path / "r.html", title="t")
    assert not list(tmp_path.iterdir())


def test_a_missing_folder_is_an_error_that_names_it(tmp_path):
    with pytest.raises(DeepbioError, match="nowhere"):
        write_report([result()], tmp_path / "nowhere" / "r.html", title="t")


def test_drawing_leaves_no_state_behind(tmp_path):
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    write_report([result()], tmp_path / "r.html", title="t")
    assert dict(mpl.rcParams) == before


def test_the_page_names_the_positive_label_the_outputs_and_the_groups(tmp_path):
    groups = np.arange(60) // 3
    text = _text(tmp_path, result(groups=groups))
    assert "<dt>positive</dt><dd>malignant, 50.0%</dd>" in text
    assert "<dt>in groups</dt><dd>20</dd>" in text
    assert "bootstrap over groups" in text
    one = result("regression")
    text = _text(tmp_path, replace(one, task=Task("regression", 2, labels=("height", "weight"))))
    assert "<dt>outputs</dt><dd>height, weight</dd>" in text


@pytest.mark.parametrize(
    ("kind", "groups", "caption"),
    [
        ("binary", None, "against confidence, with 95% intervals;"),
        ("binary", np.zeros(60, int), "against confidence (no interval: one group);"),
        ("multilabel", None, "(no interval: predictions of one example are not independent);"),
    ],
)
def test_reliability_has_intervals_only_of_independent_predictions(tmp_path, kind, groups, caption):
    assert caption in _text(tmp_path, result(kind, groups=groups))


def test_a_label_without_positives_is_not_counted_among_the_averaged(tmp_path):
    one = result("multilabel")
    y = one.y.copy()
    y[:, 1] = 0
    assert "Mean of the 2 of 3 labels that some examples have and others lack." in _text(tmp_path, replace(one, y=y))


def _text(tmp_path, one):
    return write_report([one], tmp_path / "r.html", title="t").read_text(encoding="utf-8")
