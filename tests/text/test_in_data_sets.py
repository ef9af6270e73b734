"""Tokenizers in data sets and presets: from the training split only, kept whole, used again for tuning."""

from deepbio.datasets import rebuild
from deepbio.datasets.build import from_arrays, from_csv
from deepbio.text import Tokenizer
from deepbio.training import fit
from deepbio.training.finetuning.finetune import finetune
from deepbio.zoo import describe, get_model, save_preset

SIGNS = ("rash", "nausea", "thirst", "cramps", "tremor", "pallor")
DAYS, PLACES = ("Monday", "Tuesday", "Thursday", "Friday", "Sunday"), ("ward", "clinic", "home", "school")
TEXTS = [
    f"{'No fever' if i % 2 else 'Fever'} on day {i}, w/o cough. Some {SIGNS[i // 20]} since {DAYS[i // 4 % 5]} at {PLACES[i % 4]}."
    for i in range(120)
]  # no two are the same tokens
LABELS = ["well" if i % 2 else "ill" for i in range(120)]
HOW = {"clinical": True, "negation": True, "truncate": "both", "kind": "word_letters"}


def _data(**options):
    return from_arrays(TEXTS, LABELS, modality="text", positive="ill", **options)


def test_the_options_of_the_tokenizer_reach_it_and_are_noted(tmp_path):
    data = _data(tokenizer=HOW, length=9)
    tokenizer = Tokenizer.from_json(data.input.tokenizer)
    assert (tokenizer.truncate, tokenizer.preparation.negation, tokenizer.preparation.clinical) == ("both", True, True)
    path = tmp_path / "notes.csv"
    path.write_text(
        "note,label\n" + "".join(f'"{t}",{y}\n' for t, y in zip(TEXTS, LABELS, strict=True)), encoding="utf-8"
    )
    table = from_csv(path, text="note", label="label", tokenizer=HOW)
    assert table.options["tokenizer"] == HOW
    assert rebuild(table.name, table.options).fingerprint() == table.fingerprint()


def test_a_preset_keeps_its_tokenizer_to_the_letter_and_can_be_tuned(tmp_path):
    data = _data(tokenizer=HOW)
    model = get_model("text_cnn", dataset=data, embedding_dim=8, filters=4, seed=0)
    save_preset(model, tmp_path / "run")
    loaded = get_model(tmp_path / "run")
    assert describe(loaded).input == data.input
    again = _data(tokenizer=describe(loaded).input.tokenizer, length=data.input.shape[0])
    assert again.fingerprint() == data.fingerprint()
    finetune(tmp_path / "run", again, epochs=1, verbose=False)


def test_a_report_of_a_run_holds_no_text_of_a_note(tmp_path):
    data = _data()
    model = get_model("text_cnn", dataset=data, embedding_dim=8, filters=4, seed=0)
    fit(model, data, epochs=1, out=tmp_path / "run", seed=0, verbose=False)
    for file in sorted((tmp_path / "run").iterdir()):
        if file.suffix in (".html", ".json", ".csv", ".md", ".yaml"):
            content = file.read_text(encoding="utf-8")
            assert not any(text in content for text in TEXTS), file.name
