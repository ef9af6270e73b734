"""The look of the widgets in a real browser: three widths, two themes, keyboard, names for screen readers, motion."""

import io

import numpy as np
import pytest
from PIL import Image

from deepbio.course.widgets import WIDGETS

pytestmark = pytest.mark.browser
NAMES = ["index", *(widget.name for widget in WIDGETS)]
OPERATED = {"button", "slider", "radio", "checkbox", "combobox", "spinbutton", "application", "link", "image"}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_pages_fit_each_width_and_follow_the_theme(tab, folder, width, dark):
    for name in NAMES:
        tab.open(folder / f"{name}.html", width=width, dark=dark)
        assert tab.run("document.documentElement.scrollWidth") <= width, name
        outside = tab.run(
            "[...document.querySelectorAll('main *')].filter(e => { const b = e.getBoundingClientRect();"
            " return b.width && (b.right > innerWidth + 1 || b.left < -1); }).map(e => e.outerHTML.slice(0, 80))"
        )
        assert outside == [], name
        with Image.open(io.BytesIO(tab.screenshot(whole=False))) as image:
            np.testing.assert_array_equal(np.asarray(image.convert("RGB"))[2, 2], (20, 23, 27) if dark else (255,) * 3)
        assert tab.errors == []


@pytest.mark.parametrize("name", NAMES[1:])
def test_controls_have_names_for_screen_readers_and_are_reached_by_the_keyboard(tab, folder, name):
    tab.open(folder / f"{name}.html")
    tab.call("Accessibility.enable")
    nodes = [one for one in tab.call("Accessibility.getFullAXTree")["nodes"] if not one["ignored"]]
    operated = [one for one in nodes if one["role"]["value"] in OPERATED]
    assert len(operated) > 6
    assert [one["role"]["value"] for one in operated if not one.get("name", {}).get("value")] == []
    stops = tab.run(
        "(() => { const all = [...document.querySelectorAll('main :is(button, select, input, canvas[tabindex], summary)')];"
        " return all.filter(e => !e.disabled && (e.type !== 'radio' || e.checked)).length; })()"
    )
    reached = []
    for _ in range(stops):
        tab.press("Tab")
        reached.append(
            tab.run(
                "(() => { const e = document.activeElement, seen = e.type === 'radio' ? e.nextElementSibling : e;"
                " e.dataset.stop ||= Math.random(); return [e.dataset.stop, getComputedStyle(seen).outlineStyle]; })()"
            )
        )
    assert len({stop for stop, _ in reached}) == stops
    assert {outline for _, outline in reached} == {"solid"}


def test_run_can_be_paused_and_does_not_animate_if_the_reader_prefers_less_motion(tab, folder):
    tab.open(folder / "descent.html", still=False)
    tab.click("#run")
    assert tab.text("#run") == "Pause"
    tab.until("widget.runs.adam.state.step >= 3")
    tab.click("#run")
    steps = tab.run("widget.runs.adam.state.step")
    assert tab.text("#run") == "Run"
    tab.run("new Promise(done => setTimeout(done, 200))")
    assert tab.run("widget.runs.adam.state.step") == steps < 600
    tab.open(folder / "descent.html", still=True)
    tab.click("#run")
    assert tab.text("#run") == "Run"
    assert tab.run("widget.runs.adam.state.step") > 100


def test_a_change_of_theme_redraws_the_open_page(tab, folder):
    tab.open(folder / "perceptron.html")
    before = tab.run("stage.colours.paper")
    tab.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    tab.until("stage.colours.paper === '#14171b'")
    assert before == "#ffffff"


def test_a_finger_puts_a_point_by_a_tap_and_scrolls_the_page_by_a_swipe(tab, folder):
    tab.open(folder / "perceptron.html", width=360, height=640)
    x, y = tab.run(
        "(b => [b.x + b.width / 2, b.y + b.height / 2])(document.getElementById('plane').getBoundingClientRect())"
    )
    points = tab.run("widget.points.length")
    tab.touch(x, y, up=150)
    tab.until("scrollY > 100")
    assert tab.run("widget.points.length") == points
    tab.open(folder / "perceptron.html", width=360, height=640)  # so that the page does not move any more
    tab.touch(x, y)
    tab.until(f"widget.points.length === {points + 1}")
