"""What a probability means, in the page: bins, operating point, decision curve and the prevalence slider."""

import base64
import hashlib
import html
import re
import shutil
import subprocess

import numpy as np
import pytest

from deepbio.report import write_report
from tests.report.report_cases import result

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


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
def test_the_slider_moves_predictive_values_by_bayes_rule(tmp_path):
    if BROWSER is None:
        pytest.skip("needs chromium")
    page = write_report([result(prevalence=0.5)], tmp_path / "r.html", title="t")
    command = [
        BROWSER,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path / 'p'}",
        "--dump-dom",
    ]
    shown = {
        at: subprocess.run(
            [*command, page.as_uri() + at], check=True, capture_output=True, text=True, timeout=120
        ).stdout
        for at in ("", "#prevalence=0.1")
    }
    assert 'data-p="0.9">90.0%' in shown[""]
    assert 'data-p="0.9">50.0%' in shown["#prevalence=0.1"]  # 0.09 / (0.09 + 0.09)
    assert 'class="control"><label>' in shown[""].replace(' hidden=""', " hidden")  # visible where scripts run
    curve = re.compile(r'class="curve" points="([^"]+)"')
    assert curve.findall(shown[""]) != curve.findall(shown["#prevalence=0.1"])
