"""Read a pickle as data: a stack machine that calls nothing, for the files of PyTorch.

A pickle is a program that may call any function. This machine builds numbers, texts, lists and mappings, and turns everything
else into an inert `Thing`: the name of a class or function, its arguments and its state. Nothing is imported and nothing is
called, so that even a file with a whole model, whose classes are not installed, is only read.
"""

import pickletools
import sys
from collections.abc import Callable
from typing import IO, Any

from deepbio.errors import WeightsError

# What the files of honest programs call of Python's own library; any other call of it is a reason not to trust the file.
_HARMLESS = {
    *("collections.OrderedDict", "collections.defaultdict", "collections.deque", "collections.Counter"),
    *("copyreg._reconstructor", "functools.partial", "argparse.Namespace", "types.SimpleNamespace", "datetime"),
    *(f"{module}.{name}" for module in ("builtins", "__builtin__") for name in ("set", "frozenset", "list", "dict")),
    *(
        f"{module}.{name}"
        for module in ("builtins", "__builtin__")
        for name in ("tuple", "bytearray", "slice", "range")
    ),
    *(f"{module}.{name}" for module in ("builtins", "__builtin__") for name in ("complex", "object", "int", "float")),
    *("_codecs.encode", "pathlib", "decimal", "enum", "uuid"),
}
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_ARGUMENTS = {
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "STRING", "BINSTRING"),
    *("SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES"),
    *("BINBYTES8", "BYTEARRAY8"),
}
_EMPTY: dict[str, Callable[[], Any]] = {"EMPTY_LIST": list, "EMPTY_TUPLE": tuple, "EMPTY_DICT": dict, "EMPTY_SET": list}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


class Thing:
    """An object that was not built: the name of its class or function, its arguments, and its state."""

    def __init__(self, name: str, arguments: tuple[Any, ...] = ()) -> None:
        self.name, self.arguments, self.items = name, arguments, {}
        self.state: Any = None


class _Name(str):
    """Name of a class or function, `module.name`."""

    __slots__ = ()


def read_pickle(
    stream: IO[bytes], persistent: Callable[[Any], Any], known: Callable[[str, tuple[Any, ...]], Any]
) -> Any:
    """Read one pickle from a stream, and return what it describes.

    Args:
        stream: Stream at the beginning of a pickle; afterwards it is behind its end.
        persistent: Function that returns the object for a persistent id.
        known: Function that returns the object for a call, `(name, arguments)`; a `Thing` if it does not know the name.

    Returns:
        Numbers, texts, lists, tuples, dictionaries, and `Thing`s.

    Raises:
        WeightsError: The pickle calls a function of Python's library that no weight file needs.
        ValueError, IndexError, KeyError, TypeError: It is no pickle, or is damaged.
    """
    machine = _Machine(persistent, known)
    for code, argument, _ in pickletools.genops(stream):
        if code.name == "STOP":
            return machine.stack.pop()
        machine.step(code.name, argument)
    raise ValueError("the pickle has no end")


class _Machine:
    def __init__(self, persistent: Callable[[Any], Any], known: Callable[[str, tuple[Any, ...]], Any]) -> None:
        self.persistent, self.known = persistent, known
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def step(self, code: str, argument: Any) -> None:
        push, pop = self.stack.append, self.stack.pop
        if code in _ARGUMENTS:
            push(argument)
        elif code in _CONSTANTS:
            push(_CONSTANTS[code])
        elif code in _EMPTY:
            push(_EMPTY[code]())
        elif code in _TUPLES:
            push(tuple([pop() for _ in range(_TUPLES[code])][::-1]))
        elif code == "MARK":
            self.marks.append(len(self.stack))
        elif code in ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"):
            self.memo[len(self.memo) if argument is None else argument] = self.stack[-1]
        elif code in ("GET", "BINGET", "LONG_BINGET"):
            push(self.memo[argument])
        elif code == "POP":
            pop()
        elif code == "POP_MARK":
            self.marked()
        elif code == "DUP":
            push(self.stack[-1])
        elif code in ("TUPLE", "LIST", "FROZENSET"):
            push((tuple if code == "TUPLE" else list)(self.marked()))
        elif code == "DICT":
            push(_pairs(self.marked()))
        elif code in ("APPEND", "APPENDS", "ADDITEMS"):
            new = [pop()] if code == "APPEND" else self.marked()
            if isinstance(self.stack[-1], list):
                self.stack[-1].extend(new)
        elif code in ("SETITEM", "SETITEMS"):
            new = [pop(), pop()][::-1] if code == "SETITEM" else self.marked()
            target = self.stack[-1]
            (target.items if isinstance(target, Thing) else target).update(_pairs(new))
        elif code not in ("PROTO", "FRAME"):
            self.object(code, argument)

    def object(self, code: str, argument: Any) -> None:
        push, pop = self.stack.append, self.stack.pop
        if code == "GLOBAL":
            push(_Name(".".join(argument.split(" ", 1))))
        elif code == "STACK_GLOBAL":
            name, module = pop(), pop()
            push(_Name(f"{module}.{name}"))
        elif code in ("PERSID", "BINPERSID"):
            push(self.persistent(argument if code == "PERSID" else pop()))
        elif code == "BUILD":
            state = pop()
            if isinstance(self.stack[-1], Thing):
                self.stack[-1].state = state
        elif code in ("REDUCE", "NEWOBJ"):
            arguments, name = pop(), pop()
            push(self.call(name, arguments))
        elif code == "NEWOBJ_EX":
            _, arguments, name = pop(), pop(), pop()
            push(self.call(name, arguments))
        elif code == "OBJ":
            name, *arguments = self.marked()
            push(self.call(name, tuple(arguments)))
        elif code == "INST":
            push(self.call(_Name(".".join(argument.split(" ", 1))), tuple(self.marked())))
        else:
            raise ValueError(f"a pickle of weights has no {code}")

    def call(self, name: Any, arguments: Any) -> Any:
        if not isinstance(name, _Name) or not isinstance(arguments, tuple):
            return Thing("?")
        module = name.rpartition(".")[0]
        own = module.split(".")[0] in sys.stdlib_module_names or module == "__builtin__"
        if own and name not in _HARMLESS and module not in _HARMLESS:
            raise WeightsError(f"it calls {str(name)[:80]}, which no file of weights needs")
        if name in ("collections.OrderedDict", "builtins.dict", "__builtin__.dict"):
            return dict(arguments[0]) if arguments else {}
        if name in ("builtins.set", "__builtin__.set", "builtins.list", "__builtin__.list"):
            return list(arguments[0]) if arguments else []
        return self.known(name, arguments)

    def marked(self) -> list[Any]:
        start = self.marks.pop()
        found = self.stack[start:]
        del self.stack[start:]
        return found


def _pairs(values: list[Any]) -> dict[Any, Any]:
    keys = [key if isinstance(key, (str, int, float, bool, tuple)) else str(type(key)) for key in values[::2]]
    return dict(zip(keys, values[1::2], strict=True))
