"""The manifests: valid, restricted, without a secret, and with settings that the daemon can use."""

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from reconciler.settings import Settings, load
from tests.deploy.given import secret_settings, with_files
from tests.world import RECIPIENT

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "kubernetes"
VERSIONS = ["1.30", "1.33", "1.37"]
FILES = sorted(FOLDER.glob("*.yaml"))


def resources() -> list[dict[str, Any]]:
    """Every resource of the manifests, by kind and name."""
    found = [one for file in FILES for one in yaml.safe_load_all(file.read_text("utf-8"))]
    return [one for one in found if one["kind"] != "Kustomization"]


def of_kind(kind: str) -> dict[str, Any]:
    (one,) = (resource for resource in resources() if resource["kind"] == kind)
    return one


def pods() -> dict[str, dict[str, Any]]:
    return {kind: of_kind(kind)["spec"]["template"]["spec"] for kind in ("Deployment", "Job")}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("resource", resources(), ids=lambda one: f"{one['kind']}-{one['metadata']['name']}")
def test_each_resource_fits_its_schema(resource: dict[str, Any], version: str) -> None:
    kubernetes_validate.validate(resource, version, strict=True)


def test_a_slip_is_found() -> None:
    wrong = of_kind("Deployment")
    wrong["spec"]["replcas"] = 2

    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[0], strict=True)


def test_kustomize_takes_every_file_in() -> None:
    listed = yaml.safe_load((FOLDER / "kustomization.yaml").read_text("utf-8"))["resources"]

    assert {file.name for file in FILES} == {*listed, "kustomization.yaml"}


@pytest.mark.parametrize("kind", ["Deployment", "Job"])
def test_a_pod_is_as_restricted_as_the_namespace_demands(kind: str) -> None:
    pod = pods()[kind]
    (container,) = pod["containers"]

    assert of_kind("Namespace")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"]["memory"]


def test_no_secret_stands_in_a_manifest() -> None:
    """Each is a file of a Secret that the operator makes; the manifests only name it."""
    given = of_kind("ConfigMap")["data"]
    secrets = {pod["volumes"][0]["secret"]["secretName"] for pod in pods().values()}

    assert not [one for one in resources() if one["kind"] == "Secret"]
    assert not secret_settings() & given.keys()
    assert {"reconciler-daemon", "reconciler-owner"} == secrets
    assert all("value" not in variable or variable["name"].endswith("_FILE") for variable in _variables())


def _variables() -> list[dict[str, Any]]:
    return [variable for pod in pods().values() for variable in pod["containers"][0].get("env", [])]


def test_the_daemon_can_use_the_settings(tmp_path: Path) -> None:
    given = of_kind("ConfigMap")["data"] | {"AGE_RECIPIENTS": RECIPIENT}

    settings = load(with_files(given, tmp_path), tmp_path / ".env")

    assert (
        settings.health_port
        == of_kind("Deployment")["spec"]["template"]["spec"]["containers"][0]["ports"][0]["containerPort"]
    )
    assert {name.removesuffix("_FILE") for name in given} <= {name.upper() for name in Settings.model_fields}
    grace = of_kind("Deployment")["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
    assert grace > settings.drain_seconds + settings.create_limit_seconds


def test_probes_ask_what_the_daemon_serves() -> None:
    (daemon,) = pods()["Deployment"]["containers"]

    paths = {name: daemon[name]["httpGet"]["path"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}

    assert paths == {"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}
