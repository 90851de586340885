"""The whole path with real OCR, as a newcomer runs it: `reconciler demo`, then a look at everything it left."""

import hashlib
import os
import re
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import cv2
import numpy as np
import pypdfium2
import pyrage
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from reconciler.local.demo import DEMO_USER, look, open_database
from reconciler.local.platform import Platform, running_platform
from reconciler.local.samples import SCHEMAS, Sample, generate
from reconciler.objects.store import ObjectStore
from tests.demo.leaks import camber_commands, kept_files, leaks, stored_values, watched_arguments

pytestmark = pytest.mark.demo
ROOT = Path(__file__).parents[2]
BYTES_MAX = 20 * 1024 * 1024
PLANTED_KEY = "5ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7"
# The third holds file names of the operator's choice, which may well be those of a person's file.
COLUMNS_OF_TEXT = {"documents.canonical_output", "jobs.original_filename", "portal_schemas.definition"}
TOLD_TO_A_RUN = ("/run.json", "/launch.json")
# Settings of a shell that the demo is started from; it has no use for them.
PLANTED_VARIABLES = {"SPACES_SECRET": "planted-store-secret", "AWS_SECRET_ACCESS_KEY": "planted-aws-secret"}


@dataclass(frozen=True)
class Demo:
    """What the demo printed and left behind."""

    done: "subprocess.CompletedProcess[str]"
    folder: Path
    platform: Platform
    objects: ObjectStore
    stories: dict[str, dict[str, Any]]
    samples: dict[str, Sample]
    originals: dict[str, str]
    """The SHA-256 of each file that the demo uploaded, by its name."""
    arguments: set[str]
    """The argument lists of all processes that the demo had, one text each."""

    def document(self, name: str) -> dict[str, Any]:
        document = self.stories[name]["document"]
        assert isinstance(document, dict)
        return document

    def stored(self, name: str, artifact: str) -> bytes:
        return self.objects.get(self.document(name)["artifacts"][artifact]["key"], bytes_max=BYTES_MAX)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One run of the demo, whose platform is started again afterwards to look into it."""
    folder, home = tmp_path_factory.mktemp("state"), tmp_path_factory.mktemp("home")
    # The worker's environment is the one thing that is not made anew.
    environments = ROOT / ".rythmiq" / "environments"
    environments.mkdir(parents=True, exist_ok=True)
    (folder / "environments").symlink_to(environments)
    _plant(folder)
    with watched_arguments(folder) as arguments:
        done = _run_demo(folder, home)
    originals = {file.name: _sha256(file.read_bytes()) for file in (folder / "samples").iterdir()}
    # Only for their words: another process may write the same pictures with other bytes.
    samples = {sample.name: sample for sample in generate(tmp_path_factory.mktemp("samples"))}
    with pytest.MonkeyPatch.context() as shell:
        shell.delenv("DATABASE_URL", raising=False)
        with running_platform(folder, lambda _: None) as platform:
            stories = _stories(platform, samples)
            yield Demo(done, folder, platform, ObjectStore(platform.objects), stories, samples, originals, arguments)


def _plant(folder: Path) -> None:
    """Secrets of our own where the platform keeps its: known before the first process starts."""
    (folder / "camber.key").write_text(f"{PLANTED_KEY}\n")
    (folder / "identity.age").write_text(f"{pyrage.x25519.Identity.generate()}\n")


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _run_demo(folder: Path, home: Path) -> "subprocess.CompletedProcess[str]":
    program = Path(sys.executable).with_name("reconciler")
    kept = ("PATH", "UV", "SSL_CERT_FILE", "SSL_CERT_DIR", "PIP_CERT", "PIP_INDEX_URL", "UV_INDEX_URL")
    environment = {name: os.environ[name] for name in kept if name in os.environ} | {"HOME": str(home)}
    environment |= PLANTED_VARIABLES
    command = [str(program), "demo", "--folder", str(folder)]
    return subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, encoding="utf-8", timeout=550, check=False
    )


def _stories(platform: Platform, samples: dict[str, Sample]) -> dict[str, dict[str, Any]]:
    engine = open_database(platform)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT original_filename, id FROM jobs")).all()
    by_file = {name: UUID(str(job)) for name, job in rows}
    looked = look(engine, [(sample, by_file[sample.path.name]) for sample in samples.values()])
    engine.dispose()
    return {one.sample.name: dict(one.story) for one in looked}


WHOLE = [
    "ID card",
    "Mark sheet",
    "Receipt",
    "Application form",
    "Letter, photographed sideways",
    "Certificate, photographed upside down",
]


def test_the_demo_ends_well_and_names_its_report(demo: Demo) -> None:
    assert demo.done.returncode == 0, demo.done.stdout + demo.done.stderr
    assert "7 of 7 as expected" in demo.done.stdout
    assert (demo.folder / "report.html").as_uri() in demo.done.stdout


@pytest.mark.parametrize("name", WHOLE)
def test_the_words_on_the_page_were_read(demo: Demo, name: str) -> None:
    text = _folded(demo.document(name)["canonical_output"]["ocr"]["text"])

    assert [word for word in demo.samples[name].words if _folded(word) not in text] == []


def _folded(text: str) -> str:
    return re.sub(r"\s+", "", text).casefold()


@pytest.mark.parametrize("name", WHOLE)
def test_the_stored_portal_file_is_what_its_schema_demands(demo: Demo, name: str) -> None:
    """Read back with other means than it was written with: OpenCV, PDFium, and the bytes of the headers."""
    schema: Any = SCHEMAS[demo.samples[name].schema_name]
    data = demo.stored(name, "portal")
    width, height, dpi = _measured(data, schema["output_format"])

    assert (width, height) == (schema["target_width"], schema["target_height"])
    assert round(dpi, 1) == schema["target_dpi"]
    assert schema.get("min_kb", 0) * 1024 <= len(data) <= schema["max_kb"] * 1024


def _measured(data: bytes, form: str) -> tuple[int, int, float]:
    if form == "pdf":
        return _measured_pdf(data)
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    dpi = _jfif_dpi(data) if form == "jpeg" else _png_dpi(data)
    return picture.shape[1], picture.shape[0], dpi


def _jfif_dpi(data: bytes) -> float:
    """JFIF, section APP0: after the mark come version, unit (1: dots an inch), and both densities."""
    at = data.index(b"JFIF\0")
    unit, across, down = struct.unpack(">BHH", data[at + 7 : at + 12])
    assert (unit, across) == (1, down)
    return float(across)


def _png_dpi(data: bytes) -> float:
    """PNG, chunk pHYs: pixels per metre across and down, unit 1."""
    at = data.index(b"pHYs") + 4
    across, down, unit = struct.unpack(">IIB", data[at : at + 9])
    assert (unit, across) == (1, down)
    return float(across) * 0.0254


def _measured_pdf(data: bytes) -> tuple[int, int, float]:
    """The picture's pixels, and how many of them the page shows to an inch."""
    with pypdfium2.PdfDocument(data) as document:
        page = document[0]
        (image,) = page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE])
        width, height = image.get_px_size()
        return width, height, width / (page.get_width() / 72)


