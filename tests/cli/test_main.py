"""The command `deepbio`: mistakes are one message and exit code 2, and every option has a help text."""

import importlib
import re
import sys

import pytest
import typer.main
from typer.testing import CliRunner

from deepbio.__main__ import main as start
from deepbio.cli.main import add_commands, app, main


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("info", "lenet"), "Did you mean lenet5"),
        (("models", "--modality", "genes"), "Unknown modality 'genes'"),
        (("datasets", "--modality", "tables"), "Did you mean table"),
        (("fit", "dna_cn", "uci_splice"), "Did you mean dna_cnn"),
        (("fit", "dna_cnn", "uci_splic"), "Did you mean uci_splice"),
        (("fit", "dna_cnn", "xor"), "takes dna; xor is table"),
        (("fit", "mlp"), "Expected a model and a data set"),
        (("fit", "mlp", "xor", "--set", "unit=3"), "Did you mean units"),
        (("fit", "mlp", "xor", "--set", "units"), "--set takes key=value"),
        (("fit", "mlp", "xor", "--train", "scedule=cosine"), "Did you mean schedule"),
        (("fit", "mlp", "xor", "--optimizer", "adamm"), "Did you mean adam"),
        (("fit", "mlp", "xor", "--data", "sed=1"), "Did you mean seed"),
        (("fit", "mlp", "xor", "--epochs", "0"), "at least 1"),
        (("fit", "--recipe", "no_such.yaml"), "Expected a recipe at no_such.yaml"),
        (("evaluate", "no_such_run"), "no run or pretrained model 'no_such_run'"),
        (("evaluate", "mlp"), "architecture without weights"),
        (("predict", "./no_such_run", "a.fa"), "Expected a file or folder at a.fa"),
    ],
)
def test_a_mistake_is_one_message_and_exit_code_two(run, arguments, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(*arguments)
    assert code == 2
    assert out == ""
    assert message in err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) in ([], [tmp_path / "runs"]), "nothing half-written"
    assert not list(tmp_path.rglob("*.*"))


def test_an_option_of_the_wrong_type_is_refused_by_name(run):
    code, _, err = run("fit", "mlp", "xor", "--epochs", "many")
    assert code == 2
    assert "--epochs" in err


def test_debug_shows_where_an_error_is_from(run, monkeypatch):
    from deepbio.errors import ModelError

    monkeypatch.setattr(sys, "argv", ["deepbio", "--debug", "fit", "dna_cn", "uci_splice"])
    with pytest.raises(ModelError):
        main()


def test_ctrl_c_ends_with_130(run, monkeypatch):
    import deepbio.zoo.registry

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(deepbio.zoo.registry, "list_models", interrupted)
    code, _, err = run("models")
    assert code == 130
    assert "Traceback" not in err


def test_the_version_is_printed(run):
    import deepbio

    assert run("--version")[1].strip() == deepbio.__version__


def commands(command=None, path=()):
    """Yield the words and the Click command of every command."""
    command = command or typer.main.get_command(app)
    for name, inner in getattr(command, "commands", {}).items():
        yield (*path, name), inner
        yield from commands(inner, (*path, name))


COMMANDS = dict(commands())
NO_NOUN = re.compile(
    "(an?|add|also|evaluate|fit|hide|how|list|look|make|of|only|print|save|say|score|show|take|the|use|write) ",
    re.I,
)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_argument_and_option_has_a_help_text_that_begins_with_a_noun(words):
    command = COMMANDS[words]
    assert command.help or command.hidden
    for option in command.params:
        if option.name == "help":
            continue
        help = option.help or ""
        assert re.fullmatch(r"[A-Z].*[^.]\.", help, re.S), (option.name, help)
        assert not NO_NOUN.match(help), help


OWN_DATA = [
    ("fit",),
    ("finetune",),
    ("evaluate",),
    ("predict",),
    ("datasets", "check"),
    ("augment", "preview"),
    ("report",),
    ("attack",),
    ("robustness",),
    ("explain",),
    ("embed",),
]


