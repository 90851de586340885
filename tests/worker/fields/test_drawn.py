"""Documents of every type, drawn, read by the real engine in the worker's environment, and their fields."""

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from PIL import Image

from reconciler.local.samples import form, letter, mark_sheet, receipt
from tests.worker.conftest import ROOT, Environment
from tests.worker.fields import drawings

pytestmark = pytest.mark.demo
ENGINE = "onnx"
"""The default one; what comes after reading is the same for both."""
_READ = """
import json, sys
from pathlib import Path
import numpy as np
from PIL import Image
from worker.fields.concealing import conceal
from worker.fields.extraction import extract
from worker.fields.field import extraction_json
from worker.processors.legibility import legible
from worker.processors.paddle import PaddleEngine
from worker.processors.reading_order import arranged

engine = PaddleEngine(sys.argv[1], Path(sys.argv[2]), 2)
told = {}
for path in map(Path, sys.argv[3:]):
    reading = legible(arranged(engine.read(np.asarray(Image.open(path).convert("RGB"))))).reading
    told[path.stem] = extraction_json(extract(conceal(reading)))
print(json.dumps(told))
"""
_CARD = {"name": "Imara Velstrand", "date_of_birth": "1991-08-09"}
EXPECTED: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "aadhaar": ("aadhaar", _CARD | {"aadhaar_number": "XXXX XXXX 2346", "gender": "female"}),
    "pan": (
        "pan",
        {
            "pan_number": drawings.PAN,
            "name": "IMARA VELSTRAND",
            "father_name": "OSWIN VELSTRAND",
            "date_of_birth": "1991-08-09",
        },
    ),
    "passport": (
        "passport",
        {"surname": "VELSTRAND", "given_names": "IMARA LINDE", "passport_number": "L898902C3", "gender": "female"}
        | {"date_of_birth": "1991-03-14", "date_of_expiry": "2034-06-01", "nationality": "UTO", "country": "UTO"},
    ),
    "bill": (
        "receipt",
        {"merchant": "Saffron Courtyard", "receipt_number": "20817", "date": "2024-11-23"}
        | {"subtotal": "410.50", "tax": "20.52", "total": "431.02"},
    ),
    "receipt": (
        "receipt",
        {"merchant": "Copperleaf Grocery", "receipt_number": "60417", "date": "2024-05-18"}
        | {"subtotal": "38.83", "tax": "1.94", "total": "40.77"},
    ),
    "mark_sheet": (
        "mark_sheet",
        {"name": "Tobias Quillfeather", "roll_number": "NV-738452", "total": "598", "maximum_total": "700"}
        | {"school": "Elderbrook High School", "result": "Passed with distinction"},
    ),
    "form": (
        "unknown",
        {"name": "Oswin Tarrowby", "date_of_birth": "1987-08-09", "phone": "555 0142", "email": "oswin@example.org"},
    ),
    "letter": ("unknown", {"order_number": "58294"}),
}


def _drawn(folder: Path) -> list[str]:
    own = {name: getattr(drawings, name)() for name in ("aadhaar", "pan", "passport", "bill")}
    pictures = {name: Image.fromarray(picture) for name, picture in own.items()}
    samples = {"form": form, "letter": letter, "mark_sheet": mark_sheet, "receipt": receipt}
    pictures |= {name: module.draw().picture() for name, module in samples.items()}
    for name, picture in pictures.items():
        picture.save(folder / f"{name}.png")
    return [str(folder / f"{name}.png") for name in pictures]


def test_every_field_of_a_clean_page_is_read(environment: Callable[[str], Environment], tmp_path: Path) -> None:
    made = environment(ENGINE)
    command = [str(made.python), "-c", _READ, ENGINE, str(made.models), *_drawn(tmp_path)]

    done = subprocess.run(command, capture_output=True, env=made.variables(), cwd=ROOT, timeout=500, check=False)

    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    found = {name: (one["document_type"]["name"], one["structured"]) for name, one in told.items()}
    assert {name: kind for name, (kind, _) in EXPECTED.items()} == {name: kind for name, (kind, _) in found.items()}
    wrong = {
        (name, field): found[name][1].get(field)
        for name, (_, fields) in EXPECTED.items()
        for field, value in fields.items()
        if found[name][1].get(field) != value
    }
    assert wrong == {}
    assert [7, 3] == [len(told[name]["structured"]["items"]) for name in ("receipt", "bill")]
    sums = [one for name in ("receipt", "bill") for one in told[name]["fields"] if one["name"] in ("total", "items")]
    assert all(one["passed"] for one in sums)
    # A sum vouches for amounts; what the goods are called is as sure as its line.
    assert all(one["sure"] for one in sums if one["name"] == "total")
    assert drawings.AADHAAR[:9] not in done.stdout.decode()
