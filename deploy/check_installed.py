"""Does an installed TrailScope work without its repository, a home, or the right to change itself?

    cd EMPTY_FOLDER && python check_installed.py [--port 8599] [--only-app]

Run by the Python that it is installed into. Every command is run once and every page opened once,
over the connection that a browser uses. What is written must lie in the working folder. Started by
`deploy/try_wheel.sh`, which takes home and rights away, and by `deploy/try_image.sh`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

PAGES = ("", "models", "calibration", "triage", "library", "score", "salience", "finetune")
MOLECULES = "molecules.smi"

COMMANDS: tuple[tuple[str, ...], ...] = (
    ("models",),
    ("linearize", "CCO"),
    ("enumerate", "CO"),
    ("score", "CCO", "--permutations", "4"),
    ("score", MOLECULES, "--permutations", "4", "--output", "made/set"),
    ("generate", "--number", "2", "--seed", "1"),
    ("decode", "made/tokens.jsonl"),
    ("results",),
    ("salience", "--criterion", "magnitude,gradient", "--number", "4", "--output", "made/scores"),
    ("mask", "made/scores", "--density", "0.01"),
    ("finetune", "--model", "qm9-random_order", "--input", MOLECULES, "--steps", "1",
     "--batch-size", "2", "--calibration", "2", "--output", "made/finetuned"),
    ("evaluate", "--input", MOLECULES, "--permutations", "2", "--output", "made/evaluation"),
    ("triage", "--number", "4", "--permutations", "2", "--output", "made/samples"),
    ("report", "CCO", "--permutations", "4", "--output", "made/molecule.html"),
    ("report", MOLECULES, "--permutations", "4", "--output", "made/molecules.html"),
    ("report", "made/samples", "--output", "made/samples.html"),
    ("report", "made/set", "--output", "made/set.html"),
    ("repair", "--model", "qm9-min_degree_first", "--list", "--output", "made/repair"),
    ("train", "made/model", "--strategy", "random_order", "--dataset", "planar",
     "--planar-graphs", "2", "--planar-nodes", "6", "--preset", "tiny", "--steps", "1",
     "--batch-size", "2"),
    ("import-checkpoint", "made/nothing.ckpt", "made/imported", "--strategy", "random_order"),
)
"""Every command but `app`; the last one must refuse."""

faults: list[str] = []


def check(holds: bool, what: str) -> None:
    """Note what does not hold, and go on."""
    print(f"{'ok   ' if holds else 'FAULT'} {what}", flush=True)
    if not holds:
        faults.append(what)


def trailscope(*words: str, **options) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run([*_COMMAND, *words], capture_output=True, text=True, check=False,
                          timeout=300, **options)


_COMMAND = (sys.executable, "-c", "from core.cli import main; main()")
"""What the script `trailscope` does, for installations that are no environment of their own."""


def check_surroundings() -> None:
    """The installation is another folder, which this user cannot change; there is no home."""
    import core

    here = Path(core.__file__).parents[1]
    check(not Path.cwd().is_relative_to(here), f"installed in {here}, working in {Path.cwd()}")
    check(not os.access(here / "core", os.W_OK), "the installation cannot be changed")
    try:
        print(f"home: {Path.home()}")
    except RuntimeError:
        print("home: none")


def check_commands() -> None:
    """Each ends well, on standard output what it is asked for."""
    Path(MOLECULES).write_text("CCO\nCC(=O)N\nC1CCC1\n", encoding="utf-8")
    Path("made").mkdir(exist_ok=True)
    for words in COMMANDS:
        if words[0] == "decode":
            written = trailscope("linearize", "CCO").stdout
            Path(words[1]).write_text(written, encoding="utf-8")
        start = time.perf_counter()
        done = trailscope(*words)
        refuses = words[0] == "import-checkpoint"
        said = done.stderr.strip().splitlines()
        check(done.returncode == (1 if refuses else 0) and "Traceback" not in done.stderr
              and (not refuses or len(said) == 1),
              f"trailscope {' '.join(words)}: {time.perf_counter() - start:.0f} s"
              + (f", {done.returncode}: {said[-1:]}" if done.returncode else ""))
    listed = trailscope("models", "--format", "json").stdout
    check(len(json.loads(listed or "[]")) >= 6, "the shipped models are there")


@contextmanager
def served(port: int) -> Iterator[str]:
    """The dashboard, started by `trailscope app` and stopped at the end; its address."""
    with open("app.log", "w", encoding="utf-8") as log:
        server = subprocess.Popen([*_COMMAND, "app", "--port", str(port), "--address", "127.0.0.1"],
                                  stdout=log, stderr=log)
    try:
        for _ in range(240):
            try:
                health = urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health")
                check(health.status == 200, "the server says that it is well")
                break
            except (urllib.error.URLError, OSError):
                if server.poll() is not None:
                    break
                time.sleep(0.5)
        else:
            server.kill()
        check(server.poll() is None, "the server runs")
        yield f"127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)
    said = Path("app.log").read_text(encoding="utf-8")
    check("Traceback" not in said, "the server's log is without tracebacks")
    check("Models that are kept go to " in said, "the server says where it writes")


def check_pages(host: str) -> None:
    """Every page runs to its end without an exception, under our theme and without statistics."""
    import dashboard

    settings = tomllib.loads((Path(dashboard.__file__).parent / ".streamlit" / "config.toml")
                             .read_text(encoding="utf-8"))
    for page in PAGES:
        start = time.perf_counter()
        messages = list(_messages(host, page))
        [session] = [message.new_session for message in messages
                     if message.WhichOneof("type") == "new_session"][-1:] or [None]
        shown = [message.delta.new_element.WhichOneof("type") for message in messages
                 if message.WhichOneof("type") == "delta" and message.delta.HasField("new_element")]
        check("exception" not in shown and len(shown) > 3,
              f"page {page or 'explore'}: {len(shown)} elements, "
              f"{time.perf_counter() - start:.1f} s")
        check(session is not None and not session.config.gather_usage_stats
              and session.custom_theme.light.primary_color
              == settings["theme"]["light"]["primaryColor"], "    theme, no usage statistics")


def _messages(host: str, page: str) -> Iterator:
    """What the server sends to a browser that opens a page."""
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
    from websockets.sync.client import connect

    asked = BackMsg()
    asked.rerun_script.page_name = page
    with connect(f"ws://{host}/_stcore/stream", subprotocols=["streamlit"],  # type: ignore[list-item]
                 max_size=None) as browser:
        browser.send(asked.SerializeToString())
        while True:
            message = ForwardMsg()
            message.ParseFromString(browser.recv(timeout=120))
            yield message
            if (message.WhichOneof("type") == "script_finished"
                    and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY):
                return


def check_taken_port(port: int) -> None:
    """One sentence."""
    done = trailscope("app", "--port", str(port), "--address", "127.0.0.1")
    check(done.returncode == 1 and len(done.stderr.splitlines()) == 1
          and f"Port {port} is taken" in done.stderr, f"a taken port: {done.stderr.strip()}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run all checks; status 1 if one of them fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8599)
    parser.add_argument("--only-app", action="store_true", help="leave the commands out")
    options = parser.parse_args(arguments)
    check_surroundings()
    if not options.only_app:
        check_commands()
    with served(options.port) as host:
        check_pages(host)
        check_taken_port(options.port)
    print(f"{len(faults)} faults" if faults else "all holds")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
