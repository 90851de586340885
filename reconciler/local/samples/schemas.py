"""The portals' demands for the samples: each asks for another size and format."""

from collections.abc import Mapping


def _schema(name: str, size: tuple[int, int], dpi: int, max_kb: int, output_format: str = "jpeg") -> dict[str, object]:
    suffix = {"jpeg": "jpg"}.get(output_format, output_format)
    return {
        "target_width": size[0],
        "target_height": size[1],
        "target_dpi": dpi,
        "max_kb": max_kb,
        "filename_pattern": f"{name}.{suffix}",
        "output_format": output_format,
        "quality": 88,
        "fit": "pad",
        "background": "white",
    }


SCHEMAS: Mapping[str, Mapping[str, object]] = {
    "demo-id-card": _schema("id-card", (600, 400), 200, 100),
    "demo-mark-sheet": _schema("mark-sheet", (1240, 1754), 200, 500) | {"min_kb": 50},
    "demo-receipt": _schema("receipt", (600, 1200), 150, 400, "png"),
    "demo-form": _schema("form", (827, 1170), 100, 500, "pdf"),
    "demo-letter": _schema("letter", (1200, 1600), 200, 300) | {"min_kb": 20},
    "demo-certificate": _schema("certificate", (1000, 750), 150, 200) | {"background": "#f4efe4"},
}
"""Schema definitions by schema name, as a payload carries them."""
