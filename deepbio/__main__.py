"""`python -m deepbio` is the command `deepbio`."""

from deepbio.cli.main import main

if __name__ == "__main__":
    main()
