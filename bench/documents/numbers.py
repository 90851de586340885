"""Check digits: Verhoeff for Aadhaar-like numbers, weights 7 3 1 for a passport's machine-readable zone."""

from functools import cache

_MRZ_WEIGHTS = (7, 3, 1)
_DIHEDRAL_SIZE = 5
# The permutation that Verhoeff found best; applied once more for each place from the right.
_PERMUTATION = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def with_verhoeff(digits: str) -> str:
    """The digits and their check digit."""
    return next(whole for check in range(10) if verhoeff_holds(whole := f"{digits}{check}"))


def verhoeff_holds(digits: str) -> bool:
    """Whether the last digit is the check digit of those before it."""
    sum_so_far = 0
    for place, digit in enumerate(reversed(digits)):
        sum_so_far = _product(sum_so_far, _permuted(int(digit), place % 8))
    return sum_so_far == 0


@cache
def _permuted(digit: int, times: int) -> int:
    return digit if times == 0 else _PERMUTATION[_permuted(digit, times - 1)]


def _product(left: int, right: int) -> int:
    """Of two elements of the dihedral group of the pentagon: 0 to 4 turn it, 5 to 9 turn and mirror it."""
    turn = left % _DIHEDRAL_SIZE + (right if left < _DIHEDRAL_SIZE else -right)
    mirrored = (left >= _DIHEDRAL_SIZE) != (right >= _DIHEDRAL_SIZE)
    return turn % _DIHEDRAL_SIZE + (_DIHEDRAL_SIZE if mirrored else 0)


def mrz_check(field: str) -> str:
    """The check digit of a field of the machine-readable zone; a filler counts nothing."""
    values = (0 if letter == "<" else int(letter, 36) for letter in field)
    return str(sum(value * _MRZ_WEIGHTS[place % 3] for place, value in enumerate(values)) % 10)
