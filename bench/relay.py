"""A way to the object store as long and as narrow as is asked for: a relay of bytes that knows nothing of HTTP.

python -m bench.relay LISTEN_PORT STORE_PORT ROUND_TRIP_SECONDS BYTES_PER_SECOND

Every byte takes half a round trip each way, and a connection a whole one before its first byte, as TCP does. Each
connection has the bandwidth to itself, in each direction. Signed links stay valid: whoever is asked is part of what is
signed, and nothing of a request is changed.
"""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from reconciler.local.ports import LOOPBACK, free_ports

_PART = 1 << 18
_UNDER_WAY_MAX = 64
"""Parts that may be under way in one direction, as a window of TCP bounds them."""


@dataclass(slots=True)
class Line:
    """When what is sent arrives: bytes queue for the bandwidth and then travel."""

    travel_seconds: float
    bytes_per_second: float
    free_at: float = 0.0

    def arrival(self, now: float, size: int) -> float:
        """When the last of so many bytes, sent now, is there."""
        self.free_at = max(now, self.free_at) + size / self.bytes_per_second
        return self.free_at + self.travel_seconds


@contextmanager
def relayed(endpoint: str, round_trip_seconds: float, bytes_per_second: float) -> Iterator[str]:
    """The local store's address at the far end of a relay, which runs as a process of its own."""
    port = free_ports(1)[0]
    way = (port, urlsplit(endpoint).port, round_trip_seconds, bytes_per_second)
    relay = subprocess.Popen([sys.executable, "-m", "bench.relay", *map(str, way)])
    try:
        yield f"http://{LOOPBACK}:{port}"
    finally:
        relay.terminate()
        relay.wait(30)


async def serve(listen_port: int, store_port: int, round_trip_seconds: float, bytes_per_second: float) -> None:
    """Relay until cancelled."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await asyncio.sleep(round_trip_seconds)
            there, to_there = await asyncio.open_connection(LOOPBACK, store_port, limit=_PART)
            line = Line(round_trip_seconds / 2, bytes_per_second), Line(round_trip_seconds / 2, bytes_per_second)
            await asyncio.gather(_carry(reader, to_there, line[0]), _carry(there, writer, line[1]))
        except (ConnectionError, TimeoutError):
            writer.close()

    server = await asyncio.start_server(connected, LOOPBACK, listen_port, limit=_PART)
    async with server:
        await server.serve_forever()


async def _carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter, line: Line) -> None:
    """One direction, to its end: parts leave in order, each at its time of arrival."""
    clock: Callable[[], float] = asyncio.get_running_loop().time
    under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_UNDER_WAY_MAX)

    async def deliver() -> None:
        try:
            while True:
                at, data = await under_way.get()
                await asyncio.sleep(at - clock())
                if not data:
                    return
                sink.write(data)
                await sink.drain()
        finally:
            sink.close()

    delivering = asyncio.create_task(deliver())
    try:
        while data := await source.read(_PART):
            await under_way.put((line.arrival(clock(), len(data)), data))
            if delivering.done():
                return
        await under_way.put((line.arrival(clock(), 0), b""))
        await delivering
    finally:
        delivering.cancel()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])))
