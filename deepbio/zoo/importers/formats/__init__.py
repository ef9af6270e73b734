"""Published forms of weights: one file per form."""
