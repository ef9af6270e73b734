"""`deepbio doctor`: versions and devices of this machine, and whether they compute correctly."""

from typing import Annotated

import typer

from deepbio.cli.console import load_tensorflow, note, show_json, show_table
from deepbio.cli.options import Json


def doctor(
    as_json: Json = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="Versions and devices only, without the numeric self-test.")
    ] = False,
) -> None:
    """Print versions, devices and memory, report why a GPU is not used, and compare each family of models with float64.

    The exit code is 1 if the self-test fails or a GPU is not used.
    """
    load_tensorflow()
    from deepbio.training.doctor.environment import environment
    from deepbio.training.doctor.self_test import self_test

    found = environment()
    results = [] if quick else self_test()
    healthy = not found["problems"] and all(result.passed for result in results)
    if as_json:
        show_json({**found, "self_test": [result.to_dict() for result in results], "healthy": healthy})
    else:
        rows = [(name, value) for part in ("versions", "machine") for name, value in found[part].items()]
        rows += [(device["name"], device["description"]) for device in found["devices"]]
        show_table(("what", "found"), rows)
        if results:
            note(
                "Forward and backward pass against float64 on the processor, largest difference relative to the largest value:"
            )
            show_table(
                ("model", "device", "TF32", "forward", "backward", "allowed", ""),
                [
                    (r.model, r.device, "on" if r.tf32 else "off", f"{r.forward:.1e}", f"{r.backward:.1e}",
                     f"{r.allowed:.0e}", "ok" if r.passed else "WRONG")
                    for r in results
                ],
            )  # fmt: skip
        for problem in found["problems"]:
            note(f"Problem: {problem}")
        note("No problem found." if healthy else "Problems found: see above.")
    raise typer.Exit(0 if healthy else 1)
