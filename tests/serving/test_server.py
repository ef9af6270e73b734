"""A server as its users start it: answers of `predict`, refusals, several presets. Needs the extra `serve`."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest

from deepbio.inference import predict
from deepbio.zoo import get_model

pytest.importorskip("bentoml", reason="needs the extra serve")
pytestmark = pytest.mark.slow
DNA = "ACGT" * 15


@pytest.fixture(scope="module")
def address():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "deepbio", "serve", "dna_cnn.uci_splice", "note_evidence.vignettes_findings"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
    server = subprocess.Popen([*command, "--port", str(port)], **quiet)  # type: ignore[call-overload]
    try:
        for _ in range(240):
            time.sleep(0.5)
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2):
                break
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def ask(url, body, kind="application/json"):
    request = urllib.request.Request(
        url, body if isinstance(body, bytes) else json.dumps(body).encode(), {"Content-Type": kind}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_answers_equal_predict(address):
    sequences = [DNA, DNA[::-1], "A" * 60]
    status, found = ask(f"{address}/dna_cnn.uci_splice", {"inputs": sequences})
    assert status == 200
    p = [list(one["probabilities"].values()) for one in found]
    np.testing.assert_allclose(p, predict(get_model("dna_cnn.uci_splice"), sequences), atol=1e-5)


def test_the_client_of_the_docs_is_answered(address):
    page = (Path(__file__).resolve().parents[2] / "docs/export.md").read_text(encoding="utf-8")
    [client] = [block for block in re.findall(r"^```python\n(.*?)^```", page, re.S | re.M) if "ask_server" in block]
    assert len(client.splitlines()) <= 10
    names: dict = {}
    exec(client, names)
    [one] = names["ask_server"]([DNA], f"{address}/dna_cnn.uci_splice")
    assert set(one["probabilities"]) == {"N", "EI", "IE"}


def test_two_presets_are_served(address):
    note = "six-year-old, fever for three days, red eyes, rash, strawberry tongue"
    status, [one] = ask(f"{address}/note_evidence.vignettes_findings", {"inputs": [note]})
    assert (status, one["label"]) == (200, "Kawasaki disease")


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ({"inputs": [DNA[:-1]]}, "application/json", 400),
        (b"\x80\x04K\x07.", "application/vnd.bentoml+pickle", 415),
        (b"x" * 21 * 2**20, "application/json", 413),
        ({"inputs": []}, "application/json", 400),
    ],
    ids=["short", "pickle", "large", "empty"],
)
def test_what_no_model_takes_is_refused(address, body, kind, status):
    found, answer = ask(f"{address}/dna_cnn.uci_splice", body, kind)
    assert found == status
    assert "Expected" in answer["error"]


def test_the_endpoints_are_described(address):
    with urllib.request.urlopen(f"{address}/docs.json", timeout=10) as answer:
        paths = json.load(answer)["paths"]
    assert {"/dna_cnn.uci_splice", "/note_evidence.vignettes_findings", "/metrics", "/readyz"} <= set(paths)
