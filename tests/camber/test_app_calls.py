"""The calls of applications against small fakes."""

from pathlib import Path

import pytest

from reconciler.camber import boot_now
from reconciler.camber.parse.apps import App, AppDeleted, AppNames
from reconciler.domain.observations import Created, Unknown
from tests.camber.desk import Desk, printing


def test_the_calls_of_an_app_reach_the_cli_as_they_should(tmp_path: Path) -> None:
    body = f"""printf '%s ' "$@" >>"$0.said"; echo >>"$0.said"; case $2 in
      list) {printing("app-list.out")};; delete) {printing("app-delete.out")};; run) {printing("app-run.out")};;
      *) {printing("app-create.out")};; esac"""
    desk = Desk(tmp_path, body)
    definition = tmp_path / "app.json"
    app = App(name="rythmiq-worker", title="Rythmiq worker", engine_type="MPI")
    apps, until = desk.client.apps, boot_now() + 30
    ran = apps.run("rythmiq-worker", {"payload": "a=b c"}, node_size="SMALL", boot_deadline=until)

    assert apps.create(definition) == app
    assert apps.describe("rythmiq-worker") == app
    assert apps.names() == AppNames(("biomni-query-scholar", "rythmiq-worker"))
    assert apps.delete("rythmiq-worker") == AppDeleted()
    assert ran == Created(4553)
    assert desk.cli.with_name("camber.said").read_text().split(" \n") == [
        "app run rythmiq-worker --input payload=a=b c --node-size small",
        f"app create --file {definition}",
        "app describe rythmiq-worker",
        "app list",
        "app delete rythmiq-worker",
        "",
    ]


@pytest.mark.parametrize("act", ["create", "delete", "run"])
def test_what_an_app_call_may_have_done_is_not_done_again(tmp_path: Path, act: str) -> None:
    desk = Desk(tmp_path, "echo 'API error: code=500, message=x'; exit 1")
    apps = desk.client.apps
    match act:
        case "create":
            apps.create(tmp_path)
        case "delete":
            apps.delete("a")
        case _:
            assert isinstance(apps.run("a", {}, node_size="small", boot_deadline=boot_now() + 30), Unknown)

    assert desk.calls == 1


@pytest.mark.parametrize("name", ["", "-rf", "A", "a b", "../a", "a" * 101])
def test_what_is_no_name_of_an_app_is_a_bug(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="application's name"):
        Desk(tmp_path, "").client.apps.describe(name)
