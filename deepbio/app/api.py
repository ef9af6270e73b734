"""The JSON API: one address per task, whose answer is a job; and lists of models and runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import Body, FastAPI, File, Form, HTTPException, Query, UploadFile
from pydantic import BaseModel

from deepbio.app import cards, note, pictures, rows, sequences, variant
from deepbio.app.collection import Collection
from deepbio.app.jobs import Job, Jobs
from deepbio.app.variant import Reference
from deepbio.errors import DataError
from deepbio.uploads import Upload, upload_of

FIRST_WAIT = 0.8  # seconds that a request waits for its job, so that a short one needs no second request
_LONGEST_WAIT = 20.0

Model = Annotated[str, Form(description="Name of a preset, as /api/models lists them.")]
Target = Annotated[str, Form(description="Label that is explained; empty for the predicted one.")]
Window = Annotated[str, Form(description="Grey values of DICOM: center, width, or full; empty for those of the file.")]
OptionalFile = Annotated[UploadFile | None, File()]


class JobAnswer(BaseModel):
    """A job; `result` is there once `state` is `done`, and `message` says why it has failed."""

    id: str
    kind: str
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    message: str
    done: int
    total: int
    result: dict[str, Any] | None


class Problem(BaseModel):
    """Why a request was refused."""

    error: str


def add_api(app: FastAPI, jobs: Jobs, collection: Collection, reference: Reference) -> None:
    """Add the addresses below `/api` to the application."""
    problems: dict[int | str, dict[str, Any]] = {code: {"model": Problem} for code in (400, 403, 404, 413, 422)}
    job_route: dict[str, Any] = {"response_model": JobAnswer, "responses": problems, "tags": ["work"]}

    def start(kind: str, work: Callable[..., dict[str, Any]], *given: Any, **options: Any) -> Any:
        job = jobs.start(kind, lambda job: work(job, collection, *given, **options))
        job.wait(FIRST_WAIT)
        return job.to_dict()

    @app.post("/api/dna", summary="Predict and explain DNA sequences", **job_route)
    def _dna(
        model: Model,
        sequence: Annotated[str, Form(description="Bases or FASTA.")] = "",
        file: OptionalFile = None,
        fit: Annotated[bool, Form(description="Crop or pad sequences of another length around their middle.")] = False,
        explain: Annotated[str, Form(description="none, contributions, mutagenesis or both.")] = "none",
        target: Target = "",
    ) -> Any:
        options: dict[str, Any] = {"sequence": sequence, "fit": fit, "explain": explain, "target": target}
        return start("dna", sequences.predict_sequences, model=model, upload=_upload(file), **options)

    @app.post("/api/variant", summary="Score a variant with the tracks of both alleles", **job_route)
    def _variant(
        variant_text: Annotated[str, Form(alias="variant", description="The variant: chr-pos-ref-alt.")],
        model: Model = "spliceai_10k.ci",
        build: Annotated[str, Form(description="grch37, grch38, or empty for the genes of the start.")] = "",
        distance: Annotated[int, Form()] = 50,
        fasta: OptionalFile = None,
        genes: OptionalFile = None,
    ) -> Any:
        files = {"fasta": _upload(fasta), "genes": _upload(genes)}
        variant.read_variant(variant_text)  # a wrong one is refused at once
        options: dict[str, Any] = {"variant": variant_text, "model": model, "build": build, "distance": distance}
        return start("variant", variant.score_variant, reference, **options, **files)

    @app.post("/api/image", summary="Predict a picture, with a heat map", **job_route)
    def _image(model: Model, file: UploadFile, target: Target = "", window: Window = "") -> Any:
        return start("image", pictures.predict_picture, model=model, upload=_needed(file), target=target, window=window)

    @app.post("/api/attack", summary="Search an adversarial example of a picture", **job_route)
    def _attack(
        model: Model,
        file: UploadFile,
        epsilon: Annotated[float, Form(description="Largest change of a pixel, in grey values of 255.")] = 4,
        attack: Annotated[str, Form(description="fgsm or pgd.")] = "pgd",
        window: Window = "",
    ) -> Any:
        options: dict[str, Any] = {"epsilon": epsilon, "attack": attack, "window": window}
        return start("attack", pictures.attack_picture, model=model, upload=_needed(file), **options)

    @app.post("/api/note", summary="Rank the diseases that a note could mean", **job_route)
    def _note(
        text: Annotated[str, Form(alias="note", description="Text of the note. It is not logged or stored.")],
        model: Model = "note_evidence.vignettes_findings",
        top: Annotated[int, Form(description="Number of diseases.")] = 8,
    ) -> Any:
        return start("note", note.read_note, model=model, note=text, top=top)

    @app.post("/api/table", summary="Predict the rows of a table, with reasons", **job_route)
    def _table(
        model: Model,
        file: UploadFile,
        reasons: Annotated[int, Form(description="Explained rows.")] = 3,
        target: Target = "",
    ) -> Any:
        options: dict[str, Any] = {"reasons": reasons, "target": target}
        return start("table", rows.predict_rows, model=model, upload=_needed(file), **options)

    @app.post("/api/check", summary="Check the golden outputs of a model", **job_route)
    def _check(model: Model) -> Any:
        return start("check", cards.check_model, model=model)

    @app.get("/api/jobs/{id}", summary="State, progress and result of a job", **job_route)
    def _job(id: str, wait: Annotated[float, Query(ge=0, le=_LONGEST_WAIT)] = 0) -> Any:
        job = found(jobs, id)
        job.wait(wait)
        return job.to_dict()

    @app.delete("/api/jobs/{id}", summary="Cancel a job and forget its result", **job_route)
    def _cancel(id: str) -> Any:
        job = found(jobs, id)
        jobs.cancel(job)
        return job.to_dict()

    _add_lists(app, collection, problems)


def _add_lists(app: FastAPI, collection: Collection, problems: Any) -> None:
    @app.get("/api/models", tags=["models"], summary="Models of this app")
    def _models() -> list[dict[str, Any]]:
        return [cards.summary_of(preset) for preset in collection.presets.values()]

    @app.get("/api/models/{name:path}", tags=["models"], summary="Card and snippets of a model", responses=problems)
    def _model(name: str) -> dict[str, Any]:
        return cards.model_page(collection.find_any(name))

    @app.get("/api/runs", tags=["models"], summary="Results and training curves of runs")
    def _runs() -> list[dict[str, Any]]:
        from deepbio.app import runs  # the first page does not wait for matplotlib

        return runs.runs_of(collection)

    @app.post("/api/runs/compare", tags=["models"], summary="Runs side by side, with figures", responses=problems)
    def _compare(run: Annotated[list[str], Body(embed=True, description="Names of the runs.")]) -> dict[str, Any]:
        from deepbio.app import runs

        return runs.compare_runs(collection, run)


def found(jobs: Jobs, id: str) -> Job:
    """Return a job, or answer with 404."""
    job = jobs.find(id)
    if job is None:
        raise HTTPException(404, "There is no such job; it may be forgotten. Start it again.")
    return job


def _upload(file: UploadFile | None) -> Upload | None:
    return None if file is None or not file.filename else upload_of(file.filename, file.file.read())


def _needed(file: UploadFile) -> Upload:
    upload = _upload(file)
    if upload is None:
        raise DataError("Expected a file: choose one, or drop it on the field.")
    return upload
