"""What a robust accuracy needs around it: checks, curves and pages."""
