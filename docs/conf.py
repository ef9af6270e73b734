"""Sphinx's settings. `docs/_site/build.py` calls Sphinx; its sources are these pages and those that deepbio's own records make."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version as version_of
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "docs" / "_site")]
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

project = "deepbio"
author = copyright = "The deepbio developers"
version = release = version_of("deepbio-zoo")

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
    "docstrings",  # below docs/_site
    "markup",
]
myst_enable_extensions = ["attrs_block", "attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 4
nb_execution_mode = "off"  # the outputs are in the notebooks
nitpicky = True
nitpick_ignore_regex = [("py:(?!obj).*", ".*")]  # the types of NumPy, Keras and Python in signatures have no page here

autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False
napoleon_custom_sections = ["Input shape", "Output shape"]

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

html_theme = "pydata_sphinx_theme"
html_title = "deepbio"
html_static_path = [str(ROOT / "docs" / "_static")]
templates_path = [str(ROOT / "docs" / "_templates")]
html_css_files = ["deepbio.css"]
html_js_files = ["deepbio.js"]
html_show_sourcelink = False
html_copy_source = False
html_sidebars = {page: [] for page in ("models", "models/*", "datasets", "datasets/*", "results", "results/*")}
html_theme_options = {
    "logo": {"text": "deepbio"},
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "header_links_before_dropdown": 8,
    "show_toc_level": 2,
    # the wide tables of models and data sets take the place of the list of sections
    "secondary_sidebar_items": {"**": ["page-toc"], "models": [], "datasets": []},
    "show_prev_next": True,
    "navigation_with_keys": False,
    "use_edit_page_button": False,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
