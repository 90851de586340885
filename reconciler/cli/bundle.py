"""reconciler bundle."""

from rich.console import Console
from rich.table import Table

from reconciler.loop.assembly import worker_bundle


def command() -> None:
    """Show what ships to Camber."""
    bundle = worker_bundle()
    table = Table("file", title=f"{bundle.name}, {bundle.size:,} bytes")
    for name in bundle.files:
        table.add_row(name)
    console = Console()
    console.print(table)
    console.print(f"sha256 {bundle.sha256}", soft_wrap=True)
