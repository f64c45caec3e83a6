"""Downloads from a real server on loopback that knows ranges, and that can break off."""

import gzip
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from coles_ops.datasets.fetch import fetch
from coles_ops.schema import DataError

BODY = b"bank,higher_education\n" + b"1,0.0\n" * 50_000


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        server.seen.append(self.headers.get("Range"))
        if self.path not in server.files:
            self.send_error(404)
            return
        body = server.files[self.path]
        start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        if start >= len(body) > 0:
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        sent = body[start : start + server.breaks_after] if server.breaks_after else body[start:]
        self.wfile.write(sent)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.files, server.seen, server.breaks_after = {}, [], None
        threading.Thread(target=server.serve_forever, daemon=True).start()
        server.url = f"http://127.0.0.1:{server.server_port}"
        yield server
        server.shutdown()


def test_a_file_comes_whole_with_progress_and_is_not_fetched_twice(server, tmp_path):
    server.files["/train.csv"] = BODY
    told = []
    sources = {"train.csv": f"{server.url}/train.csv"}
    (file,) = fetch("x", tmp_path, lambda *facts: told.append(facts), sources)
    assert file.read_bytes() == BODY
    assert told[-1] == ("train.csv", len(BODY), len(BODY))
    fetch("x", tmp_path, sources=sources)
    assert len(server.seen) == 1
    assert [f.name for f in tmp_path.iterdir()] == ["train.csv"]


def test_what_broke_off_goes_on(server, tmp_path):
    server.files["/train.csv"], server.breaks_after = BODY, 100_000
    sources = {"train.csv": f"{server.url}/train.csv"}
    with pytest.raises(DataError, match=r"100000 of 300022 bytes came; the same command goes on"):
        fetch("x", tmp_path, sources=sources)
    assert not (tmp_path / "train.csv").exists()
    server.breaks_after = None
    (file,) = fetch("x", tmp_path, sources=sources)
    assert file.read_bytes() == BODY
    assert server.seen == [None, "bytes=100000-"]


@pytest.mark.parametrize("cut", [False, True])
def test_a_file_that_is_packed_alone_is_unpacked_or_refused(server, tmp_path, cut):
    server.files["/t.csv.gz"] = gzip.compress(BODY)[: -100 if cut else None]
    sources = {"train.csv.gz": f"{server.url}/t.csv.gz"}
    if cut:
        with pytest.raises(DataError, match=r"train\.csv\.gz is not an archive of one CSV"):
            fetch("x", tmp_path / "out", sources=sources)
        assert not list((tmp_path / "out").glob("*.gz"))
        return
    (file,) = fetch("x", tmp_path / "out", sources=sources)
    assert (file.name, file.read_bytes()) == ("train.csv", BODY)
    assert [f.name for f in file.parent.iterdir()] == ["train.csv"]


def test_an_archive_is_unpacked_under_our_name(server, tmp_path):
    with zipfile.ZipFile(tmp_path / "made.zip", "w") as pack:
        pack.writestr("../../somewhere/else.csv", BODY)
    server.files["/t.zip"] = (tmp_path / "made.zip").read_bytes()
    (file,) = fetch("x", tmp_path / "out", sources={"transactions.zip": f"{server.url}/t.zip"})
    assert file == tmp_path / "out" / "transactions.csv"
    assert file.read_bytes() == BODY
    assert [f.name for f in file.parent.iterdir()] == ["transactions.csv"]


def test_what_is_no_archive_is_removed_and_said(server, tmp_path):
    server.files["/t.zip"] = b"<html>sorry</html>"
    with pytest.raises(DataError, match=r"transactions\.zip is not an archive of one CSV.*fetch it again"):
        fetch("x", tmp_path, sources={"transactions.zip": f"{server.url}/t.zip"})
    assert not list(tmp_path.iterdir())


def test_a_refusal_is_said_with_its_address(server, tmp_path):
    with pytest.raises(DataError, match=rf"{server.url}/gone.csv: the server answers 404"):
        fetch("x", tmp_path, sources={"train.csv": f"{server.url}/gone.csv"})


def test_an_unknown_dataset_names_the_known(tmp_path):
    with pytest.raises(DataError, match="datafusion2022"):
        fetch("nope", tmp_path)
