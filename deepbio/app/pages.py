"""The pages, as the browser shows them: one per tab, the results of jobs, and the files that the pages need."""

from __future__ import annotations

import functools
import json
from importlib.resources import files
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup

from deepbio.app import cards, pictures, sequences
from deepbio.app.api import found
from deepbio.app.collection import Collection, Preset
from deepbio.app.jobs import Jobs
from deepbio.app.variant import Reference
from deepbio.errors import DataError

TABS = (
    ("dna", "DNA", "Paste a sequence or score a variant: predictions, contributions of bases, tracks of both alleles."),
    ("images", "Images", "Drop a picture or DICOM file: probabilities, where the model looked, an attack."),
    ("notes", "Notes", "Write a note: ranked diseases, the words that count, what to ask next."),
    ("tables", "Tables", "Choose a CSV file: predictions and the columns that moved them."),
    ("models", "Models", "Cards, golden outputs checked on this machine, and code to copy."),
    ("runs", "Runs", "Results with intervals, training curves and reports side by side."),
)
_REPORT_POLICY = (
    "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
)
_STATIC = {"app.css": "text/css", "app.js": "text/javascript", "icon.svg": "image/svg+xml"}


def add_pages(app: FastAPI, jobs: Jobs, collection: Collection, reference: Reference) -> None:
    """Add the pages to the application."""
    view: dict[str, Any] = {"include_in_schema": False, "response_class": HTMLResponse}

    def page(request: Request, template: str, **values: Any) -> HTMLResponse:
        base = request.scope["root_path"]
        text = _templates().get_template(template).render(base=base, tabs=TABS, problems=collection.problems, **values)
        return HTMLResponse(text)

    @app.get("/", **view)
    def _home(request: Request) -> HTMLResponse:
        own = [preset for preset in collection.presets.values() if preset.own]
        return page(request, "home.html", tab="", own=own, total=len(collection.presets))

    @app.get("/dna", **view)
    def _dna(request: Request) -> HTMLResponse:
        models = [preset for preset in collection.of("dna") if preset.kind != "profile"]
        short = sorted(
            models,
            key=lambda one: (not one.own, one.shape[0] > sequences.MAX_EXPLAINED_BASES, one.kind == "regression"),
        )
        scored = sorted(models, key=lambda one: not one.is_splicing)
        options = {"explanations": sequences.EXPLANATIONS, "reference": reference}
        return page(request, "dna.html", tab="dna", models=short, scored=scored, **options)

    @app.get("/images", **view)
    def _images(request: Request) -> HTMLResponse:
        models = [preset for preset in collection.of("image") if pictures.is_shown(preset)]
        return page(request, "images.html", tab="images", models=models, attacks=pictures.ATTACKS)

    @app.get("/notes", **view)
    def _notes(request: Request) -> HTMLResponse:
        models = [preset for preset in collection.of("text") if preset.kind == "multiclass"]
        models.sort(key=lambda one: not one.name.endswith("_findings"))
        return page(request, "notes.html", tab="notes", models=models)

    @app.get("/tables", **view)
    def _tables(request: Request) -> HTMLResponse:
        return page(request, "tables.html", tab="tables", models=collection.of("table"))

    @app.get("/models", **view)
    def _models(request: Request) -> HTMLResponse:
        return page(
            request, "models.html", tab="models", models=list(map(cards.summary_of, collection.presets.values()))
        )

    @app.get("/models/{name:path}", **view)
    def _model(request: Request, name: str) -> HTMLResponse:
        preset = _known(collection, name)
        return page(request, "model.html", tab="models", model=cards.model_page(preset))

    @app.get("/runs", **view)
    def _runs(request: Request, run: Annotated[list[str] | None, Query()] = None) -> HTMLResponse:
        from deepbio.app import runs  # the first page does not wait for matplotlib

        compared, problem = None, ""
        if run:
            try:
                compared = runs.compare_runs(collection, run)
            except DataError as error:
                problem = str(error)
        return page(
            request,
            "runs.html",
            tab="runs",
            runs=runs.runs_of(collection),
            chosen=run or [],
            compared=compared,
            problem=problem,
        )

    @app.get("/runs/report/{name:path}", **view)
    def _report(name: str) -> Response:
        path = _known(collection, name).folder / "report.html"
        if not path.is_file():
            raise HTTPException(404, f"{name} has no report.html.")
        return HTMLResponse(path.read_bytes(), headers={"content-security-policy": _REPORT_POLICY})

    @app.get("/api", **view)
    def _api(request: Request) -> HTMLResponse:
        return page(request, "api.html", tab="api", paths=app.openapi()["paths"])

    @app.get("/jobs/{id}", **view)
    def _result(request: Request, id: str) -> HTMLResponse:
        job = found(jobs, id)
        if job.state != "done" or job.result is None:
            raise HTTPException(404, "This job has no result.")
        return page(request, f"result_{job.kind}.html", result=job.result)

    @app.get("/static/{name}", include_in_schema=False)
    def _file(name: str) -> Response:
        if name not in _STATIC:
            raise HTTPException(404, "There is no such file.")
        return Response(_static(name), media_type=_STATIC[name])


def _known(collection: Collection, name: str) -> Preset:
    try:
        return collection.find_any(name)
    except DataError as error:
        raise HTTPException(404, str(error)) from error


@functools.cache
def _static(name: str) -> bytes:
    content = files("deepbio.app").joinpath("static", name).read_bytes()
    if name == "app.css":  # the pages look as the reports do
        content = files("deepbio.report").joinpath("templates", "report.css").read_bytes() + content
    return content


@functools.cache
def _templates() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("deepbio.app"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"markdown": _markdown, "percent": _percent, "json": json.dumps, "trusted": Markup}
    return environment


def _markdown(text: str) -> Markup:
    from deepbio.report.html import markdown

    return markdown(text)


def _percent(value: float) -> str:
    """Return a probability as a percentage that never says 0% or 100% of what is not."""
    text = f"{100 * value:.1f}"
    if text == "100.0" and value < 1:
        return "> 99.9%"
    return "< 0.1%" if text == "0.0" and value > 0 else f"{text}%"
