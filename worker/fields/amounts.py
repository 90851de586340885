"""Amounts of money, exactly, where the text can mean one amount only."""

import re
from dataclasses import dataclass
from decimal import Decimal

from worker.fields.lookalikes import Repair, as_digits, repairs

_CURRENCY = r"(?:Rs\.?|INR|USD|EUR|GBP|[₹$€£¥])"
_LOOSE = r"[0-9OoQDIl|ZSB]"
_NUMBER = rf"{_LOOSE}{{1,3}}(?:[, ]{_LOOSE}{{2,3}})*[, ]{_LOOSE}{{3}}|{_LOOSE}{{1,9}}"
_AT_END = re.compile(
    rf"(?:^|(?<=[\s:=*x@(]))(?P<minus>[-\u2212]\s?)?(?P<sign>{_CURRENCY})?\s{{0,2}}"
    rf"(?P<whole>{_NUMBER})(?P<cents>[.,]\s?{_LOOSE}{{2}})(?:/-)?\s?(?P<after>{_CURRENCY})?\s?[A-Z*]?$"
)
_WHOLE_AT_END = re.compile(
    rf"(?:^|(?<=[\s:=]))(?P<sign>{_CURRENCY})\s{{0,2}}(?P<whole>{_NUMBER})(?P<cents>)(?P<minus>)(?P<after>)(?:/-)?$"
)
_CURRENCIES = {"Rs": "INR", "₹": "INR", "$": None, "€": "EUR", "£": "GBP", "¥": None}


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount at the end of a text, and the text before it. With repairs it counts only where a rule decides."""

    value: Decimal
    before: str
    currency: str | None
    repairs: tuple[Repair, ...]

    @property
    def plain(self) -> str:
        """The amount with a point and two decimals."""
        return f"{self.value:.2f}"


def amount_at_end(text: str) -> Amount | None:
    """The amount that a text ends with: with two decimals, or whole behind a sign of currency."""
    text = text.strip()
    match = _AT_END.search(text) or _WHOLE_AT_END.search(text)
    if match is None or sum(map(str.isdigit, match["whole"] + match["cents"])) * 2 < len(match["whole"]):
        return None
    read = "".join((match["whole"] + match["cents"]).split())
    digits = as_digits(read)
    cents = re.sub(r"\D", "", as_digits(match["cents"])) or "00"
    whole = re.sub(r"\D", "", as_digits(match["whole"]))
    value = Decimal(f"{whole}.{cents}")
    return Amount(
        value=-value if match["minus"] else value,
        before=text[: match.start()].rstrip(" :=-."),
        currency=_currency(match["sign"] or match["after"]),
        repairs=repairs(read, digits),
    )


def _currency(sign: str | None) -> str | None:
    """The code of a currency; none for a sign that several share."""
    if not sign:
        return None
    word = sign.rstrip(".")
    return _CURRENCIES.get(word, word if len(word) == 3 else None)
