"""Which objects a job may read."""

import pytest

from worker.contract import USER_PATHS, check_patterns, raw_path_allowed

USER = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"
PATTERNS = USER_PATHS


@pytest.mark.parametrize("key", [f"blobs/{OTHER}", f"{USER}/card.png", f"raw/{USER}/2026/card.png"])
def test_a_job_reads_its_own_users_folders_and_single_blobs(key: str) -> None:
    assert raw_path_allowed(key, USER, PATTERNS)


@pytest.mark.parametrize(
    "key",
    [
        f"raw/{OTHER}/card.png",
        f"raw/{USER}/../{OTHER}/card.png",
        f"raw/{USER}//card.png",
        f"/raw/{USER}/card.png",
        "blobs/not-a-uuid",
        f"blobs/{OTHER}/more",
        f"master/{OTHER}/{USER}/x.enc",
        f"raw\\{USER}\\card.png",
        "",
    ],
)
def test_a_job_reads_nothing_else(key: str) -> None:
    assert not raw_path_allowed(key, USER, PATTERNS)


def test_a_patterns_dots_are_dots() -> None:
    assert not raw_path_allowed("axb", USER, ("a.b",))


def test_a_pattern_that_lets_a_user_read_anothers_documents_is_refused() -> None:
    with pytest.raises(ValueError, match="user_id"):
        check_patterns(("blobs/{uuid}", "raw/**"))
