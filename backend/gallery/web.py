"""Opening a file of the web: https only, few redirects, every wait bounded, cancelled at once."""

from __future__ import annotations

import ipaddress
import threading
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from backend.core.defaults import DOWNLOAD_CONNECT_S, DOWNLOAD_STALL_S
from backend.core.errors import UsageError
from backend.core.files.concealment import concealed_address
from backend.core.release import VERSION
from backend.gallery.cancelling import Cancellation
from backend.gallery.faults import DownloadError, DownloadFault

MOST_REDIRECTS = 5
PIECE = 64 * 1024
_OK, _PARTIAL, _RANGE_REFUSED = 200, 206, 416
_SIGN_IN = (401, 402, 403, 407)
_GONE = (404, 410)
_SOON_S = 3600.0


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to wait for a connection, and for the next bytes."""

    connect_s: float = DOWNLOAD_CONNECT_S
    stall_s: float = DOWNLOAD_STALL_S


class Reply:
    """A response whose body is still to be read; closed with its connection."""

    def __init__(self, response: requests.Response, session: requests.Session) -> None:
        self._response = response
        self._session = session
        self.status = response.status_code

    def header(self, name: str) -> str:
        """A header's value, '' without it."""
        return str(self._response.headers.get(name, ""))

    def read(self) -> bytes:
        """The next bytes, as soon as there are some; b'' at the end.

        Raises DownloadError: CUT, or STALLED when nothing comes for `Patience.stall_s`.
        """
        try:
            return self._response.raw.read1(PIECE, decode_content=False) or b""
        except urllib3.exceptions.ReadTimeoutError:
            raise DownloadError(
                DownloadFault.STALLED, "The server has stopped sending.", hint="Try again later."
            ) from None
        except (urllib3.exceptions.HTTPError, OSError, ValueError):
            raise DownloadError(
                DownloadFault.CUT,
                "The connection broke in the middle of the file.",
                hint="Try again: it goes on where it stopped.",
            ) from None

    def end(self) -> None:
        """Let a `read` that waits come back, from any thread."""
        try:
            self._response.raw.shutdown()
        except (OSError, ValueError, RuntimeError):  # read to its end, or closed already
            return

    def close(self) -> None:
        """Let go of the connection."""
        self._response.close()
        self._session.close()

    def __enter__(self) -> Reply:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Web:
    """Sends GET requests by the proxies, certificates and netrc that requests finds."""

    def __init__(self, patience: Patience | None = None) -> None:
        self._patience = patience or Patience()

    def open(self, url: str, headers: dict[str, str], cancellation: Cancellation) -> Reply:
        """The response, after redirects, of status 200, 206 or 416; raises DownloadError.

        Looking up a name cannot be broken off, so it is done by a thread that is left behind
        when it is cancelled; what that one still opens, it closes.
        """
        opening = _Opening(url, headers, self._patience)
        with cancellation.ending(opening.abandon):
            return opening.outcome()


class _Opening:
    """One request on a thread of its own."""

    def __init__(self, url: str, headers: dict[str, str], patience: Patience) -> None:
        self._url = url
        self._headers = headers
        self._patience = patience
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._abandoned = False
        self._reply: Reply | None = None
        self._error: Exception | None = None
        threading.Thread(target=self._run, name="gallery-open", daemon=True).start()

    def outcome(self) -> Reply:
        """Wait for the response; raises DownloadError."""
        try:
            while not self._over.wait(_SOON_S):
                pass
        except BaseException:  # such as Ctrl-C
            self.abandon()
            raise
        with self._lock:
            reply, error = self._reply, self._error
            self._reply = None
        if error is not None:
            raise error
        if reply is None:
            raise DownloadError(DownloadFault.CANCELLED, "The download was cancelled.")
        return reply

    def abandon(self) -> None:
        """Let `outcome` come back now; what is still opened is closed."""
        with self._lock:
            self._abandoned = True
            reply, self._reply = self._reply, None
        self._over.set()
        if reply is not None:
            reply.close()

    def _run(self) -> None:
        reply = error = None
        try:
            reply = _get(self._url, self._headers, self._patience)
        except Exception as caught:  # noqa: BLE001 - raised where it is waited for
            error = caught
        with self._lock:
            if not self._abandoned:
                self._reply, self._error, reply = reply, error, None
        self._over.set()
        if reply is not None:
            reply.close()


