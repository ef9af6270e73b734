"""`serve`: the app on a port of this machine, until it is stopped."""

from __future__ import annotations

import os
import secrets
import socket
import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path

from deepbio.errors import DeepbioError
from deepbio.files import FilePath
from deepbio.optional import require

ADDRESS = "127.0.0.1"


def serve(
    presets: Sequence[str] = (),
    *,
    genome: FilePath | None = None,
    annotation: str | None = None,
    port: int = 0,
    browser: bool = True,
    announce: Callable[[str], object] = lambda address: None,
    warm_up: Callable[[], object] | None = None,
) -> None:
    """Open the app at 127.0.0.1 and answer until it is stopped.

    The address has a random token, without which every request is refused. Nothing is downloaded, and nothing is stored on disk.

    Args:
        presets: Presets, and folders of presets, that are shown beside those of the catalog.
        genome: Path of a FASTA, for variants.
        annotation: `"grch37"`, `"grch38"` or the path of a gene table, for variants.
        port: Port; 0 takes a free one.
        browser: Whether to open the page in the user's browser.
        announce: Function that is called with the address once the app answers.
        warm_up: Function that runs beside the first page, such as the loading of TensorFlow.

    Raises:
        DeepbioError: A preset or file does not exist, or the port is taken.
        OptionalDependencyError: fastapi, uvicorn or python-multipart is not installed (extra `app`).
    """
    for module in ("fastapi", "python_multipart"):
        require(module, extra="app", purpose="The app")
    uvicorn = require("uvicorn", extra="app", purpose="The app")
    from deepbio.app.collection import Collection
    from deepbio.app.variant import Reference
    from deepbio.app.web import create_app

    if genome is not None and not Path(genome).is_file():
        raise DeepbioError(f"Expected a FASTA at {os.fspath(genome)}; there is none.")
    os.environ["DEEPBIO_OFFLINE"] = "1"
    collection, token = Collection(presets), secrets.token_urlsafe(24)
    reference = Reference(None if genome is None else Path(genome), annotation)
    with _bound(port) as listening:
        address = f"http://{ADDRESS}:{listening.getsockname()[1]}/{token}/"

        class Server(uvicorn.Server):
            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets=sockets)
                announce(address)
                if browser:
                    webbrowser.open(address)

        app = create_app(collection, token=token, reference=reference, warm_up=warm_up)
        # no access log: it would have the token
        config = uvicorn.Config(
            app, access_log=False, log_level="warning", server_header=False, timeout_graceful_shutdown=2
        )
        Server(config).run(sockets=[listening])


def _bound(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.bind((ADDRESS, port))
    except (OSError, OverflowError) as error:
        listening.close()
        raise DeepbioError(
            f"Port {port} cannot be used ({error}). Choose another with --port, or 0 for a free one."
        ) from error
    return listening
