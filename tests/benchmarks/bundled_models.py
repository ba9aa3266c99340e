"""How well and how fast the bundled models answer: the figures of docs/bundled_models.md.

Run from the project's folder: `.venv/bin/python -m tests.benchmarks.bundled_models --data DIR`,
where DIR holds `photos`, `speech` and `models` as the tests want them. Times are CPU times of one
thread, medians, so that a loaded machine changes them little.
"""

from __future__ import annotations

from backend.core.process import tune_process

tune_process()

import argparse  # noqa: E402 - after the process is tuned
import shutil  # noqa: E402
import subprocess  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable, Iterator  # noqa: E402
from functools import partial  # noqa: E402
from io import BytesIO  # noqa: E402
from pathlib import Path  # noqa: E402
from statistics import median  # noqa: E402

import numpy as np  # noqa: E402
import soundfile  # noqa: E402
import soxr  # noqa: E402

from backend.core.samples import MediaKind  # noqa: E402
from backend.core.tensors import Array, Datatype, Tensor  # noqa: E402
from backend.models.catalogue import bundled_models  # noqa: E402
from backend.models.contract import Model  # noqa: E402
from backend.profiles.bundled import profile_for  # noqa: E402
from backend.wire.media.images import decode_image  # noqa: E402
from backend.wire.media.opencv import cv2  # noqa: E402
from tests.models.bundled.known_speech import speech_s  # noqa: E402
from tests.models.bundled.made_sounds import MUSIC, RATE, coloured_noise  # noqa: E402
from tests.models.bundled.model_scoring import Score, ask, detections  # noqa: E402
from tests.models.bundled.test_faces import SAME_FACE, leaned, yunet  # noqa: E402
from tests.models.bundled.test_qr_codes import tilted_scene  # noqa: E402
from tests.models.bundled.test_voice_activity import OTHER_SOUNDS  # noqa: E402

_SIZES = {"as they are": None, "at 640x480": (640, 480), "at 1024x768": (1024, 768)}
_WINDOW, _HOP = RATE // 2, RATE // 10
_SAID = (
    "Good morning, how are you today?",
    "The train to the north leaves at a quarter past nine.",
    "Please open the window and close the door.",
)


