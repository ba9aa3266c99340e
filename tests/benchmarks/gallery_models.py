"""How fast the gallery's models are through the server, and whether they answer as they should.

Run from the project's folder: `.venv/bin/python -m tests.benchmarks.gallery_models --data DIR
--from DIR`, where the first holds `photos`, `things`, `speech` and `models` as the tests want them,
and the second the files of all entries, with the wheels. It writes the tables of docs/models.md.
A frame is a picture or window prepared, answered by the server in this process over gRPC, and
decoded. CPU times, unlike the others, hardly change on a loaded machine.
"""

from __future__ import annotations

from backend.core.process import tune_process

tune_process()

import argparse  # noqa: E402 - after the process is tuned
import os  # noqa: E402
import platform  # noqa: E402
import subprocess  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from collections.abc import Iterator  # noqa: E402
from importlib.metadata import version  # noqa: E402
from pathlib import Path  # noqa: E402
from statistics import median  # noqa: E402

import numpy as np  # noqa: E402
import soundfile  # noqa: E402
import soxr  # noqa: E402

from backend.clients.codecs.calls import RestReply  # noqa: E402
from backend.clients.inference import InferenceClient, inference_client  # noqa: E402
from backend.core.choices import Api, RunSettings, Transport  # noqa: E402
from backend.core.predictions import Classification, Detections, Predictions  # noqa: E402
from backend.core.samples import AudioWindow, Frame, Sample  # noqa: E402
from backend.core.target import Target  # noqa: E402
from backend.core.traffic import Transfer  # noqa: E402
from backend.gallery import Gallery, fetchers_for  # noqa: E402
from backend.wire.media.opencv import cv2  # noqa: E402
from tests.gallery.running import (  # noqa: E402
    CATALOGUE,
    PAYLOADS,
    Direct,
    served,
    served_profile,
)
from tests.gallery.test_entries import PICTURES  # noqa: E402
from tests.profiles.gallery.reference import overlap  # noqa: E402
from tests.profiles.gallery.running import picture  # noqa: E402
from tests.profiles.gallery.test_silero import by_hand, speech  # noqa: E402

PAGE = Path(__file__).resolve().parents[2] / "docs" / "models.md"
WARM_UPS, RUNS = 5, 30
RATE = 16_000
RUNTIMES = {"onnxruntime_onnx": "ONNX Runtime", "litert_tflite": "LiteRT"}
HOPPER, SQUAT = "things/grace_hopper.bmp", "things/squat.bmp"
LINES = (
    "Inferdeck 2026", "HELLO WORLD", "Platform 9", "Mind the gap", "open daily 10-18", "EXIT",
    "Room 4711", "push to stop", "fragile", "www.example.org",
)  # fmt: skip


class Served:
    """A model of a server, and a client that asks it."""

    def __init__(self, target: Target, name: str) -> None:
        self.profile = served_profile(target, name)
        transport = Transport.GRPC
        settings = RunSettings(target, name, Api.OIP, transport, payload=PAYLOADS[transport])
        self._link: InferenceClient = inference_client(settings, self.profile)
        self._link.connect()

    def predict(self, sample: Sample, seq: int = 0) -> Predictions:
        """What it sees in a sample."""
        raw = self._link.call(self._link.codec.encode(sample, seq).call, Transfer())
        assert isinstance(raw, (RestReply, bytes))
        return self._link.codec.decode(raw, lambda _seq: sample).predictions

    def close(self) -> None:
        """Hang up."""
        self._link.close()


