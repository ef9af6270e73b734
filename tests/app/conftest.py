"""The app as its users reach it: a client with the token, and small files of every kind."""

import io
import time

import numpy as np
import pytest

TOKEN = "a-token-of-this-test"
SEQUENCE = "ATCAGCTGCATCACCGGCTGGCAGCAACAGGTAAGTGGGGTCTGGGCACTGGGCTGGGCC"  # an exon ends before GTAAGT
NOTE = (
    "Four-year-old boy with high fever for six days, red eyes, a strawberry tongue, swollen hands and a rash. No cough."
)


@pytest.fixture(scope="session")
def runs(tmp_path_factory):
    """Folder with a run of a table, trained for an epoch, and its test rows as CSV."""
    from deepbio import fit, get_model, load_dataset

    folder, data = tmp_path_factory.mktemp("runs"), load_dataset("iris")
    fit(get_model("mlp", dataset=data, seed=0), data, out=folder / "iris", epochs=2, verbose=False)
    x = np.asarray(data.test.x)
    rows = "\n".join(",".join(f"{value:g}" for value in row) for row in x)
    (folder / "rows.csv").write_text(",".join(data.input.features) + "\n" + rows + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def app(runs):
    """The application with the catalog and the run."""
    pytest.importorskip("fastapi", reason="needs the extra app")
    from deepbio.app.collection import Collection
    from deepbio.app.web import create_app

    return create_app(Collection([str(runs)]), token=TOKEN, max_bytes=1 << 20)


@pytest.fixture(scope="session")
def client(app):
    """A client at the right address; paths are below the token."""
    pytest.importorskip("httpx2", reason="needs the extra test")
    from starlette.testclient import TestClient

    with TestClient(app, base_url=f"http://127.0.0.1/{TOKEN}/") as found:
        yield found


@pytest.fixture(scope="session")
def ask(client):
    """Function that posts a form and returns the job once it has ended."""

    def post(path, data, files=None):
        answer = client.post(f"api/{path}", data=data, files=files)
        job = answer.json()
        until = time.monotonic() + 120
        while job.get("state") in ("waiting", "running") and time.monotonic() < until:
            job = client.get(f"api/jobs/{job['id']}?wait=5").json()
        return job | {"status": answer.status_code}

    return post


@pytest.fixture(scope="session")
def png():
    """A grey picture of 40 by 30 pixels."""
    from PIL import Image

    buffer = io.BytesIO()
    pixels = np.random.Generator(np.random.Philox(1)).integers(0, 255, (40, 30)).astype(np.uint8)
    Image.fromarray(pixels).save(buffer, format="PNG")
    return buffer.getvalue()
