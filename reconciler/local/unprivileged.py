"""How a program that refuses to run as root is run all the same when we are root."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

_NOBODY = 65534
_PROBE_SECONDS_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who runs the program: the words before its command, and the owner that its files must have."""

    prefix: tuple[str, ...]
    uid: int
    gid: int

    def own(self, folder: Path) -> None:
        """Give a folder of ours, with all in it, to the identity; nothing happens when it owns the folder already."""
        if folder.stat().st_uid == self.uid:
            return
        for path in (folder, *folder.rglob("*")):
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def identity_for(program: Path) -> Identity | None:
    """Choose an identity that is not root and can run `program --version`; None when there is no way."""
    if os.geteuid() != 0:
        return Identity(prefix=(), uid=os.geteuid(), gid=os.getegid())
    return next((identity for identity in _for_root() if _runs(identity, program)), None)


def _for_root() -> tuple[Identity, Identity]:
    # In a user namespace root's files show as nobody's, so ownership stays as it is.
    namespace = ("unshare", "--user", f"--map-user={_NOBODY}", f"--map-group={_NOBODY}", "--")
    # Containers often refuse namespaces. A dropped uid keeps the one capability that it needs to walk through
    # folders that only root may enter; permissions are not ours to change.
    capability = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")
    dropped = ("setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups", *capability, "--")
    return Identity(prefix=namespace, uid=0, gid=0), Identity(prefix=dropped, uid=_NOBODY, gid=_NOBODY)


def _runs(identity: Identity, program: Path) -> bool:
    command = [*identity.prefix, str(program), "--version"]
    try:
        return subprocess.run(command, capture_output=True, timeout=_PROBE_SECONDS_MAX, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
