"""Settings as a deployment gives them: some in the environment, the secret ones in files."""

from collections.abc import Mapping
from pathlib import Path

from reconciler.settings import Settings

URL = "postgresql://daemon:made-up@postgres:5432/rythmiq"


def secret_settings() -> set[str]:
    """The variables that hold secrets."""
    return {name.upper() for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)}


def with_files(given: Mapping[str, object], folder: Path, **contents: str) -> dict[str, str]:
    """The same variables, with a made-up file behind each that names one."""
    made: dict[str, str] = {}
    for name, value in given.items():
        made[name] = str(value)
        if name.endswith("_FILE"):
            file = folder / name
            file.write_text(contents.get(name) or (URL if "DATABASE" in name else "made-up"))
            made[name] = str(file)
    return made
