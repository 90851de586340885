import subprocess
import sys

import pytest


def test_prepared_libraries_read_settings_in_c_and_hinder_no_import() -> None:
    told = _in_a_process("prepare_libraries(); import yaml; print(yaml.FullLoader.__name__)")
    told += _in_a_process("prepare_libraries(); import importlib.util as util; print(util.find_spec('no_such_module'))")

    assert told.split() == ["CFullLoader", "None"]


def test_what_is_absent_can_be_imported_and_asked_for_a_kind_but_not_used() -> None:
    told = _in_a_process(
        "prepare_libraries(); import pandas, modelscope.hub.errors as errors, huggingface_hub as hub; "
        "from aistudio_sdk.errors import NotExistError; hub.logging.set_verbosity_error(); "
        "print(isinstance({}, pandas.DataFrame), issubclass(NotExistError, Exception), errors.__spec__.origin)"
    )

    assert told.split() == ["False", "True", "absent"]


@pytest.mark.parametrize("use", ["pandas.DataFrame([1])", "hub.snapshot_download('somebody/model')"])
def test_using_what_is_absent_is_told(use: str) -> None:
    script = f"prepare_libraries(); import pandas, huggingface_hub as hub; {use}"

    with pytest.raises(subprocess.CalledProcessError) as caught:
        _in_a_process(script)

    assert "was asked for, and no worker has it" in caught.value.stderr


def _in_a_process(deeds: str) -> str:
    """What the deeds print where a warning is an error: preparing changes the whole process it is called in."""
    script = f"from worker.processors.libraries import prepare_libraries; {deeds}"
    command = [sys.executable, "-W", "error", "-c", script]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
