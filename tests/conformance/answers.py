"""What a call of the tool said, without what it may say before anything."""

import json
import re
from typing import Any

from tests.conformance.subject import Subject, job_id_of

BANNER = (
    "\n🚨 Your version {} is out of date!\n👉 The latest version is {}.\n\nTo update, run:\n  camber update\n\n"
    "⚠️ It's recommended to stay up to date for the latest features and security fixes.\n"
)
BANNER_SHAPE = re.compile(BANNER.replace("{}", r"[\w.-]+").encode())


def said(stdout: bytes) -> bytes:
    """What was said after the banner, which the real tool may put before anything, any day."""
    return BANNER_SHAPE.sub(b"", stdout, count=1)


def create(subject: Subject, command: str, name: str = "job", **environ: str) -> int:
    subject.spends_credits()
    done = subject.raw("job", "create", "--cmd", command, "--path", subject.folder(name), **environ)
    assert done.returncode == 0, done
    return job_id_of(done.stdout)


def as_json(subject: Subject, *arguments: str) -> Any:
    shown = said(subject.raw(*arguments, "--output", "json").stdout)
    return json.loads(shown[min(at for at in (shown.find(b"{"), shown.find(b"[")) if at >= 0) :])
