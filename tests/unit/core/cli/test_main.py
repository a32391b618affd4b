"""The command as a process of its own."""

import subprocess
import sys

COMMANDS = ("linearize", "decode", "enumerate", "score", "generate", "train", "models",
            "import-checkpoint", "app")


def test_python_m_core_lists_all_commands():
    done = subprocess.run([sys.executable, "-m", "core", "--help"], capture_output=True, text=True,
                          check=True)
    for command in COMMANDS:
        assert f" {command} " in done.stdout


def test_help_does_not_wait_for_torch():
    script = ("import sys\nfrom core.cli import main\n"
              "try:\n    main(['score', '--help'])\n"
              "finally:\n    print('torch' in sys.modules, file=sys.stderr)\n")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True,
                          check=True)
    assert done.stderr == "False\n"


def test_every_command_explains_itself(trailscope):
    for command in COMMANDS:
        result = trailscope(command, "--help")
        assert result.status == 0
        assert "Usage:" in result.out


def test_an_unknown_command_is_a_usage_error(trailscope):
    assert trailscope("linearise", "CO").status == 2
