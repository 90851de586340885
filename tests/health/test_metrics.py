"""What is counted when something is told."""

from reconciler.logs import Event, logger, set_up
from reconciler.metrics import REGISTRY, count_events, observe_document


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_events_are_counted_whatever_the_level_of_the_log() -> None:
    set_up("ERROR", "json")
    count_events()
    before = value("reconciler_job_transitions_total", old="processing", new="failed", code="NO_TEXT")
    lost = value("reconciler_leases_lost_total")

    logger.bind(old_status="processing", new_status="failed", code="NO_TEXT").info(Event.JOB_STATE)
    logger.warning(Event.LEASE_LOST)

    assert value("reconciler_job_transitions_total", old="processing", new="failed", code="NO_TEXT") == before + 1
    assert value("reconciler_leases_lost_total") == lost + 1


def test_a_message_that_is_no_event_makes_no_series_of_its_own() -> None:
    set_up("ERROR", "json")
    count_events()

    logger.info("something about job 4711")

    assert value("reconciler_events_total", event="other") >= 1
    assert value("reconciler_events_total", event="something about job 4711") == 0


def test_the_stages_of_an_accepted_document_are_counted_in_seconds() -> None:
    before = value("reconciler_document_stage_seconds_sum", stage="OCR")

    observe_document({"OCR": 1500})

    assert value("reconciler_document_stage_seconds_sum", stage="OCR") == before + 1.5
