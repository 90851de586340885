"""What a public key of age looks like: Bech32 (BIP-173) of 32 bytes, with a checksum against mistyping."""

_LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_PREFIX = "age"
_CHECKSUM_LETTERS = 6
# 32 bytes in letters of five bits: 52, the last of them with four bits that must be zero.
_KEY_LETTERS = 52
_PADDING = 0b1111


def is_public_key(text: str) -> bool:
    """Say whether the text is the public key of an X25519 pair, as age-keygen prints it."""
    prefix, _, data = text.rpartition("1")
    if prefix != _PREFIX or len(data) != _KEY_LETTERS + _CHECKSUM_LETTERS or not set(data) <= set(_LETTERS):
        return False
    values = [_LETTERS.index(letter) for letter in data]
    return _checksum(_expanded(prefix) + values) == 1 and not values[_KEY_LETTERS - 1] & _PADDING


def _expanded(prefix: str) -> list[int]:
    codes = [ord(letter) for letter in prefix]
    return [code >> 5 for code in codes] + [0] + [code & 31 for code in codes]


def _checksum(values: list[int]) -> int:
    check = 1
    for value in values:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for bit, term in enumerate(_GENERATOR):
            check ^= term if top >> bit & 1 else 0
    return check
