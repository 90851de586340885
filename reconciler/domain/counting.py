"""Numbers of things in words."""


def counted(count: int, noun: str) -> str:
    """The number with its noun: 1 run, 2 runs, 1,000 runs."""
    return f"{count:,} {noun}{'s' * (count != 1)}"
