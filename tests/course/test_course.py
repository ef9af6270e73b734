"""Lessons as files, notebooks and Markdown; what a student opens and checks."""

import json
import re
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from deepbio.cli.main import app
from deepbio.course import check_file, lesson, lessons, open_lesson
from deepbio.course.export import export
from deepbio.course.lesson import read_lesson
from deepbio.course.notebook import as_myst, as_notebook, code_of
from deepbio.errors import DataError, DeepbioError

LESSONS = pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.path.stem)


@LESSONS
def test_a_lesson_has_goals_figures_exercises_and_references(lesson):
    assert lesson.prose.startswith(f"# {lesson.number}. {lesson.title}")
    assert 3 <= len(lesson.goals) <= 5
    assert "## References" in lesson.prose
    assert "https://doi.org/10." in lesson.prose
    assert sum(bool(cell.title) for cell in lesson.cells) >= 2
    for cell in lesson.cells:
        assert bool(cell.title) == ("plt.show()" in cell.text), cell.title or cell.text[:80]
    cited = {
        int(number)
        for number in re.findall(r"\[(?:\d, )*(\d+)(?:, \d)*\](?!\()", lesson.prose.split("## References")[0])
    }
    listed = {int(number) for number in re.findall(r"^(\d+)\. ", lesson.prose.split("## References")[1], flags=re.M)}
    assert cited <= listed
    for key in lesson.exercises:
        assert any(f'check("{key}", ' in cell.text for cell in lesson.cells if cell.kind == "code")


@LESSONS
def test_a_notebook_has_the_cells_of_the_lesson(lesson):
    notebook = as_notebook(lesson)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert [cell["source"] for cell in notebook["cells"]] == [cell.text for cell in lesson.cells]
    assert len({cell["id"] for cell in notebook["cells"]}) == len(lesson.cells)


@LESSONS
def test_a_notebook_is_valid_for_jupyter(lesson):
    nbformat = pytest.importorskip("nbformat", reason="needs the extra course")
    nbformat.validate(nbformat.from_dict(as_notebook(lesson)))


def test_myst_has_the_code_with_the_description_of_a_figure():
    text = as_myst(lesson(2))
    assert text.startswith("---\nkernelspec:\n")
    assert text.count("```{code-cell}") == sum(cell.kind == "code" for cell in lesson(2).cells)
    assert 'alt: "Decision regions on XOR' in text


def test_the_course_imports_no_tensorflow():
    code = "import sys, deepbio.course; deepbio.course.lessons(); print('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.mark.parametrize("form", ["notebook", "script"])
def test_a_lesson_opens_in_both_forms_and_is_not_overwritten(tmp_path, form):
    path = open_lesson(2, tmp_path, form=form)
    assert 'check("2.2", best_accuracy)' in code_of(path)
    path.write_text("mine")
    with pytest.raises(DeepbioError, match="your answers"):
        open_lesson(2, tmp_path, form=form)
    assert path.read_text() == "mine"
    assert open_lesson(2, tmp_path, form=form, replace=True) == path
    assert path.read_text() != "mine"


def test_the_answers_in_a_notebook_are_checked(tmp_path):
    source = [
        "%matplotlib inline\n",
        "from deepbio.course import check\n",
        'check("2.2", 0.75)\n',
        'check("2.3", ...)\n',
    ]
    cells = [{"cell_type": "markdown", "source": "not code"}, {"cell_type": "code", "source": source}]
    path = tmp_path / "02_perceptron.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    found = {verdict.exercise: verdict.status for verdict in check_file(2, path)}
    assert found == {"2.1": "not answered", "2.2": "right", "2.3": "not answered", "2.4": "not answered"}


def test_a_file_that_stops_says_where(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("from deepbio.course import check\ncheck('4.1', (0, 0))\n1 / 0\n")
    with pytest.raises(DataError, match=r"before exercise 4\.2:[\s\S]*ZeroDivisionError"):
        check_file(4, path)
    with pytest.raises(DataError, match="found none"):
        check_file(4, tmp_path / "no.py")
    (tmp_path / "no.ipynb").write_text("[]")
    with pytest.raises(DataError, match="notebook"):
        check_file(4, tmp_path / "no.ipynb")


def test_text_before_the_first_cell_is_refused(tmp_path):
    path = tmp_path / "01_x.py"
    path.write_text("import os\n# %%\n1\n")
    with pytest.raises(DeepbioError, match="import os"):
        read_lesson(path)


@pytest.mark.parametrize(("form", "suffix"), [("notebook", "ipynb"), ("myst", "md")])
def test_all_lessons_are_exported(tmp_path, form, suffix):
    assert [path.name for path in export(tmp_path, form=form)] == [
        f"{lesson.path.stem}.{suffix}" for lesson in lessons()
    ]


def test_the_command_lists_opens_and_checks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = CliRunner()
    listed = run.invoke(app, ["course", "list"]).stdout.splitlines()
    assert len(listed) == len(lessons()) + 1
    assert any(line.startswith("4\tBack-propagation: the exercise\t3\tcompute the gradient") for line in listed)
    opened = run.invoke(app, ["course", "open", "2", "--script"])
    assert opened.stdout.strip() == "course/02_perceptron.py"
    assert "python course/02_perceptron.py" in opened.stderr
    (tmp_path / "course/02_perceptron.py").write_text("from deepbio.course import check\ncheck('2.2', 1)\n")
    checked = run.invoke(app, ["course", "check", "2", "--json"])
    assert checked.exit_code == 1
    assert [row["status"] for row in json.loads(checked.stdout)] == ["not answered", "not yet", *["not answered"] * 2]
    assert isinstance(run.invoke(app, ["course", "open", "99"]).exception, DeepbioError)
    assert isinstance(run.invoke(app, ["course", "check", "3"]).exception, DataError)
