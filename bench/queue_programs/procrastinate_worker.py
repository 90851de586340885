"""Procrastinate: `defer COUNT` puts the jobs in, `work` works until it is killed.

python -m bench.queue_programs.procrastinate_worker defer 300
"""

import asyncio
import sys

import procrastinate

from bench.queue_programs.task import DATABASE_URL, DEAD_SECONDS, SLOTS, carry

app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=DATABASE_URL))


@app.task(name="carry", retry=True)
async def carry_on(number: int) -> None:
    """One job."""
    await carry(number)


@app.periodic(cron="*/5 * * * * *")
@app.task(name="retry_stalled", queueing_lock="retry_stalled")
async def retry_stalled(timestamp: int) -> None:  # noqa: ARG001 - it is given by name
    """As its documentation has it: what a dead worker was doing is put back."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_SECONDS):
        await app.job_manager.retry_job(job)


async def main(command: str, *words: str) -> None:
    async with app.open_async():
        if command == "defer":
            await app.schema_manager.apply_schema_async()
            await carry_on.batch_defer_async(*({"number": number} for number in range(int(words[0]))))
        else:
            await app.run_worker_async(
                concurrency=SLOTS,
                fetch_job_polling_interval=0.5,
                update_heartbeat_interval=DEAD_SECONDS / 3,
                stalled_worker_timeout=DEAD_SECONDS,
            )


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
