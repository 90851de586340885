"""Documents drawn for tests, one of each type, with what stands on them. Every name and number is invented."""

import numpy as np

from reconciler.local.samples.sheet import Sheet
from worker.fields.mrz import check_digit
from worker.processors.picture import Picture

AADHAAR = "2341 2341 2346"
"""Passes Verhoeff's check; the example that descriptions of the number are printed with."""
PAN = "ABCPV1234K"
PASSPORT_LINES = (
    "P<UTOVELSTRAND<<IMARA<LINDE".ljust(44, "<"),
    "L898902C36UTO9103147F3406018ZE184226B<<<<<14",
)


def passport_second_line(number: str = "L898902C3", birth: str = "910314", expiry: str = "340601") -> str:
    """A second line with all its check digits."""
    optional = "ZE184226B<<<<<"
    start = f"{number}{check_digit(number)}UTO{birth}{check_digit(birth)}F{expiry}{check_digit(expiry)}{optional}"
    line = start + check_digit(optional)
    return line + check_digit(line[:10] + line[13:20] + line[21:43])


def aadhaar() -> Picture:
    """The front of a card."""
    sheet = Sheet(1012, 638)
    sheet.rect((0, 0, 1012, 100), "#f5e7d2")
    sheet.text((506, 64), "Government of India", 44, weight=600, anchor="ms")
    sheet.rect((50, 150, 290, 450), "#d8dee4")
    sheet.text((340, 210), "Imara Velstrand", 42)
    sheet.text((340, 280), "DOB: 09/08/1991", 38)
    sheet.text((340, 350), "FEMALE", 38)
    sheet.text((506, 545), AADHAAR, 62, weight=700, anchor="ms")
    sheet.text((506, 612), "Aadhaar, a specimen", 36, anchor="ms")
    return _picture(sheet)


def pan() -> Picture:
    """A card of the newer print, with labels."""
    sheet = Sheet(1012, 638, "#e7eef5")
    sheet.text((50, 80), "INCOME TAX DEPARTMENT", 42, weight=700)
    sheet.text((962, 80), "GOVT. OF INDIA", 42, weight=700, anchor="rs")
    sheet.text((506, 150), "Permanent Account Number Card", 34, anchor="ms")
    sheet.text((506, 222), PAN, 58, weight=700, anchor="ms")
    for top, label, value in ((290, "Name", "IMARA VELSTRAND"), (390, "Father's Name", "OSWIN VELSTRAND")):
        sheet.text((50, top), label, 28)
        sheet.text((50, top + 46), value, 38, weight=600)
    sheet.text((50, 500), "Date of Birth", 28)
    sheet.text((50, 548), "09/08/1991", 38, weight=600)
    sheet.text((962, 600), "SPECIMEN", 32, anchor="rs")
    return _picture(sheet)


def passport() -> Picture:
    """The page with the holder's data and the zone."""
    sheet = Sheet(1400, 980, "#f3f1e8")
    sheet.text((60, 80), "PASSPORT", 44, weight=700)
    sheet.text((440, 80), "REPUBLIC OF UTOPIA", 44, weight=700)
    sheet.rect((60, 160, 380, 580), "#d8dee4")
    facts = (("Surname", "VELSTRAND"), ("Given names", "IMARA LINDE"), ("Date of birth", "14 MAR 1991"))
    for index, (label, value) in enumerate(facts):
        sheet.text((440, 190 + index * 130), label, 30)
        sheet.text((440, 240 + index * 130), value, 42, weight=600)
    for index, line in enumerate((PASSPORT_LINES[0], passport_second_line())):
        for at, character in enumerate(line):
            sheet.text((60 + at * 29.2, 820 + index * 80), character, 44, weight=500, anchor="ms")
    return _picture(sheet)


GOODS = (("Masala dosa", 2, 180_00), ("Filter coffee", 3, 135_00), ("Mango lassi", 1, 95_50))


def bill() -> Picture:
    """A restaurant's bill with two taxes, in rupees."""
    sheet = Sheet(760, 1180, "#fbfaf7")
    sheet.text((380, 110), "Saffron Courtyard", 56, weight=700, anchor="ms")
    sheet.text((380, 170), "12 Lotus Road, Larkmoor", 34, anchor="ms")
    sheet.text((60, 260), "Bill No: 20817", 34)
    sheet.text((700, 260), "Date: 23/11/2024", 34, anchor="rs")
    net = sum(cents for _, _, cents in GOODS)
    tax = round(net * 0.025)
    rows = [(f"{count} {name}", cents) for name, count, cents in GOODS]
    rows += [("Subtotal", net), ("CGST 2.5%", tax), ("SGST 2.5%", tax)]
    for index, (label, cents) in enumerate(rows):
        sheet.text((60, 360 + index * 70), label, 36)
        sheet.text((700, 360 + index * 70), money(cents), 36, anchor="rs")
    sheet.text((60, 860), "Grand Total", 48, weight=700)
    sheet.text((700, 860), money(net + 2 * tax), 48, weight=700, anchor="rs")
    sheet.text((380, 980), "Thank you, come again", 36, anchor="ms")
    return _picture(sheet)


def money(cents: int) -> str:
    """An amount as it is printed."""
    return f"{cents // 100}.{cents % 100:02d}"


def _picture(sheet: Sheet) -> Picture:
    return np.asarray(sheet.picture())
