"""A till's narrow strip, printed in a font of equal widths; its sums add up."""

from random import Random

from PIL import Image

from bench.documents.paper import Paper
from bench.documents.people import Person, day, digits, money, some_day
from bench.documents.plan import Suite
from bench.documents.truth import Truth
from reconciler.local.samples import ornaments

_SHOPS = ("Copperleaf Grocery", "Indigo Stationers", "Saffron Kitchen", "Monsoon Hardware", "Peacock Pharmacy")
_GOODS = (
    *("Basmati rice 1kg", "Oat milk", "Wild honey", "Plum tomatoes", "Smoked paprika", "Ground coffee"),
    *("Notebook A5", "Steel hinge", "Cough syrup", "Masala tea", "Jaggery block", "Soap bar"),
)
_TAX_PERCENT = 5
_LEFT, _RIGHT, _ROW = 56, 704, 58


def draw(person: Person, suite: Suite, random: Random) -> tuple[Image.Image, Truth]:
    """Draw the strip, 760 x 1400."""
    paper = Paper(760, 1400, suite, "#fbfaf7")
    shop, bought = random.choice(_SHOPS), some_day(random, 2022, 2025)
    goods = [(name, random.randint(1, 3), random.randint(12, 900) * 50) for name in random.sample(_GOODS, 7)]
    net = sum(count * each for _, count, each in goods)
    tax = (net * _TAX_PERCENT + 50) // 100
    number = digits(random, 5)
    _head(paper, shop, f"{person.street}, {person.town}")
    _line(paper, 330, f"Receipt {number}", day(bought))
    bottom = _goods(paper, goods, 420)
    _line(paper, bottom + 40, "Subtotal", money(net))
    _line(paper, bottom + 92, f"GST {_TAX_PERCENT}%", money(tax))
    paper.figures((_LEFT, bottom + 176), "TOTAL Rs", 46, weight=700)
    paper.figures((_RIGHT, bottom + 176), money(net + tax), 46, weight=700, anchor="rs")
    ornaments.bars(paper, (150, 1240, 618, 1330), random.randrange(1000))
    paper.figures((380, 1200), "Not a real document", 28, anchor="ms")
    fields = {"merchant": shop, "date": day(bought), "tax": money(tax), "total": money(net + tax)}
    return paper.finished("receipt", fields)


def _head(paper: Paper, shop: str, address: str) -> None:
    paper.text((380, 110), shop, 54, weight=700, anchor="ms")
    paper.figures((380, 166), address, 28, anchor="ms")
    paper.figures((380, 230), "SPECIMEN", 34, weight=700, anchor="ms")
    ornaments.dashes(paper, (_LEFT, 262), _RIGHT - _LEFT, "#26221d")


def _goods(paper: Paper, goods: list[tuple[str, int, int]], top: float) -> float:
    for index, (name, count, each) in enumerate(goods):
        _line(paper, top + index * _ROW, f"{count} x {name}", money(count * each))
    bottom = top + len(goods) * _ROW
    ornaments.dashes(paper, (_LEFT, bottom - 20), _RIGHT - _LEFT, "#26221d")
    return bottom


def _line(paper: Paper, baseline: float, left: str, right: str) -> None:
    paper.figures((_LEFT, baseline), left, 32)
    paper.figures((_RIGHT, baseline), right, 32, anchor="rs")
