"""Receipts and bills: the merchant, the date, and amounts that must add up. The total is read, never reckoned."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from worker.fields.amounts import Amount, amount_at_end
from worker.fields.dates import days
from worker.fields.field import Check, Entry, Field, found
from worker.fields.labels import fold, split_label
from worker.fields.lookalikes import Repair
from worker.fields.names import tidy
from worker.fields.page import Cell, Page
from worker.fields.pairs import named

_WITH_ITEMS = "items_and_tax"
_CHANCE = 0.01
"""Of wrong amounts one set in a hundred adds up all the same."""
_HEAD_SHARE = 0.35
_QUANTITY = re.compile(r"(?:(?P<first>\d{1,3})\s*[xX*]?\s+(?P<name>.*\S)|(?P<other>.*\S)\s+[xX]\s*(?P<last>\d{1,3}))")
_PRINTED = re.compile(
    r"receipt|invoice|bill|specimen|welcome|thank|tax|gst|tel|phone|date|till|cash|copy", re.IGNORECASE
)


class Role(StrEnum):
    """What an amount of a receipt is."""

    TOTAL = "total"
    SUBTOTAL = "subtotal"
    TAX = "tax"
    DISCOUNT = "discount"
    ROUNDING = "rounding"
    PAYMENT = "payment"
    ITEM = "item"


_ROLES = (
    (Role.SUBTOTAL, re.compile(r"sub\s*-?\s*total|net\s*amount|taxable|items?\s*total", re.IGNORECASE)),
    (
        Role.PAYMENT,
        re.compile(
            r"\b(card|cash|change|tender(ed)?|visa|mastercard|upi|paid|payment|balance|ending)\b", re.IGNORECASE
        ),
    ),
    (Role.TAX, re.compile(r"(?<![a-z])([csi]?gst|vat|tax|cess)(?![a-z])", re.IGNORECASE)),
    (Role.DISCOUNT, re.compile(r"discount|coupon|saved|rebate", re.IGNORECASE)),
    (Role.ROUNDING, re.compile(r"\bround", re.IGNORECASE)),
    (Role.TOTAL, re.compile(r"t[o0]ta[l1i]|amount\s*(due|payable)|net\s*payable|to\s*pay", re.IGNORECASE)),
)
_TOTAL_INCLUDING_TAX = re.compile(r"total.{0,12}incl", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sum:
    """A row that ends with an amount: what it is, what it is called, and its cells."""

    role: Role
    label: str
    amount: Amount
    cells: tuple[Cell, ...]


def sums(page: Page) -> list[Sum]:
    """Every row with an amount at its end; rows after the total that have no role are no items."""
    found_sums: list[Sum] = []
    for row in page.rows:
        amount = amount_at_end(row[-1].text)
        label = tidy(" ".join([*(cell.text for cell in row[:-1]), amount.before if amount else ""]))
        role = _role(label)
        is_over = any(one.role in (Role.TOTAL, Role.SUBTOTAL) for one in found_sums)
        if amount and label and not (role is Role.ITEM and is_over):
            found_sums.append(Sum(role, label, amount, row))
    return found_sums


def _role(label: str) -> Role:
    if _TOTAL_INCLUDING_TAX.search(label):
        return Role.TOTAL
    return next((role for role, pattern in _ROLES if pattern.search(label)), Role.ITEM)


def fields(page: Page) -> list[Field]:
    """Merchant, number, date, items, tax and total of the receipt."""
    every = sums(page)
    total, check = _total(every)
    trusted = [one for one in every if not one.amount.repairs or _is_borne_out(one, check)]
    return [
        *_merchant(page),
        *named(page, "receipt_number"),
        *_date(page),
        *_items([one for one in trusted if one.role is Role.ITEM], check),
        *_one("subtotal", [one for one in trusted if one.role is Role.SUBTOTAL], check),
        *_tax([one for one in trusted if one.role is Role.TAX], check),
        *_one("total", [one for one in trusted if one is total], check),
        *_currency(every),
    ]


def _is_borne_out(one: Sum, check: Check | None) -> bool:
    return check is not None and check.passed and (one.role is not Role.ITEM or check.rule == _WITH_ITEMS)


def _total(every: Sequence[Sum]) -> tuple[Sum | None, Check | None]:
    """The amount called the total, and whether the others add up to it.

    Of several that differ, the one they add up to; none where nothing tells them apart.
    """
    totals = [one for one in every if one.role is Role.TOTAL]
    checks = [(one, _adds_up(every, one.amount.value)) for one in totals]
    passing = [(one, check) for one, check in checks if check and check.passed]
    if passing:
        # The last is what was asked for: one before may stand over a discount.
        return passing[-1]
    return checks[0] if len({one.amount.value for one in totals}) == 1 else (None, None)


def _adds_up(every: Sequence[Sum], total: Decimal) -> Check | None:
    """Whether items or subtotal, with taxes, discounts and rounding, make the total; no verdict without either.

    A tax that prices include is not added.
    """
    items, subtotals = _values(every, Role.ITEM), _values(every, Role.SUBTOTAL)
    if not items and not subtotals:
        return None
    added = sum(_values(every, Role.TAX)) + sum(_values(every, Role.ROUNDING))
    taken = sum(abs(value) for value in _values(every, Role.DISCOUNT))
    bases = subtotals[:1] or [sum(items, Decimal(0))]
    passed = any(total in (base + added - taken, base - taken, base + added) for base in bases)
    # Where the items do not make the subtotal, it bears out the total all the same, but says nothing of the items.
    are_items_checked = items and (not subtotals or sum(items) in (subtotals[0], subtotals[0] + taken))
    return Check(rule=_WITH_ITEMS if are_items_checked else "subtotal_and_tax", passed=passed, chance=_CHANCE)


def _values(every: Iterable[Sum], role: Role) -> list[Decimal]:
    return [one.amount.value for one in every if one.role is role]


def _one(name: str, chosen: Sequence[Sum], check: Check | None) -> list[Field]:
    if not chosen:
        return []
    one = chosen[0]
    return [found(name, one.amount.plain, one.cells, check=check, repairs=one.amount.repairs)]


def _tax(taxes: Sequence[Sum], check: Check | None) -> list[Field]:
    """The tax, or the sum of its parts where several are printed."""
    if not taxes:
        return []
    cells = [cell for one in taxes for cell in one.cells]
    repaired = _repairs(taxes)
    value = sum((one.amount.value for one in taxes), Decimal(0))
    return [found("tax", f"{value:.2f}", cells, check=check, repairs=repaired)]


def _items(items: Sequence[Sum], check: Check | None) -> list[Field]:
    if not items:
        return []
    own = check if check and check.rule == _WITH_ITEMS else None
    cells = [cell for one in items for cell in one.cells]
    names = [cell for one in items for cell in (one.cells[:-1] or one.cells)]
    value = tuple(map(_entry, items))
    return [found("items", value, cells, check=own, repairs=_repairs(items), unchecked=names)]


def _repairs(every: Sequence[Sum]) -> tuple[Repair, ...]:
    return tuple(repair for one in every for repair in one.amount.repairs)


def _entry(item: Sum) -> Entry:
    match = _QUANTITY.fullmatch(item.label)
    if match is None:
        return {"name": item.label, "amount": item.amount.plain}
    name, quantity = match["name"] or match["other"], match["first"] or match["last"]
    return {"name": name, "quantity": quantity, "amount": item.amount.plain}


def _date(page: Page) -> list[Field]:
    """The date behind its label, or the only date of the page."""
    labelled = named(page, "date")
    if labelled:
        return labelled
    dated = [(cell, day) for cell in page.cells for day in days(cell.text)]
    if len({day.value for _, day in dated}) != 1:
        return []
    cell, day = dated[0]
    check = Check(rule="calendar", passed=True, chance=0.3)
    return [
        found("date", day.value, (cell,), check=check, repairs=day.repairs, is_ambiguous=day.iso is None, doubt=0.98)
    ]


def _merchant(page: Page) -> list[Field]:
    """The largest writing at the top that is no date, amount, label or printed word."""
    rows = page.rows[: max(1, round(len(page.rows) * _HEAD_SHARE))]
    head = [cell for row in rows for cell in row if _may_be_merchant(cell.text)]
    if not head:
        return []
    chosen = max(head, key=lambda cell: (round(cell.box.height / 4), -cell.number))
    return [found("merchant", tidy(chosen.text), (chosen,), doubt=0.96)]


def _may_be_merchant(text: str) -> bool:
    letters = sum(map(str.isalpha, text))
    is_plain = letters >= 3 and letters * 2 > len(fold(text)) and not days(text) and amount_at_end(text) is None
    return is_plain and split_label(text) is None and not _PRINTED.search(text)


def _currency(every: Sequence[Sum]) -> list[Field]:
    signed = [one for one in every if one.amount.currency]
    if len({one.amount.currency for one in signed}) != 1:
        return []
    return [found("currency", str(signed[0].amount.currency), signed[0].cells)]
