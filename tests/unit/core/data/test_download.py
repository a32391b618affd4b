"""Downloads against a server on this machine: whole, broken off, resumed, wrong, absent."""

import hashlib
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from core.data import DownloadError, download_qm9, load_qm9
from core.data.download import download
from core.data.moses import download_moses

CONTENT = b"smiles\n" + b"CCO\n" * 200_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Serves `CONTENT`, ranges of it if the path says so; `/broken` stops halfway."""

    def do_GET(self):
        self.server.requests.append(self.headers.get("Range"))
        if self.path == "/missing":
            self.send_error(404)
            return
        start = 0
        if self.path != "/whole" and self.headers.get("Range"):
            start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        if start >= len(CONTENT):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        end = len(CONTENT) // 2 if self.path == "/broken" else len(CONTENT)
        self.wfile.write(CONTENT[start:end])

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.requests = []
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def fetch(server, path, name="ranges", **options):
    arguments = {"sha256": SHA256, "instead": "Give a local file instead.", **options}
    return download(f"{server.url}/{name}", path, **arguments)


def test_a_file_arrives_once_with_progress(server, tmp_path):
    path, calls = tmp_path / "folder" / "file.csv", []
    for _ in range(2):
        assert fetch(server, path, progress=lambda *call: calls.append(call)) == path
    assert path.read_bytes() == CONTENT
    assert calls[-1] == (len(CONTENT), len(CONTENT))
    assert calls == sorted(calls)
    assert server.requests == [None]
    assert list(path.parent.iterdir()) == [path]


def test_a_broken_download_goes_on_where_it_stopped(server, tmp_path):
    path = tmp_path / "file.csv"
    with pytest.raises(DownloadError) as raised:
        fetch(server, path, "broken")
    assert str(raised.value) == (
        f"{server.url}/broken could not be downloaded (the connection broke after 400,003 of "
        "800,007 bytes). Give a local file instead."
    )
    assert not path.exists()
    assert fetch(server, path).read_bytes() == CONTENT
    assert server.requests == [None, "bytes=400003-"]


def test_a_server_without_ranges_sends_it_all_again(server, tmp_path):
    path = tmp_path / "file.csv"
    (tmp_path / "file.csv.part").write_bytes(b"something old")
    assert fetch(server, path, "whole").read_bytes() == CONTENT


def test_a_part_that_is_already_complete_is_taken(server, tmp_path):
    path = tmp_path / "file.csv"
    (tmp_path / "file.csv.part").write_bytes(CONTENT)
    assert fetch(server, path).read_bytes() == CONTENT


def test_another_file_than_expected_is_not_kept(server, tmp_path):
    path = tmp_path / "file.csv"
    with pytest.raises(DownloadError) as raised:
        fetch(server, path, sha256="0" * 64)
    assert str(raised.value) == (
        f"{server.url}/ranges is not the expected file: its SHA-256 is {SHA256}, expected "
        f"{'0' * 64}. Give a local file instead."
    )
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_the_server(server, tmp_path):
    with pytest.raises(DownloadError, match=r"/missing could not be downloaded \(Not Found\)\. "
                                            r"Give a local file"):
        fetch(server, tmp_path / "file.csv", "missing")


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path):
    (tmp_path / "file").touch()
    for give in (download_qm9, download_moses):
        with pytest.raises(DownloadError, match=r"Nothing can be written to .*file.in \(Not a "
                                                r"directory\); name a folder .* TRAILSCOPE_DATA\. "
                                                r"Give"):
            give(tmp_path / "file" / "in")


def test_no_connection_names_the_local_file_to_give(server, tmp_path):
    nobody = f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    with pytest.raises(DownloadError, match=r"could not be downloaded \(.*Connection refused\)\. "
                                            r"Give QM9 as a local file instead: a CSV with a "
                                            r"`smiles` column"):
        download_qm9(tmp_path, url=nobody)


def test_qm9_is_downloaded_where_no_source_is_given(server, tmp_path, monkeypatch):
    monkeypatch.setenv("TRAILSCOPE_DATA", str(tmp_path))
    content = b"mol_id,smiles,A\ngdb_1,C,157.7\ngdb_2,N,293.6\n"
    monkeypatch.setattr(f"{__name__}.CONTENT", content)
    from_here = partial(download_qm9, url=f"{server.url}/qm9.csv",
                        sha256=hashlib.sha256(content).hexdigest())
    monkeypatch.setattr("core.data.qm9.download_qm9", from_here)
    for _ in range(2):
        assert [graph.name for graph in load_qm9()] == ["gdb_1", "gdb_2"]
    assert server.requests == [None]
