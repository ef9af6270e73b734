"""What a probability means, in the page: bins, operating point, decision curve and the prevalence slider."""

import base64
import hashlib
import html
import re

import numpy as np
import pytest

from deepbio.report import write_report
from tests.report.report_cases import result


def test_a_binary_section_has_curve_slider_and_predictive_values(tmp_path):
    text = write_report([result(threshold=0.3, prevalence=0.2)], tmp_path / "r.html", title="t").read_text("utf-8")
    assert "Decision curve at a prevalence of" in text
    assert 'type="range"' in text
    assert "From 0.3 on, malignant is predicted" in text
    assert "&#34;assumed&#34;: 0.2" in text or '"assumed": 0.2' in text


def test_only_the_pages_own_script_may_run(tmp_path):
    text = write_report([result()], tmp_path / "r.html", title="t").read_text("utf-8")
    [script] = re.findall(r"<script>(.*?)</script>", text, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    text = html.unescape(text)
    assert f"script-src 'sha256-{digest}'" in text
    assert "unsafe-inline'; script-src" in text  # of styles only


def test_other_tasks_have_no_script(tmp_path):
    text = write_report([result("multiclass")], tmp_path / "r.html", title="t").read_text("utf-8")
    assert "<script" not in text
    assert "How often the predicted class was true" in text
    numbers = write_report([result("regression")], tmp_path / "n.html", title="t").read_text("utf-8")
    assert "What a probability means" not in numbers


def test_one_class_has_bins_but_no_curve(tmp_path):
    one = result()
    one = type(one)(**{**vars(one), "y": np.zeros(60, int)})
    text = write_report([one], tmp_path / "r.html", title="t").read_text("utf-8")
    assert "Decision curve" not in text
    assert "What a probability means" in text


@pytest.mark.browser
def test_the_slider_moves_predictive_values_by_bayes_rule(tab, tmp_path):
    page = write_report([result(prevalence=0.5)], tmp_path / "r.html", title="t")
    predictive = "document.querySelector('[data-p=\"0.9\"]').textContent"
    curve = "document.querySelector('.curve').getAttribute('points')"
    tab.open(page)
    assert tab.run(predictive) == "90.0%"
    assert tab.run("document.querySelector('.control').checkVisibility()")  # where scripts run
    before = tab.run(curve)
    tab.open(f"{page.as_uri()}#prevalence=0.1")
    assert tab.run(predictive) == "50.0%"  # 0.09 / (0.09 + 0.09)
    assert tab.run(curve) != before
    tab.set("input[type=range]", 0)  # its logit
    assert tab.run(predictive) == "90.0%"