def main() -> None:
    """Measure all of it, and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the test data")
    parser.add_argument("--from", dest="files", type=Path, required=True, help="all entries' files")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        gallery = Gallery(CATALOGUE, Path(folder), fetchers_for(folder=given.files))
        for name in CATALOGUE:
            gallery.get(name)
        write("speed", speeds(gallery, given.data))
        write("accuracy", accuracies(gallery, given.data))


def write(mark: str, lines: Iterator[str]) -> None:
    """Put lines between the marks of the page."""
    before, rest = PAGE.read_text(encoding="utf-8").split(f"<!-- {mark} -->\n")
    _, after = rest.split("\n<!-- end -->", 1)
    text = "\n".join(lines)
    print(text)
    page = f"{before}<!-- {mark} -->\n{text}\n<!-- end -->{after}"
    PAGE.write_text(page, encoding="utf-8")


def speeds(gallery: Gallery, data: Path) -> Iterator[str]:
    """Milliseconds of a frame, for each entry."""
    libraries = ", ".join(
        f"{name} {version(package)}"
        for name, package in (("ONNX Runtime", "onnxruntime"), ("LiteRT", "ai-edge-litert"))
    )
    yield f"{processor()}, {os.cpu_count()} cores (shared with other work), {platform.system()},"
    yield f"Python {platform.python_version()}, {libraries}; one thread of the runtime."
    yield f"CPU time of client and server together: the median of {RUNS} frames after {WARM_UPS},"
    yield "and that of the first frame after the load; the least time that passed for a frame."
    yield ""
    yield "| name | runtime | CPU ms a frame | CPU ms of the first | least ms a frame |"
    yield "|---|---|---|---|---|"
    for name in CATALOGUE:
        with served(gallery.root, name) as (registry, target):
            runtime = RUNTIMES.get(registry.get(name).config.platform, "its parts'")
            model = Served(target, name)
            cpu, elapsed = timed(model, sample_for(model, name, data))
            model.close()
        times = median(cpu[WARM_UPS:]), cpu[0], min(elapsed)
        yield f"| `{name}` | {runtime} | {' | '.join(f'{each:.1f}' for each in times)} |"


def timed(model: Served, sample: Sample) -> tuple[list[float], list[float]]:
    """CPU and elapsed milliseconds of each frame."""
    cpu, elapsed = [], []
    for seq in range(WARM_UPS + RUNS):
        began = time.process_time(), time.perf_counter()
        model.predict(sample, seq)
        cpu.append(1000 * (time.process_time() - began[0]))
        elapsed.append(1000 * (time.perf_counter() - began[1]))
    return cpu, elapsed


def processor() -> str:
    """The processor's name, where the system tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def sample_for(model: Served, name: str, data: Path) -> Sample:
    """A picture in which the model sees something, or a window of speech."""
    if name in ("keywords", "silero_vad"):
        audio = model.profile.audio
        samples, _ = soundfile.read(data / "speech" / "conversation_60s.wav", dtype="float32")
        return AudioWindow(0, 0, samples[RATE : RATE + audio.window], audio.rate)
    if name in ("read_text", "text_detector", "text_reader"):
        return written(LINES[0], level=name == "text_reader")
    return picture(data, SQUAT if name in ("hands", "palm", "hand_landmarks") else HOPPER)


def written(text: str, *, level: bool = False) -> Frame:
    """Black on white, 640 x 480; `level` is the line alone."""
    pixels = np.full((480, 640, 3), 255, np.uint8)
    cv2.putText(pixels, text, (40, 200), cv2.FONT_HERSHEY_SIMPLEX, 1.7, (0, 0, 0), 4)
    return Frame(0, 0, np.ascontiguousarray(pixels[145:220] if level else pixels))


def accuracies(gallery: Gallery, data: Path) -> Iterator[str]:
    """What each entry got right, with what that means."""
    yield "| name | right | what counts |"
    yield "|---|---|---|"
    for name, photos in PICTURES.items():
        yield f"| `{name}` | {agreement(gallery, data, name, list(photos))} |"
    yield f"| `keywords` | {words(gallery)} |"
    yield f"| `silero_vad` | {windows(gallery, data)} |"
    yield f"| `read_text` | {lines_read(gallery)} |"


