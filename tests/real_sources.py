"""Real cameras and a real microphone for tests: programs of this machine, started and stopped.

Each is a context manager that ends its own processes. All of them listen on loopback only.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_START_S = 60.0
_FIRST_PORT, _PORTS = 20_000, 1_500
_RTSP_SCRIPT = Path(__file__).with_name("rtsp_server.py")
SYSTEM_PYTHON = "/usr/bin/python3"
"""The Python that has Debian's GObject bindings."""


def free_port() -> int:
    """A port on loopback that nobody listens on, and that nobody else is given meanwhile.

    It is none of those that the system gives to who wants any, and each process of a test run that
    is spread over several has ports of its own.
    """
    first = _FIRST_PORT + _PORTS * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    while True:
        port = first + secrets.randbelow(_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class ChildCamera:
    """A camera that is a child process; it can be unplugged, frozen and plugged in again."""

    def __init__(self, url: str, command: list[str], ready: Callable[[], bool]) -> None:
        self.url = url
        self._command = command
        self._ready = ready
        self._child: subprocess.Popen[bytes] | None = None

    def plug_in(self) -> None:
        """Start it and wait until it listens."""
        self._child = subprocess.Popen(self._command, stdin=subprocess.DEVNULL)
        _wait_for(self._ready, self._child)

    def unplug(self) -> None:
        """Kill it."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            self._child = None

    def freeze(self) -> None:
        """Stop it in its tracks: the connection stays, nothing comes."""
        assert self._child is not None
        self._child.send_signal(signal.SIGSTOP)


@contextmanager
def mjpeg_camera(
    port: int | None = None,
    *,
    size: str = "640x480",
    rate: int = 30,
    picture: Path | None = None,
) -> Iterator[ChildCamera]:
    """A motion JPEG camera over HTTP, made by ffmpeg; it serves one viewer and then ends.

    It looks at `picture`, or at ffmpeg's test pattern.
    """
    port = port or free_port()
    url = f"http://127.0.0.1:{port}/cam.mjpg"
    scene = ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}"]
    if picture is not None:
        scene = ["-loop", "1", "-framerate", str(rate), "-i", str(picture)]
    command = [
        "ffmpeg", "-hide_banner", "-loglevel", "quiet", "-re", *scene,
        "-q:v", "2", "-f", "mpjpeg", "-listen", "1", url,
    ]  # fmt: skip
    camera = ChildCamera(url, command, lambda: _listening(port))
    camera.plug_in()
    try:
        yield camera
    finally:
        camera.unplug()


@contextmanager
def rtsp_camera(
    codec: str = "h264", *, port: int | None = None, user: str = "", password: str = ""
) -> Iterator[ChildCamera]:
    """An RTSP camera with codec h264 or jpeg, made by GStreamer; digest sign-in if `user`."""
    port = port or free_port()
    command = [SYSTEM_PYTHON, str(_RTSP_SCRIPT), str(port), codec]
    if user:
        command += [user, password]
    camera = ChildCamera(f"rtsp://127.0.0.1:{port}/cam", command, lambda: _listening(port))
    camera.plug_in()
    try:
        yield camera
    finally:
        camera.unplug()


def rtsp_is_available() -> bool:
    """Whether the system's Python can run the RTSP server."""
    done = subprocess.run(
        [SYSTEM_PYTHON, str(_RTSP_SCRIPT), "--check"],
        check=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return done.returncode == 0


class PulseMicrophone:
    """A private PulseAudio daemon with one microphone, which hears what is played to it.

    `environment` is what a process needs in order to use this daemon and no other.
    """

    name = "Test_Microphone"
    _MICROPHONE = (
        "module-remap-source", "source_name=mic", "master=room.monitor",
        f"source_properties=device.description={name}",
    )  # fmt: skip

    def __init__(self, folder: Path, rate: int) -> None:
        self._socket = folder / "pulse.socket"
        self._players: list[subprocess.Popen[bytes]] = []
        self.environment = {
            **os.environ,
            "HOME": str(folder),
            "PULSE_RUNTIME_PATH": str(folder / "run"),
            "PULSE_STATE_PATH": str(folder / "state"),
            "PULSE_SERVER": f"unix:{self._socket}",
            "QT_AUDIO_BACKEND": "pulseaudio",
        }
        modules = (
            f"module-native-protocol-unix socket={self._socket} auth-anonymous=1",
            f"module-null-sink sink_name=room rate={rate} channels=1 format=s16le",
            " ".join(self._MICROPHONE),
        )
        daemon = [
            "pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1",
            "--disable-shm=yes", "--realtime=no", "--high-priority=no", "--log-level=error",
        ]  # fmt: skip
        for module in modules:
            daemon += ["-L", module]
        self._daemon = subprocess.Popen(
            daemon, env=self.environment, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _wait_for(self._answers, self._daemon)
        except BaseException:
            self.close()
            raise

    def play(self, wav: Path) -> None:
        """Begin to play a file to the microphone, from its start; does not wait for its end."""
        player = ["paplay", "--device=room", "--latency-msec=50", str(wav)]
        self._players.append(subprocess.Popen(player, env=self.environment))

    def unplug(self) -> None:
        """Take the microphone away; the daemon stays."""
        self._pactl("unload-module", self._MICROPHONE[0])

    def remove_room(self) -> None:
        """Take away what the microphone hears; its recordings die."""
        self._pactl("unload-module", "module-null-sink")

    def plug_in(self) -> None:
        """Bring the microphone back under the same name."""
        self._pactl("load-module", *self._MICROPHONE)

    def close(self) -> None:
        """End the players and the daemon."""
        for child in (*self._players, self._daemon):
            child.kill()
            child.wait()

    def _answers(self) -> bool:
        return self._socket.exists() and "mic" in self._pactl("list", "short", "sources")

    def _pactl(self, *arguments: str) -> str:
        return subprocess.run(
            ["pactl", *arguments],
            env=self.environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=_START_S,
        ).stdout


@contextmanager
def pulse_microphone(
    folder: Path, wav: Path | None = None, *, rate: int = 16_000
) -> Iterator[PulseMicrophone]:
    """A microphone at `rate` samples per second that hears `wav`, if given; files go to `folder`.

    Programs: pulseaudio, paplay, pactl. `folder` must be short enough for a socket's path.
    """
    microphone = PulseMicrophone(folder, rate)
    try:
        if wav is not None:
            microphone.play(wav)
        yield microphone
    finally:
        microphone.close()


def speak(text: str, wav: Path) -> Path:
    """Write a spoken text to a WAV file with espeak-ng."""
    subprocess.run(["espeak-ng", "-w", str(wav), text], check=True, timeout=_START_S)
    return wav


def _wait_for(ready: Callable[[], bool], child: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_S
    while not ready():
        if child.poll() is not None:
            raise RuntimeError(f"{child.args!r} ended with {child.returncode} at its start")
        if time.monotonic() > until:
            raise RuntimeError(f"{child.args!r} was not ready within {_START_S:.0f} s")
        time.sleep(0.02)


def _listening(port: int) -> bool:
    """Whether a socket of this machine listens on the port; connecting would use it up."""
    wanted = f"0100007F:{port:04X}"
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return any(line.split()[1] == wanted and line.split()[3] == "0A" for line in lines)
