"""The command line: `deepbio`."""
