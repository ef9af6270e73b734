"""Jobs: progress, cancelling, failing without a traceback, and two users at once."""

import logging
import threading

import pytest

from deepbio.errors import DataError, DeepbioError
from tests.app.conftest import NOTE, SEQUENCE


@pytest.fixture
def jobs():
    from deepbio.app.jobs import Jobs

    made = Jobs(clean=lambda message: message.replace("/tmp/place/", ""))
    yield made
    made.close()


def test_a_job_reports_progress_and_ends_with_its_result(jobs):
    go = threading.Event()

    def work(job):
        job.progress(2, 5, "Half way")
        go.wait(10)
        return {"answer": 42}

    job = jobs.start("test", work)
    while job.message != "Half way":
        job.wait(0.01)
    assert (job.state, job.done, job.total) == ("running", 2, 5)
    go.set()
    job.wait(10)
    assert job.to_dict() == {
        "id": job.id, "kind": "test", "state": "done", "message": "Done", "done": 2, "total": 5, "result": {"answer": 42},
    }  # fmt: skip


def test_a_cancelled_job_stops_at_its_next_step(jobs):
    steps, go = [], threading.Event()

    def work(job):
        for k in range(100):
            job.progress(k, 100)
            steps.append(k)
            go.wait(10)
        return {}

    job = jobs.start("test", work)
    while not steps:
        job.wait(0.01)
    jobs.cancel(job)
    assert job.state == "cancelled"
    go.set()
    jobs._threads.shutdown(wait=True)
    assert (steps, job.state, job.result) == ([0], "cancelled", None)


def test_an_error_of_deepbio_is_its_message_without_the_temporary_folder(jobs):
    def work(job):
        raise DataError("/tmp/place/a.csv, line 3: expected a number")

    job = jobs.start("test", work)
    job.wait(10)
    assert (job.state, job.message) == ("failed", "a.csv, line 3: expected a number")


def test_a_bug_is_logged_by_its_place_and_without_what_the_user_wrote(jobs, caplog):
    def work(job):
        raise ValueError("the patient has a fever")

    with caplog.at_level(logging.ERROR, logger="deepbio"):
        job = jobs.start("test", work)
        job.wait(10)
    assert job.state == "failed"
    assert "fever" not in job.message + caplog.text
    assert "Traceback" not in job.message
    assert "ValueError at" in caplog.text
    assert "test_jobs.py" in caplog.text


def test_too_many_jobs_are_refused_and_ended_ones_make_room(jobs):
    go = threading.Event()
    for _ in range(64):
        jobs.start("test", lambda job: go.wait(10) and {})
    with pytest.raises(DeepbioError, match="too much to do"):
        jobs.start("test", lambda job: {})
    go.set()
    jobs._threads.shutdown(wait=True)
    with pytest.raises(RuntimeError):  # the threads are gone, but there was room
        jobs.start("test", lambda job: {})


def test_two_users_at_once_get_their_own_results(ask):
    found, errors = {}, []

    def user(name):
        try:
            for k in range(4):
                sequence = SEQUENCE[k:] + "ACGT" * 2
                data = {"model": "dna_cnn.uci_splice", "sequence": f">{name}{k}\n{sequence[:60]}"}
                note = f"{NOTE} Patient {name}."
                found[name, k] = ask("dna", data)["result"]["predictions"][0]["id"]
                text = "".join(part["text"] for part in ask("note", {"note": note})["result"]["marked"])
                assert name.lower() in text.lower()
        except Exception as error:  # a thread's error is the test's
            errors.append(error)

    threads = [threading.Thread(target=user, args=(name,)) for name in ("Ada", "Bea", "Cleo")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert found == {(name, k): f"{name}{k}" for name in ("Ada", "Bea", "Cleo") for k in range(4)}


def test_a_job_is_cancelled_over_the_api_and_forgets_its_result(client, app):
    go = threading.Event()

    def work(job):
        while not go.wait(0.01):
            job.step("Working")
        return {}

    job = app.state.jobs.start("test", work)
    assert client.get(f"api/jobs/{job.id}").json()["state"] in ("waiting", "running")
    assert client.delete(f"api/jobs/{job.id}").json()["state"] == "cancelled"
    assert client.get(f"api/jobs/{job.id}").json()["state"] == "cancelled"
    assert client.get(f"jobs/{job.id}").status_code == 404
    go.set()


def test_an_unknown_job_is_404_with_what_to_do(client):
    answer = client.get("api/jobs/nobody")
    assert answer.status_code == 404
    assert "Start it again" in answer.json()["error"]
