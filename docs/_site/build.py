"""Build the site: `python docs/_site/build.py [--out site] [options of sphinx-build]`.

The pages of `docs/` and those that deepbio's own records make are put together in `build/docs`; a page that is as it was keeps its
date, so Sphinx reads it no second time.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parent)]

from pages import generated_pages  # noqa: E402
from sphinx.cmd.build import main as sphinx  # noqa: E402

from deepbio.course.widgets import write_widgets  # noqa: E402

DOCS = Path(__file__).resolve().parents[1]
SOURCES = DOCS.parent / "build" / "docs"


def put_together() -> None:
    """Write every page into `build/docs` and remove what is no page any more."""
    pages: dict[str, bytes] = {
        file.relative_to(DOCS).as_posix(): file.read_bytes()
        for file in sorted(DOCS.rglob("*"))
        if file.is_file() and not file.relative_to(DOCS).parts[0].startswith("_") and file.suffix not in (".py", ".pyc")
    }
    pages |= {path: text.encode() for path, text in generated_pages().items()}
    for file in SOURCES.rglob("*"):
        if file.is_file() and file.relative_to(SOURCES).as_posix() not in pages:
            file.unlink()
    for path, content in pages.items():
        file = SOURCES / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists() or file.read_bytes() != content:
            file.write_bytes(content)


def main() -> int:
    """Put the pages together and call Sphinx; return its exit status."""
    parser = argparse.ArgumentParser(description="Build the site.")
    parser.add_argument("--out", type=Path, default=DOCS.parent / "site", help="Folder of the site; default site/.")
    arguments, others = parser.parse_known_args()
    put_together()
    words = ["-b", "html", "-c", str(DOCS), "-d", str(SOURCES.parent / "doctrees"), "-q", *others]
    built = SOURCES.parent / "html"  # MyST-NB writes a folder of its own beside it
    if status := sphinx([*words, str(SOURCES), str(built)]):
        return status
    shutil.rmtree(arguments.out, ignore_errors=True)
    shutil.copytree(built, arguments.out, ignore=shutil.ignore_patterns(".buildinfo*", "_sources"))
    write_widgets(arguments.out / "widgets")
    return 0


if __name__ == "__main__":
    sys.exit(main())
