"""What the CLI printed, read into outcomes.

Law: pure. Anchored on forms that are known; whatever does not fit is refused with the reason, and no bytes whatsoever
raise or pass for success. A read is believed only with exit code 0; errors are looked for on both streams.

    printed.py     one call's output, decoded, without banner, colours and carriage returns
    structured.py  JSON out of noise, and values out of JSON
    faults.py      error texts, and what they mean for a read
    jobs.py        one job, as an object or as a screen
    listing.py     a page of jobs
    creation.py    `job create`
    logs.py        `job logs`
    account.py     `me` and `version`
    stash.py       `stash ls`, `test`, `cp`, `rm`, `mkdir`
    apps.py        `app create`, `describe`, `list`, `delete`
"""
