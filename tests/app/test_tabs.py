"""What each tab answers as JSON, and what it says about a wrong file."""

import io

import numpy as np
import pytest

from deepbio import predict
from deepbio.zoo import describe, get_model
from tests.app.conftest import NOTE, SEQUENCE

SPLICE = "dna_cnn.uci_splice"
LUNG = "image_cnn.pneumoniamnist"


def test_a_sequence_is_predicted_as_by_predict(ask, client):
    job = ask("dna", {"model": SPLICE, "sequence": SEQUENCE[:30] + "\n" + SEQUENCE[30:]})
    [found] = job["result"]["predictions"]
    expected = predict(get_model(SPLICE), [SEQUENCE])[0]
    values = {one["name"]: one["value"] for one in found["outputs"]}
    assert [values[name] for name in ("N", "EI", "IE")] == pytest.approx(expected.tolist(), abs=1e-6)
    assert found["label"] == "EI"
    page = client.get(f"jobs/{job['id']}").text
    assert "<strong>EI</strong>" in page
    assert "style=" not in page  # the policy of the page would drop it


def test_contributions_of_a_donor_point_at_its_gt(ask):
    result = ask("dna", {"model": SPLICE, "sequence": SEQUENCE, "explain": "both"})["result"]
    contributions, mutagenesis = result["explanations"]
    assert {30, 31} <= {one["position"] for one in contributions["strongest"][:3]}  # GT
    assert mutagenesis["strongest"][0]["position"] in (30, 31)
    assert mutagenesis["strongest"][0]["value"] < 0
    position, change = mutagenesis["strongest"][0]["position"], mutagenesis["strongest"][0]["change"]
    changed = SEQUENCE[:position] + change[-1] + SEQUENCE[position + 1 :]
    logits = predict(get_model(SPLICE), [SEQUENCE, changed], logits=True)[:, 1]
    assert mutagenesis["strongest"][0]["value"] == pytest.approx(logits[1] - logits[0], abs=1e-4)
    for one in (contributions, mutagenesis):
        assert one["target"] == "EI"
        assert one["picture"].startswith("data:image/png;base64,iVBOR")
        assert "EI" in one["alt"]


def test_a_fasta_is_read_and_other_lengths_are_refused_or_fitted(ask):
    fasta = f">one\n{SEQUENCE}\n>two\n{SEQUENCE}ACGT\n".encode()
    refused = ask("dna", {"model": SPLICE}, {"file": ("my.fa", fasta)})
    assert refused["state"] == "failed"
    assert refused["message"].startswith("dna_cnn.uci_splice takes 60 bases; 'two' has 64.")
    fitted = ask("dna", {"model": SPLICE, "fit": "true"}, {"file": ("my.fa", fasta)})["result"]
    assert [one["id"] for one in fitted["predictions"]] == ["one", "two"]
    assert fitted["resized"] == 1


@pytest.mark.parametrize(
    ("sequence", "message"),
    [("", "Expected a sequence"), (">a\nACGT!\n", "pasted.fa, line 2"), ("HELLO WORLD", "pasted.fa, line 2")],
)
def test_a_wrong_sequence_is_a_friendly_message(ask, sequence, message):
    job = ask("dna", {"model": SPLICE, "sequence": sequence})
    assert (job["state"], message in job["message"]) == ("failed", True)
    assert "/" not in job["message"].split(",")[0]  # no temporary folder


def test_another_dna_model_scores_a_variant_both_ways(ask):
    genome = np.random.Generator(np.random.Philox(2)).choice(list("ACGT"), 400)
    base = genome[199]
    other = "ACGT"[("ACGT".index(base) + 1) % 4]
    fasta = (">chr7\n" + "".join(genome)).encode()
    files = {"fasta": ("g.fa", fasta)}
    result = ask("variant", {"variant": f"7:200 {base}>{other}", "model": SPLICE}, files)["result"]
    assert result["variant"] == f"7-200-{base}-{other}"
    assert [one["output"] for one in result["outputs"]] == ["N", "EI", "IE"]
    assert sum(one["difference"] for one in result["outputs"]) == pytest.approx(0, abs=1e-4)
    wrong = ask("variant", {"variant": f"7-200-{other}-{base}", "model": SPLICE}, files)
    assert "was not scored: REF" in wrong["message"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"variant": "rs123"}, "chr-pos-ref-alt"),
        ({"variant": "7-200-A-C", "model": SPLICE}, "choose a FASTA"),
        ({"variant": "7-200-A-C", "model": LUNG}, "takes image, not dna"),
        ({"variant": "7-200-A-C", "model": "dna_cnn.uci_splize"}, "Did you mean dna_cnn.uci_splice"),
    ],
)
def test_a_wrong_variant_is_a_friendly_message(ask, data, message):
    job = ask("variant", data)
    assert message in (job.get("error") or job["message"])


def test_a_picture_has_probabilities_a_heat_map_and_a_warning(ask, png):
    result = ask("image", {"model": LUNG}, {"file": ("scan.png", png)})["result"]
    outputs = {one["name"]: one for one in result["prediction"]["outputs"]}
    assert sum(one["value"] for one in outputs.values()) == pytest.approx(1)
    assert outputs["pneumonia"]["threshold"] == 0.5
    assert outputs["normal"]["threshold"] is None
    assert result["out_of_distribution"] == {"rank": 1.0, "warning": True}  # noise is no radiograph
    assert result["heat_map"].startswith("data:image/png")
    assert result["shape"] == [28, 28, 1]


