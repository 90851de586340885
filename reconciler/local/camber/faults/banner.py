"""The tool says that it is out of date, before anything else."""

from reconciler.local.camber.faults.kinds import ANY, Kind, NoOptions
from reconciler.local.camber.screens import banner, write_out
from reconciler.local.camber.service import Call, Handler, Reply


def _befall(answer: Handler, call: Call, _: NoOptions) -> Reply:
    write_out(banner(call.config.version, call.config.latest_version))
    return answer(call)


KIND = Kind(ANY, _befall, NoOptions)
