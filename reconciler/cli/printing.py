"""How commands print."""

import json
import sys
from typing import Any

STATUS_COLOURS = {
    "pending": "yellow",
    "processing": "cyan",
    "completed": "green",
    "failed": "red",
    "cancelled": "magenta",
}


def print_json(value: Any) -> None:
    """For machines: ids and times as text."""
    sys.stdout.write(json.dumps(value, indent=2, default=str, ensure_ascii=False) + "\n")