def test_an_attack_stays_within_its_radius(ask, png):
    result = ask("attack", {"model": LUNG, "epsilon": "16", "attack": "pgd"}, {"file": ("scan.png", png)})["result"]
    assert result["largest_change"] <= 16
    assert result["flipped"] is (result["from"] != result["to"])
    nothing = ask("attack", {"model": LUNG, "epsilon": "0"}, {"file": ("scan.png", png)})["result"]
    assert (nothing["flipped"], nothing["largest_change"]) == (False, 0)


def test_a_dicom_file_is_read(ask):
    pydicom = pytest.importorskip("pydicom")
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

    pixels = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
    data = pydicom.Dataset()
    data.SOPClassUID, data.SOPInstanceUID = CTImageStorage, generate_uid(entropy_srcs=["deepbio"])
    data.Rows, data.Columns, data.SamplesPerPixel, data.PhotometricInterpretation = 64, 64, 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 0
    data.PixelData = pixels.tobytes()
    data.file_meta = pydicom.dataset.FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, data, enforce_file_format=True)
    files = {"file": ("scan.dcm", buffer.getvalue())}
    assert "does not say which grey values to show" in ask("image", {"model": LUNG}, files)["message"]
    job = ask("image", {"model": LUNG, "window": "2048, 4096"}, files)
    assert job["state"] == "done", job["message"]
    assert "A window is center, width" in ask("image", {"model": LUNG, "window": "soft tissue"}, files)["message"]


@pytest.mark.parametrize("content", [b"nonsense", b"\x89PNG\r\n\x1a\nbroken", b"<html></html>"])
def test_a_file_that_is_no_picture_is_a_friendly_message(ask, content):
    job = ask("image", {"model": LUNG}, {"file": ("../../scan.png", content)})
    assert job["state"] == "failed"
    assert job["message"].startswith("scan.png: expected")
    assert ask("image", {"model": LUNG}, {"file": ("empty.png", b"")})["error"].startswith("empty.png is empty")


def test_a_note_is_ranked_marked_and_asked_about(ask, client):
    job = ask("note", {"note": NOTE, "top": "3"})
    result = job["result"]
    assert result["candidates"][0]["name"] == "Kawasaki disease"
    marks = {part["name"].split(" (")[0]: part["context"] for part in result["marked"] if part["name"]}
    assert marks["Fever"] == "affirmed"
    assert marks["Cough"] == "negated"
    assert result["questions"]
    assert "Kawasaki disease" in client.get(f"jobs/{job['id']}").text


def test_markup_in_a_note_stays_text(ask, client):
    job = ask("note", {"note": f"<img src=x onerror=alert(1)> {NOTE}"})
    page = client.get(f"jobs/{job['id']}").text
    assert "<img" not in page


def test_note_text_is_never_logged(ask, caplog, capfd):
    with caplog.at_level("DEBUG"):
        ask("note", {"note": f"Zanzibarian {NOTE}"})
        ask("note", {"note": " "})
    printed = "".join(capfd.readouterr())
    assert "zanzibarian" not in (caplog.text + printed).lower()


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")  # shap imports a matplotlib name
def test_rows_of_a_table_have_predictions_and_reasons_that_add_up(ask, runs):
    content = (runs / "rows.csv").read_bytes()
    result = ask("table", {"model": "iris", "reasons": "2"}, {"file": ("rows.csv", content)})["result"]
    model = get_model(runs / "iris")
    expected = predict(model, runs / "rows.csv")
    assert result["rows"] == len(expected)
    first = {one["name"]: one["value"] for one in result["predictions"][0]["outputs"]}
    assert sorted(first.values()) == pytest.approx(sorted(expected[0].tolist()), abs=1e-6)
    assert len(result["reasons"]) == 2
    logits = predict(model, runs / "rows.csv", logits=True)
    task = describe(model).task
    assert task is not None
    column = task.labels.index(result["reasons"][0]["target"])
    effects = sum(one["effect"] for one in result["reasons"][0]["columns"])
    assert effects == pytest.approx(float(logits[0, column] - logits[:, column].mean()), abs=1e-4)


def test_a_table_without_a_column_is_a_friendly_message(ask):
    job = ask("table", {"model": "iris"}, {"file": ("rows.csv", b"a,b\n1,2\n")})
    assert job["state"] == "failed"
    assert job["message"].startswith("rows.csv")


def test_golden_outputs_are_checked_live(ask):
    result = ask("check", {"model": SPLICE})["result"]
    assert result["largest_difference"] < 1e-4
    assert result["parameters"] == 177_539


def test_models_and_runs_are_listed_with_the_users_own_first(client):
    models = client.get("api/models").json()
    assert (models[0]["name"], models[0]["own"]) == ("iris", True)
    assert SPLICE in [one["name"] for one in models]
    page = client.get(f"api/models/{SPLICE}").json()
    assert "deepbio predict dna_cnn.uci_splice" in page["command_line"]
    runs = {one["name"]: one for one in client.get("api/runs").json()}
    assert len(runs["iris"]["history"]["loss"]) == 2
    assert runs[SPLICE]["metrics"]["test"]["accuracy"]["value"] == pytest.approx(0.9624, abs=1e-4)


def test_runs_are_compared_with_figures_that_need_no_inline_style(client):
    found = client.post("api/runs/compare", json={"run": ["iris", SPLICE]}).json()
    assert [row["run"] for row in found["rows"]] == ["iris", SPLICE]
    assert "style=" not in "".join(one["svg"] for one in found["figures"])
    assert client.post("api/runs/compare", json={"run": []}).status_code == 400
    page = client.get("runs", params={"run": [SPLICE]}).text
    assert "Training of dna_cnn.uci_splice by epoch." in page
