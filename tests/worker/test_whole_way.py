"""The whole way with real OCR: bundle, environment, both engines, every artifact."""

import hashlib
import io
import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyrage
import pytest
from PIL import Image

from tests.worker import launching, orders, pages
from tests.worker.conftest import Environment
from tests.worker.object_store import ObjectStore
from worker.contract import Document, Failed, Frame, Succeeded, decode_frames, run_json

pytestmark = pytest.mark.demo
ENGINES = ("onnx", "paddle")
Get = Callable[[str], Environment]


def _launched(
    store: ObjectStore, folder: Path, environment: Environment, documents: Sequence[Document]
) -> launching.Started:
    archive = launching.announced(store, "/stash/environment.tar", environment.archive.read_bytes())
    launch = {
        "bundle": launching.announced(store, "/stash/bundle.tar.gz", launching.bundle()),
        "environment": {"kind": "archive", "python": "3.11"} | archive,
        "engine": environment.engine,
        "processes": 2,
        "threads": 1,
    }
    launching.stage(folder, launch, orders.run_file(documents))
    return launching.start(folder)


def _stored(store: ObjectStore, one: Document, name: str) -> bytes:
    return store.objects[f"/{orders.BUCKET}/{orders.keys_of(one)[name]}"]


def _result(store: ObjectStore, one: Document) -> dict[str, dict[str, object]]:
    result: dict[str, dict[str, object]] = json.loads(_stored(store, one, "result"))
    return result


def _squeezed(text: object) -> str:
    return "".join(str(text).split()).upper()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_reads_its_documents_whichever_way_they_lie(
    engine: str, environment: Get, store: ObjectStore, tmp_path: Path
) -> None:
    upright = pages.page()
    documents = [orders.document(store, pages.encoded(np.rot90(upright, turns))) for turns in range(4)]

    started = _launched(store, tmp_path / "run", environment(engine), documents)

    frames = sorted(decode_frames(started.stdout), key=lambda frame: frame.sequence)
    assert started.code == 0, started.stderr[-2000:]
    assert started.stdout.startswith("RYTHMIQ-BOOTSTRAP 1 ready {")
    assert [one.payload.job_id for one in documents] == [frame.job_id for frame in frames]
    assert list(started.temporary.iterdir()) == []
    for turns, (one, frame) in enumerate(zip(documents, frames, strict=True)):
        _check_document(store, one, frame, turned=turns)


def _check_document(store: ObjectStore, one: Document, frame: Frame, *, turned: int) -> None:
    assert isinstance(frame.outcome, Succeeded), frame.outcome
    result = _result(store, one)
    text = _squeezed(result["ocr"]["text"])
    assert [] == [word for word in ("ASHAVERMA", "44712093", "14/08/2003", "482OF600") if word not in text]
    assert (4 - turned) % 4 == result["orientation"]["quarter_turns"]
    assert frame.outcome.ocr_confidence > 0.9
    assert frame.outcome.quality_score > 0.8
    for name, artifact in frame.outcome.artifacts.items():
        data = _stored(store, one, name)
        assert (len(data), hashlib.sha256(data).hexdigest()) == (artifact.size, artifact.sha256)
    with Image.open(io.BytesIO(_stored(store, one, "portal"))) as portal:
        assert ((600, 800), (300, 300)) == (portal.size, portal.info["dpi"])
    original = store.objects[f"/{orders.BUCKET}/{one.payload.raw_path}"]
    assert original == pyrage.decrypt(_stored(store, one, "master"), [orders.IDENTITY])


@pytest.mark.parametrize("engine", ENGINES)
def test_the_self_check_passes_with_the_models_and_fails_loudly_without(
    engine: str, environment: Get, tmp_path: Path
) -> None:
    made = environment(engine)

    good = made.worker("self-check")
    bad = made.worker("self-check", more={"WORKER_MODELS_DIR": str(tmp_path)})

    assert (0, b"") == (good.returncode, good.stdout)
    assert (1, b"") == (bad.returncode, bad.stdout)
    assert b"self-check failed: model file missing" in bad.stderr


def test_an_engine_that_cannot_start_fails_every_document_by_name(
    environment: Get, store: ObjectStore, tmp_path: Path
) -> None:
    documents = [orders.document(store, pages.self_check_page()) for _ in range(2)]
    stdin = json.dumps(run_json(orders.run_file(documents))).encode()

    done = environment("onnx").worker(stdin=stdin, more={"WORKER_MODELS_DIR": str(tmp_path)})

    outcomes = [frame.outcome for frame in decode_frames(done.stdout.decode())]
    assert ["ENVIRONMENT_FAILED", "ENVIRONMENT_FAILED"] == [one.code for one in outcomes if isinstance(one, Failed)]
    assert done.returncode == 0


@pytest.mark.parametrize("engine", ENGINES)
def test_there_is_exactly_one_cv2_and_it_is_the_headless_one(engine: str, environment: Get) -> None:
    script = (
        "import importlib.metadata as m; "
        "print(*sorted(d.name for d in m.distributions() if any(str(f).startswith('cv2/') for f in d.files or ())))"
    )

    done = subprocess.run([str(environment(engine).python), "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["opencv-python-headless"]


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_that_asks_a_hub_of_models_is_installed(engine: str, environment: Get) -> None:
    absent = ("aiohttp", "aistudio_sdk", "huggingface_hub", "modelscope", "pandas")
    script = f"import importlib.util as util; print([name for name in {absent} if util.find_spec(name)])"

    done = subprocess.run([str(environment(engine).python), "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_a_heic_photo_is_decoded_in_the_workers_environment(environment: Get) -> None:
    script = (
        "import sys; from worker.processors.decode import Bounds, decode; "
        "page = decode(sys.stdin.buffer.read(), bounds=Bounds(pixels_max=10**6, side_max=500)); "
        "print(page.format, page.width, page.height, *page.picture[2, 2])"
    )
    photo = (Path(__file__).parent / "pictures" / "corners.heic").read_bytes()
    command = [str(environment("onnx").python), "-c", script]

    done = subprocess.run(command, input=photo, capture_output=True, cwd=Path(__file__).parents[2], check=True)

    kind, width, height, red, *_ = done.stdout.decode().split()
    assert ("HEIF", "100", "60") == (kind, width, height)
    assert int(red) > 240
