"""`deepbio serve`: presets over HTTP, by BentoML."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from deepbio.cli.console import note
from deepbio.cli.trained import trained
from deepbio.errors import DeepbioError
from deepbio.optional import require


def serve(
    presets: Annotated[list[str], typer.Argument(help="Folders of runs, or names of pretrained models.")],
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 for all networks of this machine.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 3000,
    workers: Annotated[int, typer.Option(min=1, help="Number of processes, each with all models.")] = 1,
    batching: Annotated[bool, typer.Option(help="Batches of several clients' requests.")] = True,
    max_batch_size: Annotated[int, typer.Option(min=2, help="Maximum number of examples in a batch.")] = 64,
    max_latency_ms: Annotated[
        int, typer.Option(min=1, help="Milliseconds in which a request should be answered.")
    ] = 1000,
) -> None:
    """Serve models over HTTP: POST /NAME with {"inputs": [...]}. The page at / describes every endpoint (OpenAPI).

    BentoML forms batches, restarts workers that die, and reports metrics at /metrics. There is no access control: keep the address,
    or put a proxy with TLS and passwords in front. Research and teaching only.
    """
    from deepbio.serving.settings import VARIABLE, ServerSettings
    from deepbio.zoo.get_model import preset_folder
    from deepbio.zoo.preset import read_preset

    require("bentoml", extra="serve", purpose="Serving")
    folders: dict[str, str] = {}
    for preset in presets:
        folder = preset_folder(trained(preset))
        name = Path(preset).name
        if name in folders:
            raise DeepbioError(f"Two presets are called {name}. Rename one of the folders.")
        folders[name] = str(Path(str(folder)).resolve())
    modalities = {name: read_preset(folder)["input"]["modality"] for name, folder in folders.items()}
    tables = {name: modality == "table" for name, modality in modalities.items()}
    settings = ServerSettings(folders, tables, batching, max_batch_size, max_latency_ms, workers)
    note("\n".join(f"POST http://{host}:{port}/{name}  ({modality})" for name, modality in modalities.items()))
    os.environ |= {VARIABLE: json.dumps(settings.to_dict()), "BENTOML_DO_NOT_TRACK": "True"}
    command = [
        sys.executable,
        "-m",
        "bentoml",
        "serve",
        "deepbio.serving.service:service",
        "--host",
        host,
        "--port",
        str(port),
    ]
    os.execv(sys.executable, command)
