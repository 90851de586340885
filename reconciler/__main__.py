"""python -m reconciler."""

from reconciler.cli import app

app()
