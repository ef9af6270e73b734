"""Logs: what a user sees while a model trains, and what stays in the folder."""