def agreement(gallery: Gallery, data: Path, name: str, photos: list[str]) -> str:
    """Photos answered rightly, and how far answers are from those of the file itself."""
    direct = Direct(gallery, data, name)
    right, overlaps, differences = 0, [1.0], [0.0]
    with served(gallery.root, name) as (_, target):
        model = Served(target, name)
        for file in photos:
            frame = picture(data, file)
            ours, theirs = model.predict(frame), direct.of(frame)
            right += bool(PICTURES[name][file](ours))
            for one, other in zip(ours, theirs, strict=True):
                if isinstance(one, Detections) and isinstance(other, Detections):
                    for mine, yours in zip(one.items, other.items, strict=True):
                        overlaps.append(overlap(np.array(mine.box), np.array(yours.box)))
                        differences.append(abs(mine.score - yours.score))
                elif isinstance(one, Classification) and isinstance(other, Classification):
                    for a, b in zip(one.classes, other.classes, strict=True):
                        differences.append(abs(a.score - b.score))
        model.close()
    text = f"{right} of {len(photos)} | photos that show what must be there"
    if len(overlaps) > 1:
        text += f"; boxes overlap those of the file by itself by {min(overlaps):.4f} or more"
    if len(differences) > 1:
        text += f"; scores differ by {max(differences):.4f} at most"
    return text


def words(gallery: Gallery) -> str:
    """Of forty words by a machine's voice."""
    heard = []
    with served(gallery.root, "keywords") as (_, target), tempfile.TemporaryDirectory() as folder:
        model = Served(target, "keywords")
        for word in model.profile.labels[:10]:
            for voice in ("en-us", "en-gb"):
                for speed in (140, 160):
                    window = spoken(Path(folder) / "word.wav", word, voice, speed)
                    (classes,) = model.predict(window)
                    assert isinstance(classes, Classification)
                    heard.append(classes.classes[0].label == word)
        model.close()
    what = "the ten words by espeak-ng, two voices, at 140 and 160 words a minute; likeliest class"
    return f"{sum(heard)} of {len(heard)} | {what}"


def spoken(path: Path, word: str, voice: str, speed: int) -> AudioWindow:
    """A word in the middle of one second."""
    command = ["espeak-ng", "-v", voice, "-s", str(speed), "-w", str(path), word]
    subprocess.run(command, check=True, timeout=60)
    samples, rate = soundfile.read(path, dtype="float32")
    samples = soxr.resample(samples, rate, RATE)
    loud = np.flatnonzero(np.abs(samples) > 0.02 * np.abs(samples).max())
    middle = (loud[0] + loud[-1]) // 2
    padded = np.pad(samples, (RATE // 2, RATE))
    return AudioWindow(0, 0, padded[middle : middle + RATE], RATE)


def windows(gallery: Gallery, data: Path) -> str:
    """Of a conversation, streamed as one sequence."""
    samples, _ = soundfile.read(data / "speech" / "conversation_60s.wav", dtype="float32")
    parts = [samples[i : i + 576] for i in range(0, 20 * RATE, 512)]
    expected = by_hand(data, parts)
    with served(gallery.root, "silero_vad") as (_, target):
        model = Served(target, "silero_vad")
        heard = [
            speech(model.predict(AudioWindow(seq, 0, part, RATE), seq))
            for seq, part in enumerate(parts)
        ]
        model.close()
    same = np.sum((np.array(heard) > 0.5) == (np.array(expected) > 0.5))
    apart = np.abs(np.subtract(heard, expected)).max()
    what = "windows of 20 s of a conversation, called speech or not as by the file run by hand"
    return f"{same} of {len(parts)} | {what}; probabilities differ by {apart:.4f} at most"


def lines_read(gallery: Gallery) -> str:
    """Of ten lines that OpenCV writes."""
    read = 0
    with served(gallery.root, "read_text") as (_, target):
        model = Served(target, "read_text")
        for text in LINES:
            (found,) = model.predict(written(text))
            assert isinstance(found, Detections)
            read += [item.text for item in found.items] == [text]
        model.close()
    return (
        f"{read} of {len(LINES)} | lines in one plain font, black on white, every character right"
    )


if __name__ == "__main__":
    main()
