"""The commands of the tool and their flags: data, read by the parser, the help and the dispatcher alike."""

from typing import NamedTuple

from reconciler.local.camber.flags import Flag, Kind

NODE_SIZES = ("xxsmall", "xsmall", "small", "medium", "large")
GPU_NODE_SIZES = ("xsmall", "medium")
ENGINES = ("base", "mpi", "mesa", "athena", "nextflow", "gromacs", "lammps", "openfoam")

GLOBAL_FLAGS = (Flag("api-key", Kind.STRING, "API key for authentication (also set via CAMBER_API_KEY env var)"),)
_OUTPUT = Flag("output", Kind.STRING, "output format (e.g. json)")


class Command(NamedTuple):
    """A node of the command tree. One with children only groups them; the others can be run."""

    name: str
    short: str
    flags: tuple[Flag, ...] = ()
    required: tuple[str, ...] = ()
    arguments_min: int = 0
    arguments_max: int | None = None
    children: tuple["Command", ...] = ()

    def child(self, name: str) -> "Command | None":
        """The command of that name below this one."""
        return next((child for child in self.children if child.name == name), None)


_JOB = Command(
    name="job",
    short="Manage jobs",
    children=(
        Command(
            name="create",
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
        Command(name="get", short="Get job information", flags=(_OUTPUT,), arguments_min=1, arguments_max=1),
        Command(
            name="list",
            short="List jobs",
            flags=(
                _OUTPUT,
                Flag("page", Kind.INT, "page number", default="1"),
                Flag("size", Kind.INT, "page size", default="10"),
            ),
        ),
        Command(name="logs", short="Get job logs", arguments_min=1, arguments_max=1),
    ),
)

_STASH = Command(
    name="stash",
    short="Manage your stash",
    children=(
        Command(
            name="cp",
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
            short="List Stash files and directories",
            flags=(
                Flag("all", Kind.BOOL, "include hidden files and directories", shorthand="a"),
                _OUTPUT,
                Flag("recursive", Kind.BOOL, "list files and directories recursively", shorthand="r"),
            ),
            arguments_max=1,
        ),
        Command(name="mkdir", short="Create a Stash directory", arguments_min=1, arguments_max=1),
        Command(
            name="rm",
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

ROOT = Command(
    name="camber",
    short="Camber CLI",
    children=(
        _JOB,
        Command(name="me", short="Show the current user", flags=(_OUTPUT,)),
        _STASH,
        Command(name="version", short="Print the version of the Camber CLI"),
    ),
)
