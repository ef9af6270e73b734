"""The command `deepbio`, also as `python -m deepbio`."""

import sys


def main() -> None:
    """Run the command line. Ctrl-C while its modules are imported is exit code 130 and one line, as it is later."""
    try:
        from deepbio.cli.main import main as run
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
