"""`python -m deepbio.course.widgets FOLDER`: write the widgets."""

import argparse
from pathlib import Path

from deepbio.course.widgets.build import write_widgets
from deepbio.errors import DeepbioError


def main() -> None:
    """Write the widgets into the folder that the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m deepbio.course.widgets", description="Write the widgets of the course."
    )
    parser.add_argument("folder", type=Path, help="folder to write into")
    options = parser.parse_args()
    try:
        write_widgets(options.folder)
    except DeepbioError as error:
        parser.exit(2, f"{error}\n")


if __name__ == "__main__":
    main()
