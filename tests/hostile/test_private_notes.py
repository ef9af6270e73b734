"""Names and record numbers planted in 240 notes of 60 patients are in nothing that a run writes, logs or sends."""

import logging
import random
import shutil
from pathlib import Path

import pytest

from deepbio.datasets import Dataset
from deepbio.errors import DeepbioError
from deepbio.training import fit
from deepbio.zoo import get_model
from deepbio.zoo.push import push_preset
from deepbio.zoo.shared_files import data_in_preset

_SIGNS = {
    "flu": ["fever", "cough", "chills", "myalgia", "headache"],
    "stone": ["colic", "hematuria", "nausea", "vomiting", "flank pain"],
}


def notes(path: Path) -> set[str]:
    """Write 60 patients x 4 notes with planted names and numbers, and return the planted words in lower case."""
    random_ = random.Random(0)
    letters = "bcdfghjklmnprstvwz"
    planted, rows = set(), ["patient,note,dx"]
    for patient in range(60):
        name = "".join(random_.choice(letters) + random_.choice("aeiou") for _ in range(4)).capitalize()
        number = str(random_.randint(10**6, 10**7))
        planted |= {name.lower(), number, f"x{number}"}
        dx = ("flu", "stone")[patient % 2]
        for _ in range(4):
            signs = random_.sample(_SIGNS[dx], 3)
            rows.append(
                f'{number},"Mr {name}, MRN X{number} ({number}), has {", ".join(signs)}. {name} was seen.",{dx}'
            )
    path.write_text("\n".join(rows) + "\n")
    return planted


class Hub:
    """Stands for huggingface_hub and keeps what is sent."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.private = folder, None

    def HfApi(self):  # noqa: N802
        return self

    def create_repo(self, repository, *, private, exist_ok):
        self.private = private

    def upload_folder(self, *, repo_id, folder_path, revision, commit_message):
        shutil.copytree(folder_path, self.folder)
        return commit_message


def leaks(folder: Path, planted: set[str]) -> list[str]:
    found = []
    for file in folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes().lower()
            found += [f"{file.name}: {word}" for word in planted if word.encode() in content]
    return found


@pytest.mark.parametrize("kind", ["word", "bpe"])
def test_no_planted_word_is_in_the_preset_the_logs_or_what_is_pushed(kind, tmp_path, caplog, capfd, monkeypatch):
    caplog.set_level(logging.DEBUG, logger="deepbio")
    private = tmp_path / "ward of Dr Zaphod.csv"
    planted = notes(private)
    data = Dataset.from_csv(private, text="note", label="dx", group="patient", tokenizer={"kind": kind}, name="ward")
    model = get_model("bag_of_words", dataset=data, seed=0)
    run = fit(model, data, out=tmp_path / "run", epochs=20, verbose=False)
    assert run.valid["macro_f1" if "macro_f1" in run.valid.metrics else "auroc"].value > 0.9
    assert leaks(tmp_path / "run", planted) == []
    words = data_in_preset(tmp_path / "run")
    assert "fever" in " ".join(words["vocabulary"])
    assert words["paths"] == [str(private)]
    assert words.get("with digits", []) == []

    card = tmp_path / "run" / "card.md"
    card.write_text(card.read_text().replace("unstated; set it before you share the weights", "Apache-2.0"))
    shutil.copy(private, tmp_path / "run" / "notes.csv")
    (tmp_path / "run" / "linked.json").symlink_to(private)
    hub = Hub(tmp_path / "hub")
    monkeypatch.setattr("deepbio.zoo.push.require", lambda *_, **__: hub)
    push_preset(tmp_path / "run", "hf://someone/ward")
    assert hub.private is True
    sent = {file.name for file in hub.folder.iterdir()}
    assert not sent & {"notes.csv", "linked.json", "report.html"}
    assert leaks(hub.folder, {*planted, "zaphod", str(tmp_path).lower()}) == []

    printed = capfd.readouterr()
    assert not [word for word in planted if word in (caplog.text + printed.out + printed.err).lower()]
    (tmp_path / "run" / "metrics.json").unlink()
    (tmp_path / "run" / "metrics.json").symlink_to(private)
    with pytest.raises(DeepbioError, match="symlink"):
        push_preset(tmp_path / "run", "hf://someone/ward")


def test_a_text_column_taken_for_a_number_or_a_label_is_not_printed(tmp_path):
    planted = notes(tmp_path / "a.csv")
    for options in ({"label": "dx"}, {"label": "dx", "features": ["note"]}, {"targets": ["note"]}, {"label": "note"}):
        try:
            Dataset.from_csv(tmp_path / "a.csv", **options)
        except DeepbioError as error:
            text = str(error).lower()
            assert not [word for word in planted if word in text], options