def test_the_commands_have_the_same_options_of_own_data():
    def panel(command):
        return [
            (option.opts, option.metavar, option.help, option.rich_help_panel)
            for option in COMMANDS[command].params
            if getattr(option, "rich_help_panel", None) == "Your own data"
        ]

    expected = panel(("fit",))
    assert len(expected) == 19
    assert all(panel(command) == expected for command in OWN_DATA)
    shown = [words for words in COMMANDS if panel(words)]
    assert sorted(shown) == sorted(OWN_DATA)


def test_fit_and_finetune_have_the_same_options_of_training():
    from dataclasses import fields

    from deepbio.cli.training_options import TrainingOptions

    for words in (("fit",), ("finetune",)):
        assert {field.name for field in fields(TrainingOptions)} <= {option.name for option in COMMANDS[words].params}


@pytest.mark.parametrize("words", OWN_DATA, ids=" ".join)
def test_the_rules_of_own_data_are_the_same_in_every_command(run, words):
    model = () if words in (("datasets", "check"), ("augment", "preview")) else ("dna_cnn.uci_splice",)
    model += ("-o", "out") if words in (("attack",), ("robustness",), ("explain",)) else ()
    for options, message in (
        (("--label", "y"), "--label describes your own files: add --fasta"),
        (("--npz", "a.npz", "--table", "a.csv"), "Expected one kind of file"),
        (("--genome", "g.fa", "--bed", "a.bed"), "--length 200"),
        (("--bed", "a.bed"), "add --genome"),
    ):
        if message == "--length 200" and words in (
            ("evaluate",),
            ("predict",),
            ("report",),
            ("attack",),
            ("robustness",),
            ("explain",),
        ):
            continue  # the model knows its length
        code, out, err = run(*words, *model, *options)
        assert (code, out) == (2, "")
        assert message in err


def test_a_package_adds_a_command_by_an_entry_point(monkeypatch):
    class Entry:
        name = "sizes"

        def load(self):
            return lambda: typer.echo("12")

    monkeypatch.setattr("deepbio.cli.main.entry_points", lambda group: [Entry()] if group == "deepbio.commands" else [])
    other = typer.Typer()
    other.command("first")(lambda: None)
    add_commands(other)
    assert CliRunner().invoke(other, ["sizes"]).stdout == "12\n"


def test_ctrl_c_while_the_commands_are_imported_is_one_line(monkeypatch, capsys):
    class Interrupted:
        def __getattr__(self, name):
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "deepbio.cli.main", Interrupted())
    with pytest.raises(SystemExit) as ended:
        start()
    assert (ended.value.code, capsys.readouterr()) == (130, ("", "Stopped.\n"))


@pytest.mark.parametrize(
    ("arguments", "interrupted"),
    [
        (("predict", "dna_cnn.uci_splice", "windows.fa", "--out", "out"), "deepbio.files:put_in_place"),
        (("export", "dna_cnn.uci_splice", "-o", "out"), "deepbio.export.export:_difference"),
        (("evaluate", "dna_cnn.uci_splice"), "deepbio.inference.evaluate:compare"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_ctrl_c_in_a_command_is_one_line_and_leaves_nothing_behind(run, arguments, interrupted, tmp_path, monkeypatch):
    def stop(*_args, **_options):
        raise KeyboardInterrupt

    module, name = interrupted.split(":")
    monkeypatch.setattr(importlib.import_module(module), name, stop)
    (tmp_path / "windows.fa").write_text(">a\n" + "ACGTTGCAAC" * 6 + "\n")
    code, out, err = run(*arguments)
    assert (code, out) == (130, "")
    assert err.splitlines()[-1] == "Stopped."
    assert [file.name for file in tmp_path.iterdir()] == ["windows.fa"]
