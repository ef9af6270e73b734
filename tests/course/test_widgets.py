"""The pages of the widgets: self-contained, small, labelled, readable, and carrying the weights that were trained."""

import base64
import hashlib
import html
import json
import re
import subprocess
import sys
from importlib.resources import files

import numpy as np
import pytest
from typer.testing import CliRunner

from deepbio.course.widgets import WIDGETS, widget_page, write_widgets
from deepbio.course.widgets.contents import FINDINGS
from deepbio.course.widgets.networks import NETWORKS, load_networks
from deepbio.errors import DeepbioError
from tests.course.widget_cases import content

NAMES = [widget.name for widget in WIDGETS]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("widgets")
    return {path.stem: path.read_text("utf-8") for path in write_widgets(folder)}


def test_there_are_an_index_and_seven_widgets_below_300_kb_each(pages):
    assert list(pages) == ["index", *NAMES]
    assert len(NAMES) == 7
    assert max(len(text.encode()) for text in pages.values()) < 300_000


@pytest.mark.parametrize("name", ["index", *NAMES])
def test_a_page_names_no_address_outside_and_allows_only_its_own_script(pages, name):
    text = pages[name]
    assert re.findall(r"https?:|//cdn|@import|url\(|<link|<iframe|src=", text) == []
    assert set(re.findall(r'href="([^"]*)"', text)) <= {f"{one}.html" for one in ("index", *NAMES)}
    policy = html.unescape(re.findall(r'content="(default-src[^"]*)"', text)[0])
    scripts = re.findall(r"<script>(.*?)</script>", text, flags=re.DOTALL)
    assert len(scripts) == (name != "index")
    for script in scripts:
        assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() in policy
        assert not re.search(r"\b(fetch|XMLHttpRequest|WebSocket|localStorage|eval|import)\b\(?", script)
    assert "default-src 'none'" in policy
    assert "connect-src" not in policy


@pytest.mark.parametrize("name", NAMES)
def test_every_control_has_a_name_and_every_identifier_is_unique(pages, name):
    body = re.findall(r"<main>(.*?)</main>", pages[name], flags=re.DOTALL)[0]
    ids = re.findall(r'\bid="([^"]+)"', body)
    assert len(ids) == len(set(ids))
    for canvas in re.findall(r"<canvas[^>]*>", body):
        assert "aria-label=" in canvas
        assert ("tabindex" in canvas) == ("aria-describedby" in canvas)  # what can be operated says how
    for identifier in re.findall(r'aria-describedby="([^"]+)"|\bfor="([^"]+)"', body):
        assert "".join(identifier) in ids
    for control in re.findall(r"<(?:select|input)[^>]*>", body):
        labelled = re.search(r'id="([^"]+)"', control)
        inside = re.search(rf"<label[^>]*>(?:(?!</label>).)*{re.escape(control)}", body, flags=re.DOTALL)
        assert inside or (labelled and f'for="{labelled[1]}"' in body)
    assert 'class="try"' in body
    assert body.count('role="status"') == 1


def _luminance(colour):
    part = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]


def test_text_and_controls_have_the_contrast_of_wcag_aa_in_both_themes():
    style = files("deepbio.course.widgets").joinpath("pages/style.css").read_text("utf-8")
    themes = [
        dict(re.findall(r"--(\w[\w-]*): (#\w{6})", part)) for part in re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    ]
    assert len(themes) == 2
    for colours in themes:
        for front, backs, needed in (
            (("ink", "muted", "accent", "first", "second", "third", "fourth"), ("paper", "panel"), 4.5),
            (("ink",), ("well",), 4.5),
            (("on-accent",), ("accent",), 4.5),
            (("edge",), ("paper", "panel"), 3),
        ):
            for one in front:
                for other in backs:
                    light, dark = sorted([_luminance(colours[one]), _luminance(colours[other])], reverse=True)
                    assert (light + 0.05) / (dark + 0.05) >= needed, (one, other)


def test_inlined_weights_are_those_that_were_trained():
    stored = load_networks()
    assert stored.keys() == NETWORKS.keys()
    for name, layers in stored.items():
        page, short = name.split("_", 1)
        inlined = content(page)["networks"][short]["layers"]
        assert [layer["kind"] for layer in inlined] == [kind for kind, _ in layers]
        for layer, (_, weights) in zip(inlined, layers, strict=True):
            if weights:
                found = np.frombuffer(base64.b64decode(layer["weights"]), "<f4")
                np.testing.assert_array_equal(found, np.concatenate([w.ravel() for w in weights]))
                assert layer["shape"] == list(weights[0].shape)


def test_findings_are_tokens_of_the_preset_and_notes_are_made_of_them():
    page = content("findings")
    tokens = {token for group in FINDINGS.values() for token in group}
    assert tokens <= set(page["tokens"])
    for note in page["notes"].values():
        assert set(note["present"]) <= tokens
        assert {page["mark"] + token for token in note["absent"]} <= set(page["tokens"])
    assert "Human Phenotype Ontology (release 2025-01-16)" in widget_page("findings")


def test_the_boy_of_the_lesson_has_the_findings_that_deepbio_reads_in_his_note():
    import deepbio

    note = (
        "A six-year-old boy has had a high fever for three days, extremely red eyes, a rash on the trunk, a swollen red strawberry "
        "tongue, swollen neck lymph nodes and is irritable."
    )
    read = {"hp" + term.id.removeprefix("HP:") for term in deepbio.diagnose(note).terms}
    assert read == set(content("findings")["notes"]["kawasaki"]["present"])


def test_points_of_the_perceptron_are_eighths_and_no_two_are_equal():
    for points in content("perceptron")["presets"].values():
        assert {v * 8 % 1 for p in points for v in p["x"]} == {0}
        assert len({json.dumps(p["x"]) for p in points}) == len(points)


def test_an_unknown_widget_is_an_error_that_names_the_nearest():
    with pytest.raises(DeepbioError, match="Unknown widget 'perceptrons'.*perceptron"):
        widget_page("perceptrons")


def test_the_command_writes_the_pages_and_prints_where(tmp_path, monkeypatch):
    from deepbio.cli.main import app

    monkeypatch.setattr("deepbio.course.widgets.build.widget_page", lambda name: name)  # their content is tested above
    found = CliRunner().invoke(app, ["course", "widgets", "-o", str(tmp_path / "w")])
    assert found.exit_code == 0
    assert found.stdout.splitlines()[0] == str(tmp_path / "w/index.html")
    assert {path.stem for path in (tmp_path / "w").iterdir()} == {"index", *NAMES}


def test_the_module_writes_the_pages_without_tensorflow_at_its_import(tmp_path):
    code = "import sys, deepbio.course.widgets; sys.exit('tensorflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
    (tmp_path / "file").write_text("")
    command = [sys.executable, "-m", "deepbio.course.widgets", str(tmp_path / "file")]
    found = subprocess.run(command, capture_output=True, text=True)
    assert found.returncode == 2
    assert "file" in found.stderr
