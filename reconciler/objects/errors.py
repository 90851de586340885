"""What can go wrong with objects, by what the caller does about it."""


class ObjectsError(Exception):
    """The root of this package's errors; the text leaves out the key, which may hold a file's name."""

    def __init__(self, text: str, *, key: str = "") -> None:
        super().__init__(text)
        self.key = key


class ObjectsUnavailable(ObjectsError):
    """The store could not be reached, or failed: nothing is known, try later."""


class ObjectMissing(ObjectsError):
    """The store answered that there is no such object."""


class ObjectsRefused(ObjectsError):
    """The store refused: trying again is useless until the keys, the bucket or the settings are changed."""


class ObjectTooLarge(ObjectsError):
    """The object has more bytes than the caller is ready to read."""
