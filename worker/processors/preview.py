"""The preview: a small JPEG without metadata."""

import io

from PIL import Image

from worker.processors.picture import Picture, within

SIDE_MAX = 1024
QUALITY = 80


def make_preview(picture: Picture) -> bytes:
    """The picture as JPEG with a longer side of at most 1024 pixels."""
    out = io.BytesIO()
    Image.fromarray(within(picture, SIDE_MAX)).save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()