def check_address(url: str) -> None:
    """Raise DownloadError for an address other than https, or http to this machine itself."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    if host and (parts.scheme == "https" or (parts.scheme == "http" and _is_here(host))):
        return
    raise DownloadError(
        DownloadFault.REDIRECT,
        f"{concealed_address(url)} is not an https address.",
        hint="Only https is taken, and http to this machine itself.",
    )


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _get(url: str, headers: dict[str, str], patience: Patience) -> Reply:
    session = requests.Session()
    session.headers.update(
        {"User-Agent": f"inferdeck/{VERSION}", "Accept": "*/*", "Accept-Encoding": "identity"}
    )
    try:
        return Reply(_checked(_followed(session, url, headers, patience), url), session)
    except BaseException as error:
        session.close()
        if isinstance(
            error, requests.RequestException | urllib3.exceptions.HTTPError | UnicodeError
        ):
            raise _failure(error, url) from error
        raise


def _followed(
    session: requests.Session, url: str, headers: dict[str, str], patience: Patience
) -> requests.Response:
    timeouts = (patience.connect_s, patience.stall_s)
    first = url
    for _ in range(MOST_REDIRECTS + 1):
        check_address(url)
        response = session.get(
            url, headers=headers, stream=True, allow_redirects=False, timeout=timeouts
        )
        target = session.get_redirect_target(response)
        if target is None:
            return response
        response.close()
        url = urljoin(url, target)
    raise DownloadError(
        DownloadFault.REDIRECT,
        f"{_host(first)} leads to other addresses more than {MOST_REDIRECTS} times.",
        hint="Try again later, or fetch it from a mirror (--mirror).",
    )


def _checked(response: requests.Response, url: str) -> requests.Response:
    status = response.status_code
    if status not in (_OK, _PARTIAL, _RANGE_REFUSED):
        response.close()
        raise _refusal(status, url)
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if status != _RANGE_REFUSED and encoding not in ("", "identity"):
        response.close()
        raise DownloadError(
            DownloadFault.SERVER, f"{_host(url)} sends the file compressed ({encoding}), unasked."
        )
    if response.headers.get("Content-Type", "").lower().startswith("text/html"):
        response.close()
        raise DownloadError(
            DownloadFault.PAGE,
            f"A web page came from {_host(url)} in place of the file.",
            hint="It may be the sign-in page of your network: open a browser, then try again.",
        )
    return response


def _refusal(status: int, url: str) -> DownloadError:
    host = _host(url)
    if status in _GONE:
        return DownloadError(
            DownloadFault.NOT_FOUND, f"{host} does not have {concealed_address(url)} ({status})."
        )
    if status in _SIGN_IN:
        return DownloadError(
            DownloadFault.REFUSED,
            f"{host} refuses {concealed_address(url)} ({status}).",
            hint="A proxy or mirror may want a sign-in.",
        )
    return DownloadError(
        DownloadFault.SERVER, f"{host} answers with an error ({status}).", hint="Try again later."
    )


def _failure(error: Exception, url: str) -> Exception:
    """What an error of requests means; a proxy's comes before the others that it is one of."""
    host = _host(url)
    match error:
        case requests.exceptions.ProxyError():
            return DownloadError(
                DownloadFault.OFFLINE, f"The proxy on the way to {host} cannot be used."
            )
        case requests.exceptions.SSLError():
            return DownloadError(
                DownloadFault.TLS,
                f"The certificate of {host} is not trusted: {_reason(error)}.",
                hint="A company's proxy that looks into TLS has an authority of its own: "
                "name its file in REQUESTS_CA_BUNDLE.",
            )
        case requests.exceptions.ReadTimeout():
            return DownloadError(
                DownloadFault.STALLED, f"{host} does not answer.", hint="Try again later."
            )
        case requests.exceptions.ConnectionError() if _broke(error):
            return DownloadError(DownloadFault.CUT, f"{host} broke the connection off unanswered.")
        case requests.exceptions.ConnectionError() | requests.exceptions.Timeout():
            return DownloadError(
                DownloadFault.OFFLINE,
                f"{host} cannot be reached: this machine is offline, or its network blocks it.",
            )
        case _:
            return UsageError(f"{concealed_address(url)} cannot be used: {_reason(error)}.")


def _broke(error: Exception) -> bool:
    """Whether there was a connection, and then none, or no HTTP on it."""
    return bool(error.args) and isinstance(error.args[0], urllib3.exceptions.ProtocolError)


def _reason(error: BaseException) -> str:
    """The innermost reason, without the library's own wrappings."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return str(getattr(error, "verify_message", "") or error).rstrip(".")


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or concealed_address(url)
    except ValueError:
        return concealed_address(url)