def main() -> None:
    """Measure all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the test data")
    folder = parser.parse_args().data
    models = {factory.name: factory() for factory in bundled_models()}
    for line in (
        *_faces(models["faces"], folder),
        *_qr_codes(models["qr_codes"], folder),
        *_voice_activity(models["voice_activity"], folder),
        *_first_calls(folder),
    ):
        print(line, flush=True)


def _faces(model: Model, folder: Path) -> Iterator[str]:
    for title, size in _SIZES.items():
        certain, possible, times = Score(), Score(), []
        for path in sorted((folder / "photos").glob("*.jpg")):
            pixels = _photo(path, size)
            found = detections(ask(model, pixels))
            truth = yunet(folder, pixels, 0.9)
            own = Score()
            for score in (certain, own):
                score.add(found, truth, SAME_FACE)
            possible.add(found, yunet(folder, pixels, 0.5), SAME_FACE)
            times.append(_cpu_ms(partial(ask, model, pixels)))
            yield f"faces {path.name} {title}: recall {own.recall:.2f}, {times[-1]:.0f} ms"
        yield (
            f"faces {title}: recall {certain.right} of {certain.right + certain.missed} in "
            f"{len(times)} photos, {possible.wrong} wrong of {possible.wrong + possible.right}, "
            f"mean {np.mean(times):.0f} ms"
        )
    for degrees in (15, 20, 25, 30, 35):
        certain = Score()
        for path in sorted((folder / "photos").glob("*.jpg")):
            for way in (-degrees, degrees):
                pixels = leaned(_photo(path, (640, 480)), way)
                certain.add(detections(ask(model, pixels)), yunet(folder, pixels, 0.9), SAME_FACE)
        yield f"faces leaning by {degrees} degrees: recall {certain.recall:.2f}"


def _qr_codes(model: Model, folder: Path) -> Iterator[str]:
    for shorter in (0.0, 0.3, 0.5, 0.6, 0.7):
        for count in (1, 2):
            read = wrong = 0
            for seed in range(20):
                pixels, texts = tilted_scene(seed, count, shorter)
                found = {code.text for code in detections(ask(model, pixels)) if code.text}
                read, wrong = read + len(found & texts), wrong + len(found - texts)
            yield f"qr_codes {shorter}, {count} in view: {read} of {20 * count}, {wrong} wrong"
    photos = [_photo(path, (640, 480)) for path in sorted((folder / "photos").glob("*.jpg"))]
    times = [_cpu_ms(partial(ask, model, pixels)) for pixels in photos]
    yield f"qr_codes without a code: median {median(times):.1f} ms"


def _voice_activity(model: Model, folder: Path) -> Iterator[str]:
    talk, rate = soundfile.read(folder / "speech" / "conversation_60s.wav", dtype="float32")
    assert rate == RATE
    starts = range(0, len(talk) - _WINDOW + 1, _HOP)
    heard = np.array([_hears(model, talk[start : start + _WINDOW]) for start in starts])
    known = np.array([speech_s(s / RATE, (s + _WINDOW) / RATE) >= 0.1 for s in starts])
    for title, part in (("first half", slice(0, 298)), ("second half", slice(298, None))):
        some, truth = heard[part], known[part]
        yield (
            f"voice_activity conversation, {title}: true positives {some[truth].mean():.3f}, "
            f"false positives {some[~truth].mean():.3f}, right {(some == truth).mean():.3f}"
        )
    for title, sounds in _other_sounds(folder):
        verdicts = [_hears(model, sound) for sound in sounds]
        yield f"voice_activity {title}: {np.mean(verdicts):.3f} of {len(verdicts)} called speech"


def _other_sounds(folder: Path) -> Iterator[tuple[str, list[Array]]]:
    yield (
        "spoken digits",
        [
            _padded(_resampled(path))
            for path in sorted((folder / "speech" / "spoken_digits").glob("*.wav"))[::10]
        ],
    )
    if shutil.which("espeak-ng"):
        yield "espeak-ng", [piece for text in _SAID for piece in _pieces(_synthesized(text))]
    random = np.random.default_rng(77)
    for title, play in MUSIC.items():
        yield title, [_mixed(random, play(random, _WINDOW)) for _ in range(200)]
    for title, make in OTHER_SOUNDS.items():
        yield title, [_mixed(random, make(random)) for _ in range(60)]


def _mixed(random: np.random.Generator, sound: Array) -> Array:
    """At a loudness of -40 dB to full scale, with a little noise."""
    loud = 10 ** random.uniform(-2, 0) / np.abs(sound).max()
    return np.asarray(sound * loud + 1e-4 * coloured_noise(random, len(sound), 0.0))


def _synthesized(text: str) -> Array:
    program = subprocess.run(
        ["espeak-ng", "--stdout", text],
        capture_output=True,
        check=True,
        timeout=30,
    )
    with soundfile.SoundFile(BytesIO(program.stdout)) as file:
        return np.asarray(soxr.resample(file.read(dtype="float32"), file.samplerate, RATE))


def _pieces(sound: Array) -> list[Array]:
    return [sound[s : s + _WINDOW] for s in range(0, len(sound) - _WINDOW + 1, _HOP)]


def _resampled(path: Path) -> Array:
    samples, rate = soundfile.read(path, dtype="float32")
    return np.asarray(soxr.resample(samples, rate, RATE))


def _padded(sound: Array) -> Array:
    return np.pad(sound, (0, max(0, _WINDOW - len(sound))))


def _hears(model: Model, sound: Array) -> bool:
    (classes,) = ask(model, sound.astype(np.float32))
    return bool(classes.classes[0].label == "speech")  # type: ignore[union-attr]


def _first_calls(folder: Path) -> Iterator[str]:
    """Each model in a process that has not used it yet would be truer; this one made it anew."""
    pixels = _photo(folder / "photos" / "9.jpg", (640, 480))
    for factory in bundled_models():
        profile = profile_for(factory.name)
        if profile.kind is MediaKind.BYTES:
            continue
        if profile.kind is MediaKind.IMAGE:
            given = {"IMAGE": Tensor("IMAGE", Datatype.UINT8, pixels)}
        else:
            noise = coloured_noise(np.random.default_rng(0), profile.audio.window, 1.0)
            given = {"AUDIO": Tensor("AUDIO", Datatype.FP32, noise.astype(np.float32))}
        model = factory()
        times = []
        for _ in range(16):
            started = time.thread_time()
            model.finish(model.infer(model.prepare(given)))
            times.append(1e3 * (time.thread_time() - started))
        yield f"{factory.name}: first answer {times[0]:.1f} ms, median {median(times[1:]):.1f} ms"


def _photo(path: Path, size: tuple[int, int] | None) -> Array:
    pixels = decode_image(path.read_bytes())
    if size is None:
        return pixels
    return np.ascontiguousarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))


def _cpu_ms(call: Callable[[], object], times: int = 7) -> float:
    spent = []
    for _ in range(times):
        started = time.thread_time()
        call()
        spent.append(1e3 * (time.thread_time() - started))
    return median(spent)


if __name__ == "__main__":
    main()
