"""What `deepbio doctor` looks at: the machine, and whether it computes right."""
