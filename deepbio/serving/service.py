"""BentoML's service of the presets that `deepbio serve` names in the environment."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable
from typing import Any

from deepbio.errors import DataError, DeepbioError
from deepbio.inference import predict
from deepbio.optional import require
from deepbio.serving.answers import answers
from deepbio.serving.requests import MAX_BYTES, check_examples, examples_of, readable
from deepbio.serving.settings import VARIABLE, ServerSettings
from deepbio.zoo import describe, get_model
from deepbio.zoo.golden_outputs import check_golden_outputs, golden_inputs
from deepbio.zoo.record import ModelRecord


def __getattr__(name: str) -> Any:  # BentoML asks for `service`; nothing is built on import
    if name != "service":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _service()


@functools.cache
def _service() -> Any:
    settings = ServerSettings.from_dict(json.loads(os.environ[VARIABLE]))
    return build_service(settings)


def build_service(settings: ServerSettings) -> Any:
    """Return a `bentoml.Service` with one endpoint per preset, `POST /NAME`.

    Each worker process loads the presets when it starts, and stops if one does not reproduce its golden outputs.

    Raises:
        OptionalDependencyError: BentoML is not installed.
    """
    bentoml = require("bentoml", extra="serve", purpose="Serving")
    records: dict[str, ModelRecord] = {}

    def load(self: Any) -> None:
        self.models = {}
        for name, folder in settings.presets.items():
            model = self.models[name] = get_model(folder)
            check_golden_outputs(model, folder)
            record = records[name] = describe(model)
            if record.input is None or record.task is None:
                raise DataError(f"{name} does not know its input or task, so that requests cannot be checked.")
            predict(model, golden_inputs(record.input, 2))  # compiled before the first request waits for it

    def method(name: str) -> str:
        return f"predict_{list(settings.presets).index(name)}_" + "".join(c if c.isalnum() else "_" for c in name)

    def endpoint(name: str) -> Callable[..., Any]:
        def answer(self: Any, inputs: Any) -> Any:
            with readable(records[name], inputs) as data:
                return answers(records[name], predict(self.models[name], data))

        answer.__name__ = method(name)  # BentoML looks for the method by it
        answer.__doc__ = f"Return predictions of {name}. Research and teaching only; not for the care of patients."
        example = dict[str, Any] if settings.tables[name] else str
        answer.__annotations__ = {"inputs": list[example], "return": list[dict[str, Any]]}
        options = {"max_batch_size": settings.max_batch_size, "max_latency_ms": settings.max_latency_ms}
        return bentoml.api(
            answer, route=f"/{name}", batchable=settings.batching, **(options if settings.batching else {})
        )

    methods = {method(name): endpoint(name) for name in settings.presets}
    presets = type(
        "Presets", (), {"__init__": load, "__doc__": "Presets of deepbio.", "__module__": __name__, **methods}
    )
    traffic = {"timeout": settings.timeout_s}
    service = bentoml.service(name="deepbio", workers=settings.workers, traffic=traffic)(presets)
    service.add_asgi_middleware(_Door, records=records, settings=settings)
    return service


class _Door:
    """Refuse what no model takes, before it is put into a batch with the requests of others."""

    def __init__(self, app: Any, records: dict[str, ModelRecord], settings: ServerSettings) -> None:
        self._app, self._records, self._settings = app, records, settings

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        name = scope.get("path", "").strip("/")
        if scope["type"] != "http" or name not in self._settings.presets or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        headers = {key.lower(): value for key, value in scope["headers"]}
        if headers.get(b"content-type", b"").split(b";")[0].strip() != b"application/json":
            await _refuse(send, 415, "Expected Content-Type: application/json.")
            return
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body, more = body + message.get("body", b""), message.get("more_body", False)
            if len(body) > MAX_BYTES:
                await _refuse(send, 413, f"Expected a body of at most {MAX_BYTES:,} bytes. Send fewer examples.")
                return
        record = self._records[name]
        try:
            assert record.input is not None
            inputs = examples_of(body, record.input.modality, max_examples=self._settings.max_batch_size)
            check_examples(record, inputs)
        except DeepbioError as error:
            await _refuse(send, 400, str(error))
            return
        whole = [{"type": "http.request", "body": body, "more_body": False}]

        async def again() -> Any:
            return whole.pop() if whole else await receive()

        await self._app(scope, again, send)


async def _refuse(send: Any, status: int, problem: str) -> None:
    body = json.dumps({"error": problem}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
