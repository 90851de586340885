"""People who do not exist, with numbers that hold under their rules and dates that hold together."""

import string
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from bench.documents.numbers import with_verhoeff

_FIRST = (
    *("Ashira", "Devayan", "Ilakshi", "Rohanik", "Meeravi", "Tejaswan", "Kavyanti", "Nirvaan", "Sahasra", "Yuvanth"),
    *("Lohitash", "Pranaya", "Oviyan", "Zarinah", "Farhaan", "Gulmira", "Harjeet", "Jyotika", "Quasim", "Urvika"),
)
_LAST = (
    *(
        "Talwarkar",
        "Menonath",
        "Bhattarai",
        "Iyerson",
        "Chaudhara",
        "Velmurugan",
        "Deshpriya",
        "Kulkarane",
        "Nairanath",
    ),
    *("Oberoyal", "Patilkar", "Qureshani", "Rathorey", "Sengupto", "Upadhyan", "Wadekar", "Xaviero", "Zaveriya"),
)
_STREETS = ("Banyan Marg", "Lotus Lane", "Temple Road", "Canal Street", "Mango Grove", "Fort Crescent", "Neem Avenue")
_TOWNS = ("Suryapura", "Nadigaon", "Chandanwadi", "Meghanagar", "Tarapet", "Vasantpur")
_TEST_AADHAAR = "9999"
"""Numbers that begin so were set apart for tests; nobody has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """All that eight kinds of documents tell of somebody."""

    first_name: str
    last_name: str
    father: str
    is_female: bool
    born: date
    street: str
    town: str
    pin: str
    telephone: str
    pan: str
    aadhaar: str
    passport: str
    card: str
    roll: str

    @property
    def name(self) -> str:
        """First name and last name."""
        return f"{self.first_name} {self.last_name}"

    @property
    def email(self) -> str:
        """An address in a domain that is nobody's."""
        return f"{self.first_name}.{self.last_name}@example.org".lower()


def somebody(random: Random) -> Person:
    """Somebody new."""
    last = random.choice(_LAST)
    return Person(
        first_name=random.choice(_FIRST),
        last_name=last,
        father=f"{random.choice(_FIRST)} {last}",
        is_female=random.random() < 0.5,
        born=date(1960, 1, 1) + timedelta(days=random.randrange(45 * 365)),
        street=f"{random.randint(1, 299)} {random.choice(_STREETS)}",
        town=random.choice(_TOWNS),
        pin=digits(random, 6, first="123456789"),
        telephone=f"90000 {digits(random, 5)}",
        # The fourth letter says that the holder is a person, the fifth begins the last name.
        pan=f"{_letters(random, 3)}P{last[0]}{digits(random, 4)}{_letters(random, 1)}",
        aadhaar=with_verhoeff(_TEST_AADHAAR + digits(random, 7)),
        passport=_letters(random, 1) + digits(random, 7, first="123456789"),
        card=f"LKM {digits(random, 4)} {digits(random, 4)}",
        roll=f"NV-{digits(random, 6)}",
    )


def digits(random: Random, count: int, first: str = string.digits) -> str:
    """So many digits, the first of them one of `first`."""
    return random.choice(first) + "".join(random.choice(string.digits) for _ in range(count - 1))


def _letters(random: Random, count: int) -> str:
    return "".join(random.choice(string.ascii_uppercase) for _ in range(count))


def day(value: date) -> str:
    """As Indian documents write it."""
    return value.strftime("%d/%m/%Y")


def some_day(random: Random, first_year: int, last_year: int) -> date:
    """A day of those years."""
    start = date(first_year, 1, 1)
    return start + timedelta(days=random.randrange((date(last_year, 12, 31) - start).days + 1))


def money(paise: int) -> str:
    """As tills print it."""
    return f"{paise // 100}.{paise % 100:02d}"
