"""The commands of the tool and their flags: data, read by the parser, the help and the dispatcher alike."""

from collections.abc import Iterator
from typing import NamedTuple

from reconciler.local.camber.flags import Flag, Kind

NODE_SIZES = ("xxsmall", "xsmall", "small", "medium", "large")
GPU_NODE_SIZES = ("xsmall", "medium")
ENGINES = ("base", "mpi", "mesa", "athena", "nextflow", "gromacs", "lammps", "openfoam")

GLOBAL_FLAGS = (Flag("api-key", Kind.STRING, "API key for authentication (also set via CAMBER_API_KEY env var)"),)
OUTPUT = Flag("output", Kind.STRING, "output format (e.g. json)")


class Command(NamedTuple):
    """A node of the command tree. One with children only groups them; the others can be run."""

    name: str
    short: str
    flags: tuple[Flag, ...] = ()
    required: tuple[str, ...] = ()
    arguments_min: int = 0
    arguments_max: int | None = None
    children: tuple["Command", ...] = ()
    answered_by: str = ""
    """The function that does it, by its module. A command without one shows its help, as every group does."""

    def child(self, name: str) -> "Command | None":
        """The command of that name below this one."""
        return next((child for child in self.children if child.name == name), None)


_JOB = Command(
    name="job",
    short="Manage jobs",
    children=(
        Command(
            name="create",
            answered_by="jobs.create",
            short="Create a new job",
            flags=(
                Flag("cmd", Kind.STRING, "command for the job (required)"),
                Flag("engine", Kind.STRING, f"engine type ({', '.join(ENGINES)})", default="mpi"),
                Flag("gpu", Kind.BOOL, "use a GPU node"),
                Flag("num-nodes", Kind.INT, "number of nodes for the job", default="1"),
                Flag("path", Kind.STRING, "stash path to mount as the working directory (required)"),
                Flag("size", Kind.STRING, f"node size ({', '.join(NODE_SIZES)})", default="xxsmall"),
            ),
            required=("cmd", "path"),
        ),
        Command(
            name="get",
            answered_by="jobs.get",
            short="Get job information",
            flags=(OUTPUT,),
            arguments_min=1,
            arguments_max=1,
        ),
        Command(
            name="list",
            answered_by="jobs.list_page",
            short="List jobs",
            flags=(
                OUTPUT,
                Flag("page", Kind.INT, "page number", default="1"),
                Flag("size", Kind.INT, "page size", default="10"),
            ),
        ),
        Command(name="logs", answered_by="jobs.logs", short="Get job logs", arguments_min=1, arguments_max=1),
    ),
)

_STASH = Command(
    name="stash",
    short="Manage your stash",
    children=(
        Command(
            name="cp",
            answered_by="stash_copy.cp",
            short="Copy Stash files and directories",
            flags=(
                Flag("exclude", Kind.STRING_ARRAY, "pattern to leave out. Repeat for multiple patterns."),
                Flag("recursive", Kind.BOOL, "copy directories recursively", shorthand="r"),
                Flag("use-gitignore", Kind.BOOL, "leave out what .gitignore names"),
            ),
            arguments_min=2,
        ),
        Command(
            name="ls",
            answered_by="stash.ls",
            short="List Stash files and directories",
            flags=(
                Flag("all", Kind.BOOL, "include hidden files and directories", shorthand="a"),
                OUTPUT,
                Flag("recursive", Kind.BOOL, "list files and directories recursively", shorthand="r"),
            ),
            arguments_max=1,
        ),
        Command(
            name="mkdir", answered_by="stash.mkdir", short="Create a Stash directory", arguments_min=1, arguments_max=1
        ),
        Command(
            name="rm",
            answered_by="stash.rm",
            short="Remove Stash files and directories",
            flags=(
                Flag("force", Kind.BOOL, "do not ask for confirmation", shorthand="f"),
                Flag("recursive", Kind.BOOL, "remove directories and their contents", shorthand="r"),
            ),
            arguments_min=1,
            arguments_max=1,
        ),
        Command(
            name="test",
            answered_by="stash.test",
            short="Test a Stash path",
            flags=(
                Flag("directory", Kind.BOOL, "true if the path is a directory", shorthand="d"),
                Flag("exists", Kind.BOOL, "true if the path exists", shorthand="e"),
                Flag("file", Kind.BOOL, "true if the path is a file", shorthand="f"),
            ),
            arguments_min=1,
            arguments_max=1,
        ),
    ),
)

_APP = Command(
    name="app",
    short="Manage applications",
    children=(
        Command(
            name="create",
            answered_by="apps.create",
            short="Create an app",
            flags=(Flag("file", Kind.STRING, "app definition, a local or a stash:// path (required)"), OUTPUT),
            required=("file",),
        ),
        Command(name="delete", answered_by="apps.delete", short="Delete an app", arguments_min=1, arguments_max=1),
        Command(
            name="describe",
            answered_by="apps.describe",
            short="Describe an app",
            flags=(OUTPUT,),
            arguments_min=1,
            arguments_max=1,
        ),
        Command(name="list", answered_by="apps.list_all", short="List apps", flags=(OUTPUT,)),
        Command(
            name="run",
            answered_by="apps.run",
            short="Run an app",
            flags=(
                Flag("input", Kind.STRING_ARRAY, "Input in key=value format. Repeat for multiple inputs."),
                Flag("node-size", Kind.STRING, "Node size for the job"),
                Flag("num-nodes", Kind.INT32, "Number of nodes for the job"),
                OUTPUT,
                Flag("with-gpu", Kind.BOOL, "Whether to use GPU"),
            ),
            arguments_min=1,
            arguments_max=1,
        ),
    ),
)

ROOT = Command(
    name="camber",
    short="Camber CLI",
    children=(
        # Of those that only show their help no screen was ever captured.
        Command(name="agent", short="Manage agents"),
        _APP,
        Command(name="chat", short="Chat with an agent"),
        Command(
            name="engine",
            short="Manage engines",
            children=(Command(name="list", answered_by="account.engines", short="List engines", flags=(OUTPUT,)),),
        ),
        _JOB,
        Command(name="login", short="Log in with a browser"),
        Command(name="me", answered_by="account.me", short="Show the current user", flags=(OUTPUT,)),
        _STASH,
        Command(name="tag", short="Manage tags"),
        Command(
            name="team",
            short="Manage teams",
            children=(Command(name="list", answered_by="account.teams", short="List teams", flags=(OUTPUT,)),),
        ),
        Command(name="update", short="Update the Camber CLI"),
        Command(name="version", answered_by="account.version", short="Print the version of the Camber CLI"),
    ),
)


def callable_words() -> tuple[str, ...]:
    """Every command that does something, as `job create`."""
    return tuple(_words_below(ROOT, ""))


def _words_below(command: Command, prefix: str) -> Iterator[str]:
    for child in command.children:
        words = f"{prefix}{child.name}"
        if child.answered_by:
            yield words
        yield from _words_below(child, f"{words} ")
