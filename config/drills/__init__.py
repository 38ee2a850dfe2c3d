"""Exercises that prove a promise, on scratch databases: `manage.py drill NAME` runs one (docs/drills.md)."""
