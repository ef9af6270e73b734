"""What the scripts of this folder share: options, a cache of what was computed, Markdown tables and the page they write.

A script has functions that compute, and ends with `@script(...)` on a `main(arguments)` that writes its page with `write_page`.
"""

import argparse
import datetime
import json
import math
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "Agg")

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
MEGABASE = Path("../shared/data/grch37_chr22_1mb")
"""A megabase of human chromosome 22 (GRCh37) and its gene table; record name `chromosome:first-last`."""
Main = Any  # a function of the parsed arguments, with its parser as an attribute
_UNSAID = {"--out", "--cache", "--minutes"}  # options that a page does not repeat


def script(doc: str | None, *, cache: bool = False, **settings: Any) -> Callable[[Main], Main]:
    """Return a decorator of `main(arguments)`, the last function of a script: it adds its `parser`, and runs it in a program.

    Args:
        doc: Docstring of the script.
        cache: Whether the script goes on where it stopped, with `--cache` and `--minutes`.
        settings: Defaults of options by name; a list takes several values, a type has no default, False is a switch, and a tuple
            is a positional choice.
    """
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="Markdown file of the results, which are printed too")
    if cache:
        parser.add_argument("--cache", type=Path, help="folder of what is computed: a stopped run goes on from there")
        parser.add_argument("--minutes", type=float, default=math.inf, help="begin nothing new after so long")
    for name, default in settings.items():
        option = f"--{name.replace('_', '-')}"
        if isinstance(default, tuple):
            parser.add_argument(name, choices=default)
        elif default is False:
            parser.add_argument(option, action="store_true")
        elif isinstance(default, list):
            parser.add_argument(option, nargs="+", default=default, type=type(default[0]) if default else str)
        elif isinstance(default, type):
            parser.add_argument(option, type=default)
        else:
            parser.add_argument(option, type=type(default), default=default)

    def decorate(main: Main) -> Main:
        main.parser = parser
        if main.__module__ == "__main__":
            main(parser.parse_args())
        return main

    return decorate


class Cache:
    """Arrays, numbers and strings by key, each computed once and stored as one `.npz` of `--cache`."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.folder: Path | None = arguments.cache
        self.end = time.monotonic() + 60 * arguments.minutes
        self.left: list[str] = []

    def file(self, key: str) -> Path:
        return (self.folder or Path()) / f"{re.sub(r'[^A-Za-z0-9.+-]+', '_', key)}.npz"

    def get(self, key: str) -> dict[str, Any] | None:
        """Return what is stored, or `None`."""
        if self.folder is None or not self.file(key).exists():
            return None
        with np.load(self.file(key)) as stored:
            return {name: value if value.ndim else value.item() for name, value in stored.items()}

    def __call__(self, key: str, compute: Callable[[], Mapping[str, Any]]) -> dict[str, Any] | None:
        """Return what is stored, or compute and store it; `None` after `--minutes`."""
        if (found := self.get(key)) is not None:
            return found
        if time.monotonic() > self.end:
            self.left.append(key)
            return None
        return self.store(key, compute())

    def store(self, key: str, found: Mapping[str, Any]) -> dict[str, Any]:
        """Store and return what was computed."""
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            partial = self.file(key).with_suffix(f".{os.getpid()}.tmp.npz")
            np.savez_compressed(partial, **found)
            partial.replace(self.file(key))
        if figures := {name: value for name, value in found.items() if isinstance(value, (int, float))}:
            print(key, figures, flush=True)
        return dict(found)

    def stop_if_incomplete(self) -> None:
        """Exit, saying what is left, if the time was up before all was computed."""
        if self.left:
            sys.exit(f"{len(self.left)} left: {', '.join(self.left[:5])}, ... Run again.")


def table(header: Iterable[Any], rows: Iterable[Iterable[Any]]) -> list[str]:
    """Return the lines of a Markdown table."""
    lines = [f"| {' | '.join(map(str, row))} |" for row in (header, *rows)]
    return [lines[0], f"|{'---|' * (lines[0].count(' | ') + 1)}", *lines[1:]]


def span(value: float, low: float, high: float, form: str = ".3f") -> str:
    """Return a figure and its interval, or its range."""
    return f"{value:{form}} [{low:{form}}, {high:{form}}]"


def command() -> str:
    """Return the command that runs, without the options that do not change results."""
    words, arguments = [], iter(sys.argv[1:])
    for word in arguments:
        if word.split("=")[0] not in _UNSAID:
            words.append(word)
        elif "=" not in word:
            next(arguments, None)
    return shlex.join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *words])


def machine() -> str:
    """Return the machine, the versions of packages, and the date."""
    from deepbio.benchmark.provenance import provenance  # it names GPUs if TensorFlow is loaded

    found = provenance()
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    where = "{processor}, {cores} cores, {device}".format(**found["machine"])
    return f"Machine: {where}. Versions: {versions}. {datetime.date.today()}."


def write_page(
    arguments: argparse.Namespace,
    title: str,
    about: str,
    *parts: str | Sequence[str],
    append: bool = False,
) -> None:
    """Print a page and write it to `--out`: title, command, what `about` says, the parts, and the machine.

    A part is a paragraph, or the lines of a table or list. `append` adds to a page that exists, without the title.
    """
    whole = [f"`{command()}`. {about}".strip(), *parts, machine()]
    body = "\n\n".join(part if isinstance(part, str) else "\n".join(part) for part in whole if part) + "\n"
    print(f"# {title}\n\n{body}")
    if arguments.out:
        old = arguments.out.read_text(encoding="utf-8") if append and arguments.out.exists() else f"# {title}\n"
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(f"{old}\n{body}", encoding="utf-8")


def in_turns(ways: Mapping[str, tuple[str, str]], rounds: int, *arguments: object, **environment: str) -> dict:
    """Run programs that print JSON, each round all of them; return what each printed, by name.

    Args:
        ways: Name to the Python interpreter and the program.
        rounds: Number of rounds.
        arguments: Passed to each program.
        environment: Added to the environment variables.
    """
    found: dict[str, list[Any]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, (python, code) in ways.items():
            run = [python, "-c", code, *map(str, arguments)]
            ended = subprocess.run(run, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
            if ended.returncode:
                sys.exit(f"{name}: {ended.stderr[-3000:]}")
            found[name].append(json.loads(ended.stdout.splitlines()[-1]))
    return found


def available(ways: Mapping[str, tuple[str, str]], arguments: argparse.Namespace) -> dict[str, tuple[str, str]]:
    """Return the ways whose package has an interpreter; `""` is this one."""
    pythons = {peer: getattr(arguments, peer) if peer else sys.executable for peer, _ in ways.values()}
    return {name: (pythons[peer], code) for name, (peer, code) in ways.items() if pythons[peer]}
