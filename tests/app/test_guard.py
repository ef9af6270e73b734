"""Who is answered: the holder of the token, at 127.0.0.1, with a body of a limited size."""

import pytest

from tests.app.conftest import TOKEN


@pytest.mark.parametrize(
    "path", ["/", "/dna", "/api/models", "/static/app.js", "/openapi.json", "/wrong/dna", f"/{TOKEN}x/dna"]
)
def test_without_the_token_every_path_is_403(client, path):
    answer = client.get(f"http://127.0.0.1{path}")
    assert answer.status_code == 403
    assert "the address that deepbio app printed" in answer.json()["error"]


def test_with_the_token_the_page_is_there(client):
    for path in ("", "dna", "images", "notes", "tables", "models", "runs", "api"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert "For research and teaching only, not for care." in answer.text


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.168.0.7", "127.0.0.1:80@evil.example"])
def test_another_host_header_is_refused(client, host):
    answer = client.get("dna", headers={"host": host})
    assert answer.status_code == 400
    assert "<form" not in answer.text


def test_a_request_that_another_site_starts_is_refused(client):
    assert client.get("dna", headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert client.get("dna", headers={"sec-fetch-site": "same-origin"}).status_code == 200


def test_headers_keep_the_page_to_this_machine(client):
    for path in ("dna", "static/app.js", "api/models", "no-such-page"):
        headers = client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'self'; img-src 'self' data:")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in headers


def test_a_report_of_a_run_cannot_reach_the_app(client):
    policy = client.get("runs/report/dna_cnn.uci_splice").headers["content-security-policy"]
    assert policy.startswith("sandbox allow-scripts; default-src 'none'")
    assert "allow-same-origin" not in policy


def test_pages_name_no_address_outside(client):
    for path in ("", "dna", "images", "notes", "tables", "models", "runs", "static/app.js", "static/app.css"):
        text = client.get(path).text
        assert "http://" not in text.replace("http://www.w3.org", ""), path
        assert "https://" not in text, path


@pytest.mark.parametrize("chunked", [False, True])
def test_an_upload_that_is_too_large_is_refused(client, chunked):
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
        + b"0" * (2 << 20)
        + b"\r\n--x--\r\n"
    )
    content = (body[k : k + 65536] for k in range(0, len(body), 65536)) if chunked else body
    answer = client.post("api/image", content=content, headers={"content-type": "multipart/form-data; boundary=x"})
    assert answer.status_code == 413
    assert "Expected at most 1 MiB" in answer.json()["error"]


def test_openapi_describes_every_task(client):
    paths = client.get("openapi.json").json()["paths"]
    assert {"/api/dna", "/api/variant", "/api/image", "/api/attack", "/api/note", "/api/table", "/api/check"} <= set(
        paths
    )
    assert set(paths["/api/jobs/{id}"]) == {"get", "delete"}


def test_a_form_that_does_not_fit_is_not_sent_back(client):
    answer = client.post("api/note", data={"note": "secret words", "top": "many"})
    assert answer.status_code == 422
    assert "top" in answer.json()["error"]
    assert "secret" not in answer.text
