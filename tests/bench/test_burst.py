"""What a burst comes to, the way to the store, and a node that replays."""

import asyncio
import json
import socket
import tarfile
import threading
from pathlib import Path

import pytest

from bench import relay
from bench.burst import node
from bench.burst.course import outcome
from bench.burst.figures import foretold_by
from bench.burst.plan import Measured, Nodes, replay_archive
from bench.burst.share import Look, cores_left
from bench.worker.children import Worked
from reconciler.local.ports import LOOPBACK, free_ports
from worker.wire import Incoming, Message


def _worked(seconds: float) -> Worked:
    answer = Message({"kind": "done", "timings": {"ocr": 900}, "quality_score": 0.9}, (b"findings", b"preview", b""))
    return Worked(name="card", file_name="card.png", seconds=9.0, cpu_seconds=seconds, answer=answer)


def _measured() -> Measured:
    return Measured(
        environment_bytes=50,
        decompress_cpu_seconds=1.0,
        unpack_cpu_seconds=0.5,
        fetch_cpu_seconds=2.0,
        child_cpu_seconds=0.2,
        worked=(_worked(0.5), _worked(1.5)),
    )


def test_a_burst_is_told_by_its_last_document_and_by_what_all_runs_were_billed() -> None:
    told = outcome(4, [10.0, 20.0, 30.0, 36.0], billed_seconds=60.0, runs=2)

    assert (told.documents_an_hour, told.billed_seconds_each, told.first_seconds) == (400.0, 15.0, 10.0)
    assert told.wall_seconds == 36.0
    assert foretold_by(outcome(4, [9.0, 45.0], 1.0, 1), told) == pytest.approx(0.25)


def test_what_others_take_counts_only_while_the_course_is_at_work() -> None:
    looks = [Look(0.0, 2.0), Look(1.0, 0.5), Look(0.5, 1.5)]

    assert cores_left(looks, 2) == pytest.approx(1.0)
    assert cores_left(looks[:1], 2) == 2.0
    assert cores_left([Look(1.0, 2.5)], 2) == 0.1


def test_bytes_queue_for_the_bandwidth_and_then_travel() -> None:
    line = relay.Line(travel_seconds=0.1, bytes_per_second=100)

    assert [line.arrival(0.0, 50), line.arrival(0.0, 50), line.arrival(9.0, 0)] == pytest.approx([0.6, 1.1, 9.1])


def test_the_relay_changes_nothing_and_ends_with_either_side() -> None:
    store, way = free_ports(2)
    data = bytes(range(256)) * 8192

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.readexactly(4)) + data)
        writer.close()

    async def ask() -> bytes:
        server = await asyncio.start_server(answer, LOOPBACK, store)
        relaying = asyncio.create_task(relay.serve(way, store, 0.01, 1e9))
        while True:
            try:
                reader, writer = await asyncio.open_connection(LOOPBACK, way)
                break
            except ConnectionRefusedError:
                await asyncio.sleep(0.01)
        writer.write(b"GET ")
        got = await reader.read()
        writer.close()
        relaying.cancel()
        server.close()
        return got

    assert asyncio.run(ask()) == b"GET " + data


@pytest.mark.parametrize(("cores", "locks", "speed"), [(None, 0, 1.0), (1.7, 2, 0.85), (0.3, 1, 0.3)])
def test_a_replay_has_the_cores_that_it_is_told(cores: float | None, locks: int, speed: float, tmp_path: Path) -> None:
    nodes = Nodes(times_faster=4, bytes_per_second=100, shared_cores=cores)
    packed = replay_archive(_measured(), nodes, Path("/packages"), tmp_path / "replay")
    with tarfile.open(packed) as tar:
        names = set(tar.getnames())
    plan = json.loads((tmp_path / "replay" / "site-packages" / "replay.json").read_text())

    assert {"site-packages/sitecustomize.py", "models/none"} <= names
    assert (len(plan["core_locks"]), plan["core_speed"]) == (locks, pytest.approx(speed))
    assert plan["documents"]["card.png"]["cpu_seconds"] == 1.0
    assert (plan["environment_wait_seconds"], plan["environment_cpu_seconds"]) == (0.5, [1.0, 2.5 if cores else 0.5])


def test_a_replaying_child_answers_what_was_answered_then(tmp_path: Path) -> None:
    """It speaks as the worker's own children do, and tells the time that it took itself."""
    replay_archive(
        _measured(), Nodes(times_faster=1000, bytes_per_second=1e6, shared_cores=2.0), tmp_path, tmp_path / "r"
    )
    plan = json.loads((tmp_path / "r" / "site-packages" / "replay.json").read_text())
    ours, theirs = socket.socketpair()
    child = threading.Thread(target=node.serve, args=(plan, theirs))
    child.start()
    order = {"kind": "document", "payload": {"input": {"original_filename": "card.png"}}}
    ours.sendall(Message(order, (b"a picture",)).encoded())
    said, incoming = list[Message](), Incoming()
    while len(said) < 3:
        incoming.feed(ours.recv(1 << 16))
        while message := incoming.next():
            said.append(message)
    ours.shutdown(socket.SHUT_WR)
    child.join()
    ours.close()
    theirs.close()

    assert [one.header["kind"] for one in said] == ["ready", "stage", "done"]
    assert said[2].parts == (b"findings", b"preview", b"")
    assert said[2].header["quality_score"] == 0.9
    assert set(said[2].header["timings"]) == {"ocr"}
