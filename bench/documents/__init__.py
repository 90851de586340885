"""How well the worker reads, beside RapidOCR and Tesseract: same pictures, same threads, one run.

Law: what is measured is written down before it is measured, in `plan.py`; nothing is chosen after a figure was seen.
The tuning set may be looked at while the worker is changed; the figures that are told come from the held-out set,
which has other people, other seeds and other fonts.

    plan.py          seeds, fonts, degradations, sets
    truth.py         what stands on a page: lines with their places, text, fields, kind
    numbers.py       check digits
    people.py        people who do not exist
    fonts.py         faces from packages
    paper.py         a page that remembers what was written on it and where
    kinds/           eight kinds of documents
    degradations.py  what cameras and scanners do to them
    probes.py        pictures without any text, which nobody may turn
    corpus.py        the pictures of a set, with their truth, on the disk
    readers/         one program for each system that reads; each runs in that system's own environment
    systems.py       those systems: their environments and how they are started
    race.py          all systems over all pictures, taking turns picture by picture
    values.py        what a value is called and how it is written by the one who gives it
    marks.py         character errors, values read, rank, bootstrap
    figures.py       what the race comes to
    tables.py        the same as tables
    pages.py         puts them into the documentation
    contact.py       contact sheets for the eye
    command.py       python -m bench documents

The readers run where none of the project's libraries are, so nothing is imported here.
"""

from typing import Any


def measure() -> tuple[Any, dict[str, Any]]:
    """The quick measurement, as one bench among others."""
    from bench.documents.command import run

    return run(quick=True)
