"""PgQueuer with psycopg: `defer COUNT` puts the jobs in, `work` works until it is killed.

python -m bench.queue_programs.pgqueuer_worker defer 300
"""

import asyncio
import sys
from datetime import timedelta

import psycopg
from pgqueuer import Job, PgQueuer, PsycopgDriver, Queries

from bench.queue_programs.task import DATABASE_URL, DEAD_SECONDS, SLOTS, carry


async def main(command: str, *words: str) -> None:
    connection = await psycopg.AsyncConnection.connect(DATABASE_URL, autocommit=True)
    driver = PsycopgDriver(connection)
    if command == "defer":
        queries, count = Queries(driver), int(words[0])
        await queries.install()
        payloads: list[bytes | None] = [str(number).encode() for number in range(count)]
        await queries.enqueue(["carry"] * count, payloads, [0] * count)
    else:
        await _work(driver)
    await connection.close()


async def _work(driver: PsycopgDriver) -> None:
    queue = PgQueuer(driver)

    @queue.entrypoint("carry")
    async def carry_on(job: Job) -> None:
        assert job.payload
        await carry(int(job.payload))

    await queue.run(
        dequeue_timeout=timedelta(seconds=0.5),
        # It wants room for two batches.
        batch_size=SLOTS // 2,
        max_concurrent_tasks=SLOTS,
        heartbeat_timeout=timedelta(seconds=DEAD_SECONDS),
    )


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
