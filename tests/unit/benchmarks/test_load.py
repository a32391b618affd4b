"""The load test: its numbers, its molecules, and its visitor before a real server."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from benchmarks.load import run
from benchmarks.load.client import View, Visitor
from benchmarks.load.server import is_alive, others_processor_s, processor_s, rss_mib, serve
from core.errors import InputError

PAGE = """
import streamlit as st
st.metric("asked", st.query_params["smiles"])
if st.query_params["smiles"] == "bad":
    raise ValueError("no such molecule")
if st.query_params["smiles"] == "refused":
    st.error("It has no atoms.")
"""


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("localhost", 0))
        return free.getsockname()[1]


def in_a_thread(work):
    """Run a coroutine where no loop runs yet; Playwright leaves one running in this thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def test_a_row_counts_faults_and_times_the_rest():
    views = [View(seconds / 10) for seconds in range(1, 12)]
    load = run.Load([*views, View(60.0, "timeout"), View(60.0, "timeout")], 6.5, [700.2, 900, 800],
                    1.234)
    assert load.row() == {
        "views": 13, "p50_s": 0.6, "p95_s": 1.05, "max_s": 1.1, "processor_s_per_view": 0.5,
        "rss_mib": {"start": 700, "peak": 900, "end": 800}, "others_cores": 1.23,
        "errors": {"timeout": 2}}


def test_a_row_without_views_has_no_times():
    row = run.Load([], 1.0, [700.0]).row()
    assert row["views"] == 0
    assert row["p50_s"] is row["p95_s"] is row["processor_s_per_view"] is None


def test_no_molecule_comes_twice():
    source = run.molecules(0)
    found = [next(source) for _ in range(200)]
    assert len({*found, *run.WARM_UP}) == 200 + len(run.WARM_UP)
    again = run.molecules(0)
    assert [next(again) for _ in range(200)] == found
    assert next(run.molecules(1)) != found[0]


def test_a_taken_port_and_a_server_that_fails_are_one_sentence(port):
    with socket.socket() as taken:
        taken.bind(("localhost", port))
        taken.listen()
        with pytest.raises(InputError, match=f"Port {port} is taken"), serve(port):
            pass
    with pytest.raises(InputError, match="did not start: It is cold"), \
            serve(port, ("-c", "import sys; sys.exit('It is cold.')")):
        pass


def test_a_visitor_sees_what_a_page_shows(port, tmp_path):
    (tmp_path / "page.py").write_text(PAGE)
    command = ("-m", "streamlit", "run", str(tmp_path / "page.py"), "--server.port", str(port),
               "--server.address", "localhost", "--server.headless", "true")

    async def views():
        visitor = Visitor(port)
        found = [await visitor.open({"smiles": smiles}) for smiles in ("CC#N", "bad", "refused")]
        found.append(await Visitor(port, awaited="image").open({"smiles": "C"}))
        found.append(await Visitor(port, timeout_s=0.0).open({"smiles": "C"}))
        await visitor.leave()
        return found

    with serve(port, command) as server:
        found = in_a_thread(views())
        assert processor_s(server) > 0.1
        assert others_processor_s(server) > 1
        assert 20 < rss_mib(server) < 2000
        assert is_alive(server)
    assert not is_alive(server)
    faults = [view.fault for view in found]
    assert faults[0] == ""
    assert faults[1].startswith("exception")
    assert faults[2:4] == ["error: It has no atoms.", "no image"]
    assert faults[4].startswith("timeout")
    assert all(0 <= view.wall_s < 10 for view in found)
    assert in_a_thread(Visitor(port).open({})).fault == "broken connection"
