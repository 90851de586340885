"""The stash calls are judged by what is there afterwards."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.camber import (
    CamberClient,
    CamberConfig,
    CliCall,
    StashDamaged,
    StashPathMissing,
    StashUnavailable,
    argv,
)
from reconciler.camber.parse.stash import Entry
from reconciler.domain.observations import Trouble
from tests.camber.fakes import write_cli

# A stash in a folder. $FAULTS names what goes wrong, once for each line of it that a call takes off.
STASH = r"""
root="$(dirname "$0")/stash"; faults="$(dirname "$0")/faults"
echo "$*" >>"$0.calls"
fault="$(head -n1 "$faults" 2>/dev/null)"; sed -i 1d "$faults" 2>/dev/null
local() { case "$1" in stash://*) echo "$root/${1#stash://}";; *) echo "$1";; esac; }
fail() { echo "API error: code=$1, message=$2"; echo "Error: API error: code=$1, message=$2" >&2; exit 1; }
case "$fault" in
  500) fail 500 "Failed to reach storage";;
  auth) echo "Authentication error"; exit 0;;
  lost) exit 255;;
esac
code=0; [ "$fault" = 255 ] && code=255
case "$2" in
  mkdir) [ -e "$(local "$3")" ] && fail 2 "Failed to create directory"; mkdir -p "$(local "$3")";;
  cp) shift 2; flag=; [ "$1" = -r ] && flag=-r && shift
      from="$(local "$1")"; to="$(local "$2")"
      [ -e "$from" ] || { echo "Error: source path does not exist" >&2; exit 1; }
      mkdir -p "$(dirname "$to")"
      if [ "$fault" = one-byte ]; then printf x >"$to"
      elif [ -n "$flag" ]; then mkdir -p "$to"; cp -r "$from/." "$to"; else cp "$from" "$to"; fi;;
  rm) rm -rf "$(local "$4")"; [ "$fault" = gone-500 ] && fail 500 "Failed to delete";;
  test) [ -e "$(local "$4")" ];  exit $?;;
  ls) printf '%-41s%-21s%s\n' Name Type Size ---- ---- ----
      for path in "$(local "$4")"/*; do printf '%-41s%-21s%s\n' "$(basename "$path")" file 3; done;;
esac
exit $code
"""
TARGET = "stash://jo/runs/a1/run.json"


class Desk:
    """A client over a stash in a folder, with faults to come."""

    def __init__(self, folder: Path) -> None:
        self.cli = write_cli(folder, STASH)
        self.stash = folder / "stash"
        self.evidence: list[CliCall] = []
        self.client = CamberClient(CamberConfig(binary=self.cli, retry_seconds=0), self.evidence.append)

    def fail_with(self, *faults: str) -> None:
        self.cli.with_name("faults").write_text("".join(f"{fault}\n" for fault in faults))

    @property
    def calls(self) -> list[str]:
        lines = self.cli.with_name("camber.calls").read_text().splitlines()
        return [" ".join(line.split()[:2]) for line in lines]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "cli")


@pytest.fixture
def run_file(tmp_path: Path) -> Path:
    path = tmp_path / "run.json"
    path.write_text('{"run": 1}')
    return path


def test_a_file_goes_up_and_comes_down(desk: Desk, run_file: Path, tmp_path: Path) -> None:
    back = tmp_path / "back.json"
    desk.client.upload(run_file, TARGET)
    desk.client.download(TARGET, back)

    assert desk.client.exists(TARGET)
    assert run_file.read_bytes() == back.read_bytes()
    assert desk.client.entries("stash://jo/runs/a1") == (Entry("run.json", is_folder=False, size="3"),)


def test_a_folder_that_is_there_already_is_made(desk: Desk) -> None:
    desk.client.make_folder("stash://jo/runs/a1")
    desk.client.make_folder("stash://jo/runs/a1")

    assert (desk.stash / "jo/runs/a1").is_dir()
    assert desk.calls == ["stash mkdir", "stash mkdir", "stash test"]


def test_a_folder_that_cannot_be_made_is_an_error(desk: Desk) -> None:
    desk.fail_with("auth")
    with pytest.raises(StashUnavailable):
        desk.client.make_folder("stash://jo/runs/a1")

    assert not desk.stash.exists()


def test_success_with_exit_code_255_is_success_if_it_reads_back(desk: Desk, run_file: Path) -> None:
    desk.fail_with("255")
    desk.client.upload(run_file, TARGET)

    assert desk.calls == ["stash cp", "stash cp"]


def test_a_folder_with_exit_code_255_reads_back_too(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "tree" / "deep").mkdir(parents=True)
    (tmp_path / "tree" / "deep" / "a.py").write_text("a")
    desk.fail_with("255")
    desk.client.upload(tmp_path / "tree", "stash://jo/code", recursive=True)

    assert (desk.stash / "jo/code/deep/a.py").read_text() == "a"
    assert desk.calls == ["stash cp", "stash cp"]


def test_old_content_does_not_pass_for_an_upload_that_was_lost(desk: Desk, run_file: Path) -> None:
    """`stash test` would say that the file is there: it is, from the last time."""
    desk.client.upload(run_file, TARGET)
    run_file.write_text('{"run": 2}')
    desk.fail_with("lost", "", "lost", "", "lost", "")

    with pytest.raises(StashUnavailable, match="not confirmed"):
        desk.client.upload(run_file, TARGET)


def test_an_upload_is_tried_again_after_a_bad_moment(desk: Desk, run_file: Path) -> None:
    desk.fail_with("500", "lost", "lost")
    desk.client.upload(run_file, TARGET)

    assert run_file.read_bytes() == (desk.stash / "jo/runs/a1/run.json").read_bytes()


def test_an_upload_of_nothing_is_refused(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(StashPathMissing):
        desk.client.upload(tmp_path / "none", TARGET)


def test_a_login_error_with_exit_code_0_is_no_success(desk: Desk, run_file: Path) -> None:
    desk.fail_with("auth")
    with pytest.raises(StashUnavailable) as caught:
        desk.client.upload(run_file, TARGET)

    assert caught.value.trouble is Trouble.LOGIN
    assert desk.calls == ["stash cp"]


def test_a_placeholder_of_one_byte_is_not_taken_for_the_file(desk: Desk, run_file: Path, tmp_path: Path) -> None:
    desk.client.upload(run_file, TARGET)
    desk.fail_with("one-byte", "one-byte")
    desk.client.download(TARGET, tmp_path / "back")

    assert run_file.read_bytes() == (tmp_path / "back").read_bytes()


def test_a_download_with_another_hash_leaves_nothing(desk: Desk, run_file: Path, tmp_path: Path) -> None:
    desk.client.upload(run_file, TARGET)
    with pytest.raises(StashDamaged):
        desk.client.download(TARGET, tmp_path / "back", sha256="0" * 64)

    assert [] == [path.name for path in tmp_path.iterdir() if path.name.startswith("back")]


def test_a_hash_vouches_for_a_download_with_an_odd_exit_code(desk: Desk, run_file: Path, tmp_path: Path) -> None:
    desk.client.upload(run_file, TARGET)
    desk.fail_with("255")
    desk.client.download(TARGET, tmp_path / "back", sha256=hashlib.sha256(run_file.read_bytes()).hexdigest())

    assert (tmp_path / "back").exists()


def test_a_download_of_what_is_not_there_says_so_at_once(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(StashPathMissing):
        desk.client.download(TARGET, tmp_path / "back")

    assert desk.calls == ["stash cp"]


def test_what_is_gone_is_removed_whatever_the_cli_says(desk: Desk, run_file: Path) -> None:
    desk.client.upload(run_file, TARGET)
    desk.fail_with("gone-500")
    desk.client.remove("stash://jo/runs/a1")
    desk.client.remove("stash://jo/runs/a1")

    assert not desk.client.exists(TARGET)


def test_what_is_still_there_is_not_removed(desk: Desk, run_file: Path) -> None:
    desk.client.upload(run_file, TARGET)
    desk.fail_with("500", "", "500", "", "500", "")

    with pytest.raises(StashUnavailable):
        desk.client.remove("stash://jo/runs/a1")


def test_trouble_is_not_absence(desk: Desk) -> None:
    desk.fail_with("500", "500", "500")

    with pytest.raises(StashUnavailable):
        desk.client.exists(TARGET)


@pytest.mark.parametrize(
    "path", ["stash://jo", "stash://jo/", "stash://", "/jo/x", "jo/x", "stash://jo/../x", "stash://jo//x"]
)
@pytest.mark.parametrize("build", [argv.stash_remove, argv.stash_test])
def test_a_path_that_could_mean_a_whole_stash_is_a_bug(path: str, build: Callable[[str], list[str]]) -> None:
    whole_stash_may_be_tested = build is argv.stash_test and path in ("stash://jo", "stash://jo/")
    if not whole_stash_may_be_tested:
        with pytest.raises(ValueError, match="stash"):
            build(path)
