"""Models are fetched whole or not at all, and what breaks off goes on where it stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.gallery import (
    Cancellation,
    DownloadError,
    DownloadFault,
    Gallery,
    InstallState,
    Phase,
    Progress,
)
from backend.gallery.installed import Repository
from backend.models.repository import ModelFolders
from tests.certificates import Authority
from tests.gallery.conftest import SIZE, content, entry, from_github, gallery_of, path_of, wanted
from tests.gallery.file_server import (
    Fault,
    FileServer,
    Request,
    cut_after,
    dripping,
    endless,
    held_after,
    page,
    redirect,
    silent,
    status,
    without_ranges,
)

MakeGallery = Callable[..., Gallery]
HALF = SIZE // 2
WAIT_S = 60.0


def fault_of(gallery: Gallery, name: str = "tiny") -> DownloadFault:
    with pytest.raises(DownloadError) as caught:
        gallery.get(name)
    assert caught.value.message.endswith((".", "!"))
    return caught.value.fault


def test_a_model_appears_whole_and_only_then(tiny: MakeGallery, root: Path) -> None:
    gallery, told = tiny(), []
    folders = []

    def look(progress: Progress) -> None:
        told.append(progress)
        if progress.phase is not Phase.DONE:
            folders.append([path.name for path in root.iterdir() if not path.name.startswith(".")])
            assert ModelFolders((root,), ()).names() == ()

    row = gallery.get("tiny", look)
    assert row.state is InstallState.INSTALLED
    assert (row.folder / "1" / "model.onnx").read_bytes() == content()
    assert (row.folder / "profile.toml").read_bytes() == b"version = 1\n"
    assert not any(folders)
    assert ModelFolders((root,), ()).names() == ("tiny",)
    phases = [progress.phase for progress in told]
    assert phases[0] is Phase.CONNECTING
    assert phases[-1] is Phase.DONE
    assert told[-1].total_received == told[-1].total == SIZE
    assert [one.total_received for one in told] == sorted(one.total_received for one in told)
    assert not list((root / ".gallery" / "tiny").glob("[!.]*")), "nothing of the staging is left"


def test_what_is_there_is_not_fetched_again(tiny: MakeGallery, server: FileServer) -> None:
    gallery = tiny()
    gallery.get("tiny")
    gallery.get("tiny")
    assert len(server.requests) == 1


def test_a_broken_connection_is_taken_up_where_it_stopped(
    tiny: MakeGallery, server: FileServer
) -> None:
    server.faults.extend([cut_after(100_000), cut_after(100_000)])
    tiny().get("tiny")
    assert server.ranges() == ["", f"bytes=100000-{SIZE - 1}", f"bytes=200000-{SIZE - 1}"]
    assert server.sent == SIZE, "no byte came twice"
    tags = [headers.get("If-Range") for _, headers in server.requests]
    assert tags[0] is None
    assert tags[1]
    assert tags[1] == tags[2]


def test_the_next_attempt_goes_on_with_what_is_really_saved(
    tiny: MakeGallery, server: FileServer
) -> None:
    gallery = tiny(attempts=1)
    server.faults.append(cut_after(HALF))
    assert fault_of(gallery) is DownloadFault.CUT
    row = gallery.row("tiny")
    assert (row.state, row.saved) == (InstallState.PARTIAL, HALF)
    received: list[int] = []
    assert gallery.get("tiny", lambda one: received.append(one.received)).saved == 0
    assert received[0] == HALF, "the progress begins with what is there"
    assert server.ranges()[-1] == f"bytes={HALF}-{SIZE - 1}"
    assert server.sent == SIZE


def test_a_file_that_was_changed_meanwhile_is_fetched_anew(server: FileServer, root: Path) -> None:
    old, new = content(seed=1), content(seed=2)
    gallery = gallery_of(root, server.url, entry(wanted(new, from_github())), attempts=1)
    server.contents[path_of("model.onnx")] = old
    server.faults.append(cut_after(HALF))
    assert fault_of(gallery) is DownloadFault.CUT
    server.contents[path_of("model.onnx")] = new
    folder = gallery.get("tiny").folder
    assert (folder / "1" / "model.onnx").read_bytes() == new


def test_a_part_of_another_file_is_not_put_together_with_ours(
    server: FileServer, root: Path
) -> None:
    """By a server that sends the part whatever `If-Range` says."""
    old, new = content(seed=1), content(seed=2)
    gallery = gallery_of(root, server.url, entry(wanted(new, from_github())), attempts=1)
    server.contents[path_of("model.onnx")] = old
    server.faults.append(cut_after(HALF))
    assert fault_of(gallery) is DownloadFault.CUT
    server.contents[path_of("model.onnx")] = new
    server.faults.append(cut_after(SIZE))  # answers 206 with the new file's tag
    gallery.get("tiny")
    assert server.ranges()[-2:] == [f"bytes={HALF}-{SIZE - 1}", ""]


def test_a_wrong_file_put_together_of_two_attempts_is_fetched_anew(
    server: FileServer, root: Path
) -> None:
    """Without tags nobody notices that the file was changed, until its sum is wrong."""
    old, new = content(seed=1), content(seed=2)

    def untagged(first: int, data: bytes) -> Fault:
        def fault(request: Request, _data: bytes) -> None:
            place = {"Content-Range": f"bytes {first}-{SIZE - 1}/{SIZE}"} if first else {}
            request.start(206 if first else 200, SIZE - first, place)
            request.send(data)

        return fault

    server.contents[path_of("model.onnx")] = new
    server.faults.extend([untagged(0, old[:HALF]), untagged(HALF, new[HALF:])])
    gallery = gallery_of(root, server.url, entry(wanted(new, from_github())), attempts=3)
    gallery.get("tiny")
    assert server.ranges() == ["", f"bytes={HALF}-{SIZE - 1}", ""]


def test_a_wrong_file_is_refused_and_nothing_of_it_is_kept(server: FileServer, root: Path) -> None:
    gallery = gallery_of(root, server.url, entry(wanted(content(), from_github())))
    server.contents[path_of("model.onnx")] = content(seed=9)
    assert fault_of(gallery) is DownloadFault.WRONG_CONTENT
    assert gallery.row("tiny").state is InstallState.ABSENT
    assert len(server.requests) == 1, "a whole file that is wrong is not asked for again"


@pytest.mark.parametrize("sent", [without_ranges, None], ids=["ranges ignored", "ranges known"])
@pytest.mark.parametrize("length", [True, False])
def test_a_part_of_a_file(server: FileServer, root: Path, sent: Fault | None, length: bool) -> None:
    whole = content(200_000)
    part = whole[50_000:120_000]
    server.contents[path_of("assets.data")] = whole
    source = from_github("assets.data", offset=50_000)
    if sent is not None and not length:

        def open_ended(request: Request, data: bytes) -> None:
            request.start(200, None)
            request.send(data)

        sent = open_ended
    server.always = sent
    gallery = gallery_of(root, server.url, entry(wanted(part, source)))
    folder = gallery.get("tiny").folder
    assert (folder / "1" / "model.onnx").read_bytes() == part
    assert server.ranges() == ["bytes=50000-119999"]
    if sent is None:
        assert server.sent == len(part)


def test_a_part_goes_on_where_it_stopped(server: FileServer, root: Path) -> None:
    whole = content(200_000)
    server.contents[path_of("assets.data")] = whole
    server.faults.append(cut_after(30_000))
    source = from_github("assets.data", offset=50_000)
    gallery = gallery_of(root, server.url, entry(wanted(whole[50_000:120_000], source)))
    gallery.get("tiny")
    assert server.ranges() == ["bytes=50000-119999", "bytes=80000-119999"]


def test_a_part_beyond_the_file_is_an_error(server: FileServer, root: Path) -> None:
    server.contents[path_of("assets.data")] = content(1000)
    source = from_github("assets.data", offset=5000)
    gallery = gallery_of(root, server.url, entry(wanted(content(100), source)))
    assert fault_of(gallery) is DownloadFault.WRONG_SIZE


def test_another_part_than_the_one_asked_for_is_an_error(server: FileServer, root: Path) -> None:
    def elsewhere(request: Request, data: bytes) -> None:
        request.start(206, 100, {"Content-Range": f"bytes 0-99/{len(data)}"})
        request.send(data[:100])

    server.contents[path_of("assets.data")] = content(1000)
    server.always = elsewhere
    source = from_github("assets.data", offset=500)
    gallery = gallery_of(root, server.url, entry(wanted(content(100), source)))
    assert fault_of(gallery) is DownloadFault.SERVER


@pytest.mark.parametrize(
    ("fault", "expected", "requests"),
    [
        (status(404), DownloadFault.NOT_FOUND, 1),
        (status(403), DownloadFault.REFUSED, 1),
        (status(500), DownloadFault.SERVER, 3),
        (status(204), DownloadFault.SERVER, 3),
        (page, DownloadFault.PAGE, 1),
        (cut_after(0), DownloadFault.CUT, 3),
        (redirect("http://192.0.2.1/model.onnx"), DownloadFault.REDIRECT, 1),
        (redirect("ftp://192.0.2.1/model.onnx"), DownloadFault.REDIRECT, 1),
        (redirect("/again"), DownloadFault.REDIRECT, 6),
        (lambda request, _: request.start(200, SIZE + 1), DownloadFault.WRONG_SIZE, 1),
        (lambda request, _: request.start(200, 12), DownloadFault.WRONG_SIZE, 1),
        (
            lambda request, _: request.start(200, 9, {"Content-Encoding": "gzip"}),
            DownloadFault.SERVER,
            3,
        ),
        (lambda request, _: request.wfile.write(b"hello\r\n\r\n"), DownloadFault.CUT, 3),
    ],
)
def test_every_fault_of_a_server_has_a_name(
    tiny: MakeGallery, server: FileServer, fault: Fault, expected: DownloadFault, requests: int
) -> None:
    server.always = fault
    gallery = tiny()
    assert fault_of(gallery) is expected
    assert len(server.requests) == requests
    server.always = None
    gallery.get("tiny")


def test_redirects_are_followed(tiny: MakeGallery, server: FileServer) -> None:
    server.faults.extend(redirect(f"{server.url}/{step}") for step in range(4))
    server.faults.append(redirect(path_of("model.onnx")))
    tiny().get("tiny")
    assert len(server.requests) == 6


def test_an_error_that_passes_is_tried_again(tiny: MakeGallery, server: FileServer) -> None:
    server.faults.extend([status(503), status(500)])
    tiny().get("tiny")


def test_more_than_declared_is_never_written(tiny: MakeGallery, server: FileServer) -> None:
    server.always = endless
    gallery = tiny()
    assert fault_of(gallery) is DownloadFault.WRONG_SIZE
    assert gallery.row("tiny").saved == 0


@pytest.mark.parametrize("fault", [silent, held_after(HALF), dripping(0.01)])
def test_a_server_that_stalls_is_given_up(
    tiny: MakeGallery, server: FileServer, fault: Fault
) -> None:
    server.always = fault
    assert fault_of(tiny(stall_s=0.3, attempts=1)) is DownloadFault.STALLED


@pytest.mark.parametrize(("fault", "saved"), [(silent, 0), (held_after(HALF), HALF)])
def test_it_is_cancelled_at_once(
    tiny: MakeGallery, server: FileServer, fault: Fault, saved: int
) -> None:
    """The server sends nothing more until the test is over, and its patience is far longer."""
    server.always = fault
    gallery, cancellation = tiny(stall_s=3600.0), Cancellation()
    caught: list[BaseException] = []

    def get() -> None:
        try:
            gallery.get("tiny", cancellation=cancellation)
        except DownloadError as error:
            caught.append(error)

    thread = threading.Thread(target=get)
    thread.start()
    assert server.reached.wait(WAIT_S)
    while gallery.row("tiny").saved < saved:  # then it waits for the next bytes
        assert thread.is_alive()
    cancellation.cancel()
    thread.join(WAIT_S)
    assert not thread.is_alive()
    assert isinstance(caught[0], DownloadError)
    assert caught[0].fault is DownloadFault.CANCELLED
    server.always = None
    server.gate.set()
    gallery.get("tiny")


def test_one_that_was_cancelled_before_does_not_begin(
    tiny: MakeGallery, server: FileServer
) -> None:
    cancellation = Cancellation()
    cancellation.cancel()
    with pytest.raises(DownloadError, match="cancelled"):
        tiny().get("tiny", cancellation=cancellation)
    assert not server.requests


def test_who_waits_for_another_download_can_be_cancelled(tiny: MakeGallery, root: Path) -> None:
    gallery, cancellation = tiny(), Cancellation()
    repository, phases = Repository(root), []

    def tell(progress: Progress) -> None:
        phases.append(progress.phase)
        cancellation.cancel()

    with (
        repository.reserved("tiny", None, Cancellation()),  # type: ignore[arg-type]
        pytest.raises(DownloadError, match="cancelled"),
    ):
        gallery.get("tiny", tell, cancellation)
    assert phases == [Phase.WAITING]


def test_nobody_there_says_what_can_be_done(root: Path) -> None:
    file = wanted(content(), from_github())
    gallery = gallery_of(root, "http://127.0.0.1:9", entry(file))
    with pytest.raises(DownloadError) as caught:
        gallery.get("tiny")
    assert caught.value.fault is DownloadFault.OFFLINE
    target = root / ".gallery" / "tiny" / "files" / "1" / "model.onnx"
    for words in ("HTTPS_PROXY", "model.onnx", file.sha256, str(target)):
        assert words in caught.value.hint
    target.parent.mkdir(parents=True)
    target.write_bytes(content())
    assert gallery.get("tiny").state is InstallState.INSTALLED


def test_the_proxy_of_the_environment_is_used(
    server: FileServer, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("http_proxy", server.url)
    mirror = "http://127.0.0.1:9/mirror"
    server.contents[f"{mirror}{path_of('model.onnx')}"] = content()
    gallery_of(root, mirror, entry(wanted(content(), from_github()))).get("tiny")
    assert len(server.requests) == 1


def test_a_certificate_that_nobody_vouches_for(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority(tmp_path / "authority")
    server = FileServer(authority.issue("server"))
    try:
        server.contents[path_of("model.onnx")] = content()
        gallery = gallery_of(root, server.url, entry(wanted(content(), from_github())))
        monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
        monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
        with pytest.raises(DownloadError) as caught:
            gallery.get("tiny")
        assert caught.value.fault is DownloadFault.TLS
        assert "REQUESTS_CA_BUNDLE" in caught.value.hint
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.ca))
        gallery.get("tiny")
    finally:
        server.close()


def test_the_sign_in_of_a_mirror_is_sent_and_never_written_or_shown(
    server: FileServer, root: Path
) -> None:
    mirror = server.url.replace("http://", "http://me:tok-3n-very-secret@")
    server.contents[path_of("model.onnx")] = content()
    one = entry(wanted(content(), from_github()))
    gallery = gallery_of(root, mirror, one, attempts=1)
    server.faults.extend([status(404), cut_after(HALF)])
    for _ in range(2):
        with pytest.raises(DownloadError) as caught:
            gallery.get("tiny")
        assert "very-secret" not in str(caught.value)
    notes = list(root.rglob(".gallery/tiny/files/1/*.json"))
    assert notes
    assert not [note for note in notes if b"very-secret" in note.read_bytes()]
    gallery.get("tiny")
    assert server.ranges()[-1] == f"bytes={HALF}-{SIZE - 1}"
    assert all("Authorization" in headers for _, headers in server.requests)
