"""How a command fails, by who noticed: the command line itself, or the service behind it."""


class CommandError(Exception):
    """A command that failed. It is shown with its usage on standard error."""

    answered = False
    """Whether the service said so: then the bare message is repeated on standard output."""

    repeats = 1
    """How often it is repeated there: `app delete` says it twice."""

    exit_code = 1
    """What the process ends with; an error with 0 was reported of the real tool."""


class UnknownCommandError(CommandError):
    """The first word names no command: cobra points at the help instead of showing the usage."""


class AuthenticationError(CommandError):
    """Nobody is logged in."""

    answered = True

    def __init__(self, message: str = "authentication error: run 'camber login' or set CAMBER_API_KEY") -> None:
        super().__init__(message)


class ApiError(CommandError):
    """The service refused. The code is its own small number, not an HTTP status."""

    answered = True

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"API error: code={code}, message={message}")


class EmulatorError(Exception):
    """The emulator itself is set up wrongly: never something the real tool would say."""
