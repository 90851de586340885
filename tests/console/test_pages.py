"""Every page, over HTTP."""

from tests.console.conftest import Browser, finish, start
from tests.world import World


def test_an_empty_house_says_so_on_every_page(browser: Browser) -> None:
    assert "Nothing is open." in browser.get("/console/")
    assert "There are no jobs yet." in browser.get("/console/jobs")
    assert "There are no runs yet." in browser.get("/console/runs")
    assert "No job is stuck or held." in browser.get("/console/stuck")
    assert "No daemon has given a sign of life" in browser.get("/console/")


def test_a_finished_job_tells_its_whole_story(world: World, browser: Browser) -> None:
    job = finish(world)

    said = browser.get(f"/console/jobs/{job}")

    assert "SPECIMEN" in said
    assert "It is completed: its document was verified and counted." in said
    assert "job create" in said
    assert f"/console/jobs/{job}/pictures/preview" in said


def test_all_pages_are_made(world: World, browser: Browser) -> None:
    finish(world)
    start(world)
    world.submit()
    run = world.one("SELECT id FROM camber_runs LIMIT 1")
    for path in (
        "/console/",
        "/console/?range=7d",
        "/console/jobs",
        "/console/runs",
        f"/console/runs/{run}",
        "/console/stuck",
        "/console/find?q=zz",
    ):
        browser.get(path, 404 if "find" in path else 200)


def test_of_its_own_camber_job_a_run_tells_state_and_cost(world: World, browser: Browser) -> None:
    finish(world)
    run = world.one("SELECT id FROM camber_runs")
    world.execute("UPDATE camber_runs SET credits = 0.1234 WHERE id = :id", id=run)

    told = browser.get(f"/console/runs/{run}").partition("Camber jobs with its marker")[2].partition("</table>")[0]

    assert "COMPLETED" in told
    assert "0.1234" in told
    assert "each document has its result" in browser.get("/console/runs")
