"""Find the fields of a document in what was read on it.

Law: values in, values out; pure; nothing is invented. A value is always text that stands on the page, or follows from
such text by a rule that is named. An Aadhaar number is masked before anything else here sees it.

    concealing.py   Aadhaar numbers, masked in everything that is read
    extraction.py   the type, then its fields
    detection.py    which type of document it is, by evidence; `unknown` is an answer
    aadhaar.py, pan.py, passport.py, mark_sheet.py, receipt.py, pairs.py
                    the fields of each type; pairs are labels with their values, on any page
    mrz.py          the machine readable zone of passports and cards
    labels.py       labels, and where their values stand
    tables.py       rows of words and numbers
    dates.py, amounts.py, names.py
                    what text means, where it means one thing only
    lookalikes.py   O and 0, I and 1: repaired only where a rule decides
    calibration.py  what a score is worth
    page.py         lines with their places
    field.py        what comes out
"""
