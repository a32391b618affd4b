"""What hosts read agrees with the project: requirements.txt, Dockerfile, the card of a Space."""

import re
import tomllib

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.requirements import requirements
from tests.conftest import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
HOSTING = (ROOT / "docs" / "hosting.md").read_text(encoding="utf-8")
IGNORED = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()


def pins(text):
    return {line for line in text.splitlines() if not line.startswith("#")}


def test_requirements_are_what_runs_in_the_versions_of_constraints():
    written = pins((ROOT / "requirements.txt").read_text(encoding="utf-8"))
    assert pins(requirements()) <= written, "run `python -m deploy.requirements`"
    assert written <= pins((ROOT / "constraints.txt").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {line.split("==")[0] for line in written}
    direct = {canonicalize_name(Requirement(text).name) for text in project["dependencies"]}
    assert direct <= names
    assert not {"pytest", "hatchling", "ruff", "mypy"} & names


def test_the_image_is_as_the_page_says():
    [card] = re.findall(r"^---\n(.*?)^---$", HOSTING, flags=re.MULTILINE | re.DOTALL)
    [port] = re.findall(r"^EXPOSE (\d+)$", DOCKERFILE, flags=re.MULTILINE)
    assert f"app_port: {port}\n" in card
    assert "\nUSER 1000\n" in DOCKERFILE
    assert f"http://127.0.0.1:{port}/_stcore/health" in DOCKERFILE
    variables = dict(re.findall(r"^ENV (\w+)=(.*)$", DOCKERFILE, flags=re.MULTILINE))
    assert variables["TRAILSCOPE_HOSTED"] == "1"
    for name in (name for name in variables if name.startswith("TRAILSCOPE_")):
        assert f"| `{name}" in HOSTING


def test_what_the_image_installs_is_sent_to_it():
    wanted = {"core", "dashboard", "assets", ".streamlit", "pyproject.toml", "constraints.txt",
              "README.md", "LICENSE", "deploy"}
    assert all((ROOT / name).exists() for name in wanted)
    assert not wanted & set(IGNORED)


def test_no_registry_is_named_by_its_host():
    files = [ROOT / name for name in ("Dockerfile", "requirements.txt", "constraints.txt",
                                      "pyproject.toml", "docs/hosting.md")]
    for path in [*files, *(ROOT / "deploy").iterdir()]:
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert "index-url=http" not in text.lower().replace(" ", "=")
            assert not re.search(r"pypi\.org|pytorch\.org|pythonhosted", text)
