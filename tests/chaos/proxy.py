"""A TCP proxy that delays, cuts and refuses: the network between the daemon and what it needs."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager

CHUNK_BYTES = 65536


class Proxy:
    """Forwards every connection to the target, until it is told otherwise. Thread-safe."""

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._links: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._delay_seconds = 0.0
        self._open = True
        self.cuts = 0
        self.port = 0

    def retarget(self, host: str, port: int) -> None:
        """Forward connections to come to another target."""
        self._target = host, port

    def delay(self, seconds: float) -> None:
        """Hold everything back for so long, both ways."""
        self._delay_seconds = seconds

    def sever(self) -> None:
        """Cut the connections that stand; new ones are let through."""
        asyncio.run_coroutine_threadsafe(self._sever(), self._loop).result(10)

    def cut(self) -> None:
        """Cut the connections that stand, and those to come at once."""
        self._open = False
        self.sever()

    def mend(self) -> None:
        """Let new connections through."""
        self._open = True

    async def _sever(self) -> None:
        self.cuts += len(self._links)
        for link in list(self._links):
            link.transport.abort()

    async def _serve(self, ready: threading.Event, over: asyncio.Event) -> None:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await over.wait()
        server.close()
        await self._sever()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._open:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, far_writer}
        self._links |= both
        try:
            await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))
        finally:
            self._links -= both
            for one in both:
                one.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """However the one side ends, by a farewell or a reset, the other one hears of it."""
        try:
            with contextlib.suppress(OSError):
                while data := await reader.read(CHUNK_BYTES):
                    await asyncio.sleep(self._delay_seconds)
                    writer.write(data)
                    await writer.drain()
        finally:
            writer.close()


@contextmanager
def running_proxy(host: str, port: int) -> Iterator[Proxy]:
    """Run a proxy to the target in a thread of its own."""
    proxy = Proxy(host, port)
    ready, over = threading.Event(), asyncio.Event()
    thread = threading.Thread(target=_run, args=(proxy, ready, over))
    thread.start()
    ready.wait(10)
    try:
        yield proxy
    finally:
        proxy._loop.call_soon_threadsafe(over.set)
        thread.join(10)


def _run(proxy: Proxy, ready: threading.Event, over: asyncio.Event) -> None:
    asyncio.set_event_loop(proxy._loop)
    proxy._loop.run_until_complete(proxy._serve(ready, over))
    for task in asyncio.all_tasks(proxy._loop):
        task.cancel()
    proxy._loop.run_until_complete(asyncio.sleep(0))
    proxy._loop.close()
