"""Write the widgets: one HTML page each that works from a file, without network, and an index."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from deepbio.errors import DeepbioError, nearest
from deepbio.files import writable_folder, write_atomically

if TYPE_CHECKING:
    from jinja2 import Environment


class Widget(NamedTuple):
    """A widget: its file name, number of the lesson, titles, one sentence, scripts of its computations, and source of its data."""

    name: str
    lesson: int
    short: str
    title: str
    lead: str
    numbers: tuple[str, ...]
    source: str = ""


_DIGITS = (
    "Digits: test split of scikit-learn's digits (Alpaydin, Kaynak 1998, UCI Machine Learning Repository, CC BY 4.0)."
)
WIDGETS = (
    Widget(
        "perceptron", 2, "Perceptron", "The perceptron learns a line, if there is one",
        "Put points of two classes on the plane and let Rosenblatt's rule of 1958 search for a line between them.",
        ("perceptron",),
    ),
    Widget(
        "logistic", 3, "Logistic unit", "A logistic unit and its likelihood",
        "Thirty-eight tumours, one measurement, two weights. Drag the curve and see how probable the observed diagnoses become.",
        ("logistic",),
        "Tumours: every third of deepbio's test split of Breast Cancer Wisconsin (Wolberg et al. 1993, UCI, CC BY 4.0).",
    ),
    Widget(
        "descent", 3, "Gradient descent", "Down a surface by its gradient",
        "Three optimizers walk from the same point. The learning rate decides whether they arrive, crawl or fly away.",
        ("descent",),
    ),
    Widget(
        "convolution", 6, "Convolution", "Convolve a picture with your own filter",
        "Edit nine or twenty-five weights. Each pixel of the output is one sum of products under the filter.",
        ("convolution",), _DIGITS,
    ),
    Widget(
        "shift", 6, "Shift", "The dog moves, and the network is lost",
        "Move a digit by some pixels past three trained networks. None of them was trained on anything but these pictures.",
        ("network",), _DIGITS,
    ),
    Widget(
        "attack", 9, "Pixel budget", "Push the pixels until the label flips",
        "Allow each pixel a small change, chosen against the network. How small is enough?",
        ("network",), _DIGITS,
    ),
    Widget(
        "findings", 10, "Findings", "From findings to diseases",
        "Mark what a note reports as present or absent. Each finding adds its evidence, and the diseases are ranked anew.",
        ("evidence",),
        "For teaching, not for care. This product uses the Human Phenotype Ontology (release 2025-01-16); find out more at "
        "hpo.jax.org. Frequencies the network learned from: Orphanet.",
    ),
)  # fmt: skip


def widget_page(name: str) -> str:
    """Return one widget as a self-contained HTML page.

    Args:
        name: Name of a widget, one of `WIDGETS`.

    Raises:
        DeepbioError: No widget has this name.

    Example:
        >>> page = widget_page("descent")
        >>> "<h1>Down a surface by its gradient</h1>" in page, "src=" in page
        (True, False)
    """
    from markupsafe import Markup

    from deepbio.course.widgets.contents import CONTENTS

    names = [one.name for one in WIDGETS]
    if name not in names:
        raise DeepbioError(f"Unknown widget {name!r}. {nearest(name, names)}")
    number, widget = names.index(name) + 1, WIDGETS[names.index(name)]
    content = CONTENTS[name]()
    scripts = [f"numbers/{one}.js" for one in widget.numbers] + ["pages/stage.js", f"pages/{name}.js"]
    data = f"const data = {json.dumps(content, ensure_ascii=True).replace('<', chr(92) + 'u003c')};"
    script = "\n".join(['"use strict";', data, *(_text(one) for one in scripts)])
    body = Markup(_pages().get_template(f"{name}.html").render(content=content))
    return _page(widget._asdict() | {"number": number, "body": body}, script)


def index_page() -> str:
    """Return the page that lists the widgets.

    Example:
        >>> index_page().count('<li class="card">')
        7
    """
    from markupsafe import Markup

    body = Markup(_pages().get_template("index.html").render(widgets=WIDGETS))
    title, lead = (
        "Widgets of the course",
        "Seven ideas to touch, one page each. They work without a network, also on a phone.",
    )
    return _page({"name": "index", "number": 0, "title": title, "lead": lead, "source": "", "body": body}, "")


def write_widgets(folder: str | Path) -> list[Path]:
    """Write all widgets and `index.html` into a folder.

    Args:
        folder: Folder; created if it does not exist.

    Returns:
        Paths of the pages, the index first.

    Raises:
        DeepbioError: The folder cannot be written.
    """
    target = writable_folder(Path(folder))
    pages = {"index": index_page()} | {widget.name: widget_page(widget.name) for widget in WIDGETS}
    for name, text in pages.items():
        with write_atomically(target / f"{name}.html") as temporary:
            temporary.write_text(text, encoding="utf-8")
    return [target / f"{name}.html" for name in pages]


def _page(values: dict[str, Any], script: str) -> str:
    from markupsafe import Markup

    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    template = _pages().get_template("page.html")
    return template.render(
        widgets=WIDGETS, digest=digest, script=Markup(script), style=Markup(_text("pages/style.css")), **values
    )


@functools.cache
def _pages() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("deepbio.course.widgets", "pages")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _text(path: str) -> str:
    return files("deepbio.course.widgets").joinpath(path).read_text(encoding="utf-8")