@pytest.mark.parametrize("name", WHOLE)
def test_the_master_is_the_original_and_opens_only_with_the_key(demo: Demo, name: str) -> None:
    sealed = demo.stored(name, "master")
    identity = pyrage.x25519.Identity.from_str(demo.platform.identity.read_text().strip())

    assert demo.originals[demo.samples[name].path.name] == _sha256(pyrage.decrypt(sealed, [identity]))
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(sealed, [pyrage.x25519.Identity.generate()])


def test_the_damaged_upload_failed_with_its_code_and_left_no_document(demo: Demo) -> None:
    story = demo.stories["Damaged upload"]

    assert story["job"]["status"] == "failed"
    assert story["job"]["error_details"]["code"] == "CORRUPT_IMAGE"
    assert story["document"] is None


def test_the_camber_ids_are_ones_that_the_local_camber_issued(demo: Demo) -> None:
    for story in demo.stories.values():
        attempt = story["attempts"][-1]
        shown = _camber(demo, "job", "get", str(attempt["camber_job_id"]))

        assert re.search(r"^Status: +COMPLETED$", shown, re.MULTILINE)
        assert attempt["marker"] in shown


def secrets(demo: Demo) -> dict[str, str]:
    """What nobody may ever see, by name: planted before the demo, or made by its servers."""
    password = make_url(demo.platform.database_url).password
    assert password
    return {
        **PLANTED_VARIABLES,
        "the key of the CLI": PLANTED_KEY,
        "the secret key of the store": demo.platform.objects.secret_key,
        "the password of the database": password,
        "the age identity": demo.platform.identity.read_text().strip(),
    }


