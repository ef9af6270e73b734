"""The application: pages, JSON API and jobs behind the guard."""

from __future__ import annotations

import math
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import HTTPException, RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.formparsers import MultiPartParser
from starlette.middleware.trustedhost import TrustedHostMiddleware

import deepbio
from deepbio.app.api import add_api
from deepbio.app.collection import Collection
from deepbio.app.guard import MAX_UPLOAD, Guard, TooLargeError, too_large
from deepbio.app.jobs import FAILED, Jobs
from deepbio.app.pages import add_pages
from deepbio.app.variant import Reference
from deepbio.errors import DeepbioError
from deepbio.uploads import without_places

HOSTS = ("127.0.0.1", "localhost")
ABOUT = (
    "Models of deepbio on this machine. For research and teaching only, not for care. Every path begins with the token of this start. "
    "Long work is a job: the answer of a POST has its id; ask for it at /api/jobs/{id}, or delete it to cancel."
)


class PlainJSON(JSONResponse):
    """JSON in which a number that is not finite is null."""

    def render(self, content: Any) -> bytes:
        """Return the content as bytes."""
        return super().render(_finite(content))


def create_app(
    collection: Collection, *, token: str, reference: Reference | None = None, max_bytes: int = MAX_UPLOAD,
    warm_up: Callable[[], object] | None = None,
) -> FastAPI:  # fmt: skip
    """Return the application.

    Args:
        collection: Presets that it shows.
        token: First part of every path.
        reference: Genome and genes for variants.
        max_bytes: Largest body of a request.
        warm_up: Function that runs beside the first page, such as the loading of TensorFlow.

    Returns:
        ASGI application that answers at 127.0.0.1 and localhost only.
    """
    jobs = Jobs(clean=without_places)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if warm_up is not None:
            threading.Thread(target=warm_up, daemon=True).start()
        yield
        jobs.close()

    MultiPartParser.spool_max_size = max_bytes  # uploads stay in memory
    app = FastAPI(
        title="deepbio app",
        version=deepbio.__version__,
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        default_response_class=PlainJSON,
        lifespan=lifespan,
    )
    app.state.jobs = jobs
    add_api(app, jobs, collection, reference or Reference())
    add_pages(app, jobs, collection, reference or Reference())
    _add_errors(app, max_bytes)
    app.add_middleware(Guard, token=token, max_bytes=max_bytes)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(HOSTS), www_redirect=False)
    return app


def _add_errors(app: FastAPI, max_bytes: int) -> None:
    def answer(status: int, message: str) -> JSONResponse:
        return JSONResponse({"error": message}, status_code=status)

    @app.exception_handler(DeepbioError)
    def _of_deepbio(_: Request, error: DeepbioError) -> JSONResponse:
        return answer(400, without_places(str(error)))

    @app.exception_handler(RequestValidationError)
    def _of_form(_: Request, error: RequestValidationError) -> JSONResponse:
        parts = [f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in error.errors()]
        return answer(422, f"The form does not fit: {'; '.join(parts)}.")  # without what was sent

    @app.exception_handler(StarletteHTTPException)
    def _of_http(_: Request, error: HTTPException) -> JSONResponse:
        if isinstance(error.__cause__, TooLargeError) or isinstance(error.__context__, TooLargeError):
            return answer(413, too_large(max_bytes))
        return answer(error.status_code, str(error.detail))

    @app.exception_handler(TooLargeError)
    def _of_size(_: Request, error: TooLargeError) -> JSONResponse:
        return answer(413, too_large(max_bytes))

    @app.exception_handler(Exception)
    def _of_bug(_: Request, error: Exception) -> JSONResponse:
        return answer(500, FAILED)


def _finite(content: Any) -> Any:
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    if isinstance(content, dict):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return content
