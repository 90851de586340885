"""The application calls: the container route. What has an effect is tried once; reads are tried again."""

from pathlib import Path

from reconciler.camber import argv
from reconciler.camber.parse.apps import App, AppDeleted, AppNames, read_app, read_app_deleted, read_app_list
from reconciler.camber.parse.creation import read_create
from reconciler.camber.runner import Call, Runner, silence_of, uncreated
from reconciler.domain.observations import CreateOutcome, Unreachable


class AppCalls:
    """What can be done with the account's applications."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._limits = runner.config.limits

    def create(self, definition: Path) -> App | Unreachable:
        """Create an application from its definition, once; over one that exists, Camber refuses."""
        return self._runner.ask(self._call(argv.app_create(definition)), read_app, silence_of)

    def describe(self, name: str) -> App | Unreachable:
        """Return the application; one that is missing cannot be told from a call that failed."""
        return self._runner.ask_again(self._call(argv.app_describe(name)), read_app)

    def names(self) -> AppNames | Unreachable:
        """Return the names of all applications: the list has no pages."""
        return self._runner.ask_again(self._call(argv.app_list()), read_app_list)

    def delete(self, name: str) -> AppDeleted | Unreachable:
        """Delete an application, once."""
        return self._runner.ask(self._call(argv.app_delete(name)), read_app_deleted, silence_of)

    def run(self, name: str, inputs: dict[str, str], *, node_size: str, boot_deadline: float) -> CreateOutcome:
        """Create a job of the application, once, under the same rules as `CamberClient.create`."""
        call = Call(
            arguments=argv.app_run(name, inputs, node_size=node_size),
            limit_seconds=self._limits.create,
            output_bytes_max=argv.CREATE_OUTPUT_BYTES_MAX,
            boot_deadline=boot_deadline,
        )
        return self._runner.ask(call, read_create, uncreated)

    def _call(self, arguments: list[str]) -> Call:
        return Call(arguments=arguments, limit_seconds=self._limits.app)