SIGNED = {"a signed link": "X-Amz-Signature="}


def private(demo: Demo) -> dict[str, str]:
    """What is somebody's own: the words on the pages, and the names of the files."""
    texts = [*(word for sample in demo.samples.values() for word in sample.words)]
    return {text: text for text in [*texts, *(sample.path.name for sample in demo.samples.values())]}


def test_no_process_had_a_secret_or_a_text_among_its_arguments(demo: Demo) -> None:
    said = [("arguments", line) for line in demo.arguments]

    assert any(" job create " in line and " --cmd " in line for line in demo.arguments)
    assert any(" job logs " in line for line in demo.arguments)
    assert set() == leaks(secrets(demo) | SIGNED | private(demo), said)


def test_no_command_that_camber_was_given_holds_a_secret_or_a_text(demo: Demo) -> None:
    commands = camber_commands(demo.folder)

    assert commands
    assert set() == leaks(secrets(demo) | SIGNED | private(demo), [("command", command) for command in commands])


def test_no_row_of_any_table_holds_a_secret_and_texts_stand_only_where_they_belong(demo: Demo) -> None:
    """The evidence of the calls is among them, unpacked."""
    engine = open_database(demo.platform)
    values = list(stored_values(engine))
    engine.dispose()
    elsewhere = [(place, text) for place, text in values if place not in COLUMNS_OF_TEXT]

    assert {"cli_calls.argv", "cli_calls.stdout", "jobs.id"} <= {place for place, _ in values}
    assert set() == leaks(secrets(demo) | SIGNED, values)
    assert set() == leaks(private(demo), elsewhere)


def test_no_log_and_no_file_that_stays_holds_a_secret_or_a_text(demo: Demo) -> None:
    """The report is for the person whose documents they are; what a run is told holds its links, as it must."""
    files = list(kept_files(demo.folder))
    unsigned = [(path, text) for path, text in files if not path.endswith(TOLD_TO_A_RUN)]
    impersonal = [(path, text) for path, text in unsigned if path != "report.html"]

    assert {"daemon.log", "report.html"} <= {path for path, _ in files}
    assert any(path.startswith("camber/jobs/") and path.endswith("/log") for path, _ in files)
    assert set() == leaks(secrets(demo), files)
    assert set() == leaks(SIGNED, unsigned)
    assert set() == leaks(private(demo), impersonal)


def test_the_documents_belong_to_the_demos_user(demo: Demo) -> None:
    keys = [artifact["key"] for name in WHOLE for artifact in demo.document(name)["artifacts"].values()]

    assert all(f"/{DEMO_USER}/" in key for key in keys)
    assert len(set(keys)) == 4 * len(WHOLE)


def _camber(demo: Demo, *words: str) -> str:
    program = Path(sys.executable).with_name("camber-local")
    environment = {"PATH": os.environ["PATH"], **demo.platform.environment}
    done = subprocess.run([str(program), *words], env=environment, capture_output=True, encoding="utf-8", check=True)
    return done.stdout
