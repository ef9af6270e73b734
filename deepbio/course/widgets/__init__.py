"""Interactive widgets of the course: pages in plain JavaScript that work from a file, without network.

`python -m deepbio.course.widgets FOLDER` writes them. `numbers/` contains their computations without any drawing, `pages/` what is
seen, and `contents.py` the data that are inlined.

Example:
    >>> [widget.name for widget in WIDGETS]
    ['perceptron', 'logistic', 'descent', 'convolution', 'shift', 'attack', 'findings']
"""

from deepbio.course.widgets.build import WIDGETS, Widget, widget_page, write_widgets

__all__ = ["WIDGETS", "Widget", "widget_page", "write_widgets"]
