"""Cards: what they hold, and what is said of one that cannot be read."""

import pytest

from deepbio.datasets import cards as cards_module
from deepbio.datasets import dataset_card, list_datasets, read_card
from deepbio.errors import DataError

FACTS = """name: mine
title: Mine
modality: table
task: binary
reader: xor
source: here
licence: CC0 1.0
citation: nobody
split: {rule: drawn}
classes: {no: 1, yes: 1}
"""


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A shelf of our own; gives a function that puts a card on it."""
    monkeypatch.setattr(cards_module, "entries", lambda name: sorted(c.parent for c in tmp_path.glob("*/card.md")))

    def put(name, content):
        (tmp_path / name).mkdir()
        (tmp_path / name / "card.md").write_text(content, encoding="utf-8")
        return tmp_path / name

    return put


def test_a_card_is_its_facts_and_its_text(tmp_path):
    (tmp_path / "card.md").write_text("---\nname: mine\nclasses: {a: 1}\n---\nTwo lines\nof text.\n", encoding="utf-8")
    card = read_card(tmp_path)
    assert card.name == "mine"
    assert card["classes"] == {"a": 1}
    assert card.text == "Two lines\nof text."
    assert card.folder == tmp_path


def test_a_rule_inside_the_text_does_not_end_it(tmp_path):
    (tmp_path / "card.md").write_text("---\nname: mine\n---\nAbove\n---\nbelow\n", encoding="utf-8")
    assert read_card(tmp_path).text == "Above\n---\nbelow"


def test_windows_line_ends_are_read(tmp_path):
    (tmp_path / "card.md").write_bytes(b"---\r\nname: mine\r\n---\r\nText\r\n")
    assert read_card(tmp_path).name == "mine"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "front matter between two lines"),
        (b"name: mine\n", "front matter between two lines"),
        (b"text\n---\nname: mine\n---\n", "front matter between two lines"),
        (b"---\nname: [mine\n---\n", "not valid YAML"),
        (b"---\n- mine\n---\n", "must be a mapping"),
        (b"---\nname: !!python/object/apply:os.getcwd []\n---\n", "not valid YAML"),
        (b"---\nname: \xff\xfe\n---\n", "is not UTF-8 text"),
        (b"---\ntitle: without a name\n---\n", "lacks name"),
    ],
)
def test_a_card_that_cannot_be_read_is_named_with_the_reason(tmp_path, content, complaint):
    (tmp_path / "card.md").write_bytes(content)
    with pytest.raises(DataError, match=f"card.md.*{complaint}"):
        read_card(tmp_path)


def test_a_missing_card_is_named(tmp_path):
    with pytest.raises(DataError, match="Expected a card at .*nowhere.*No such file"):
        read_card(tmp_path / "nowhere" / "card.md")


def test_an_unknown_data_set_gets_the_nearest_name():
    with pytest.raises(DataError, match="Unknown data set 'uci_splise'. Did you mean uci_splice?"):
        dataset_card("uci_splise")


@pytest.mark.parametrize("name", ["../datasets/xor", "xor/", ""])
def test_a_path_is_no_name_of_a_data_set(name):
    with pytest.raises(DataError, match="Unknown data set"):
        dataset_card(name)


def test_a_card_without_a_licence_is_refused(shelf):
    shelf("mine", "---\n" + FACTS.replace("licence: CC0 1.0\n", "").replace("source: here\n", "") + "---\n")
    with pytest.raises(DataError, match="lacks source, licence"):
        dataset_card("mine")


def test_a_card_in_a_folder_of_another_name_is_refused(shelf):
    shelf("other", f"---\n{FACTS}---\n")
    with pytest.raises(DataError, match="is named 'mine', its folder 'other'"):
        dataset_card("other")


def test_a_folder_on_the_shelf_is_a_data_set(shelf):
    shelf("mine", f"---\n{FACTS}---\nText.\n")
    assert list_datasets() == ["mine"]


def test_cards_are_listed_by_modality():
    assert "digits" in list_datasets(modality="image")
    assert "digits" not in list_datasets(modality="dna")


def test_an_unknown_modality_gets_the_nearest_name():
    with pytest.raises(DataError, match="Did you mean image"):
        list_datasets(modality="images")


def test_wildcards_and_tasks_choose_data_sets():
    assert list_datasets("uci_*") == ["uci_splice"]
    assert list_datasets("no_such_*") == []
    assert "xor" in list_datasets(task="binary")
    assert "xor" not in list_datasets(task="multiclass")
    with pytest.raises(DataError, match="Did you mean binary"):
        list_datasets(task="binari")
