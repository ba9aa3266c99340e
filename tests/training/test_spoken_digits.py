"""What the network learns from: the scenes hold what their classes say, and are the same again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from backend.core.errors import UsageError
from backend.core.tensors import Array, Datatype, Tensor
from backend.models.bundled.spoken_digits import SpokenDigits
from backend.profiles.bundled import profile_for
from training.spoken_digits import augment
from training.spoken_digits.corpus import (
    OTHER,
    RATE,
    Utterance,
    conversation,
    recordings,
    shortened,
)
from training.spoken_digits.features import MADE, Scenes, spectrogram
from training.spoken_digits.scenes import NOTHING, WINDOW, SceneMaker


def tone(seconds: float, hertz: float = 300.0) -> Array:
    at = np.arange(round(seconds * RATE)) / RATE
    return (0.3 * np.sin(2 * np.pi * hertz * at)).astype(np.float32)


WORDS = [Utterance(tone(0.4, 200 + 50 * digit), digit, "anna") for digit in range(10)]
TALK = np.random.default_rng(0).normal(0, 0.1, 10 * RATE).astype(np.float32)


def maker(seed: int = 1) -> SceneMaker:
    return SceneMaker(np.random.default_rng(seed), [Utterance(tone(0.3), OTHER, "x")], TALK)


def test_training_and_serving_have_one_front_end() -> None:
    model = SpokenDigits(profile_for("spoken_digits"))
    sound = np.random.default_rng(3).normal(0, 0.1, WINDOW).astype(np.float32)
    served = model.prepare({"AUDIO": Tensor("AUDIO", Datatype.FP32, sound)})
    assert np.array_equal(spectrogram(sound), served[0, 0])


def test_a_scene_is_one_window_with_probabilities() -> None:
    made = maker()
    for word in WORDS:
        for samples, classes in (
            made.of_word(word, WORDS),
            made.of_part(word),
            made.of_talk(),
            made.of_no_speech(),
        ):
            assert samples.shape == (WINDOW,)
            assert np.isfinite(samples).all()
            assert classes.shape == (NOTHING + 1,)
            assert classes.sum() == pytest.approx(1)
            assert classes.min() >= 0


def test_the_word_in_the_middle_is_the_class() -> None:
    made = maker()
    sure = [made.of_word(WORDS[7], WORDS)[1].argmax() == 7 for _ in range(100)]
    assert 0.6 < np.mean(sure) < 1


def test_what_holds_no_digit_is_nothing() -> None:
    made = maker()
    other = Utterance(tone(0.4), OTHER, "x")
    for _ in range(20):
        for _, classes in (made.of_part(WORDS[3]), made.of_talk(), made.of_no_speech()):
            assert classes.argmax() == NOTHING
        assert made.of_word(other, [other])[1].argmax() == NOTHING


def test_the_same_seed_gives_the_same_scenes() -> None:
    first, again, another = (maker(seed).of_word(WORDS[2], WORDS)[0] for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, another)


def test_another_voice_keeps_the_word_and_changes_its_length() -> None:
    rng = np.random.default_rng(4)
    lengths = [len(augment.other_voice(tone(0.5), rng)) for _ in range(40)]
    assert min(lengths) > 0.5 * 0.5 * RATE
    assert max(lengths) < 0.5 * 2 * RATE
    assert np.std(lengths) > 100


@pytest.mark.parametrize(
    "change", [augment.in_a_room, augment.equalised, augment.telephone, augment.distorted]
)
def test_rooms_and_lines_keep_the_length(change: object) -> None:
    assert callable(change)
    changed = change(tone(1.0), np.random.default_rng(1))
    assert changed.shape == (RATE,)
    assert np.isfinite(changed).all()
    assert changed.std() > 0


def test_recordings_are_read_by_their_names(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "7_anna_0.wav", tone(0.5), RATE)
    soundfile.write(tmp_path / "3_ben_12.wav", np.repeat(tone(0.5), 2), 2 * RATE)
    (tmp_path / "notes.txt").write_text("no sound")
    found = recordings(tmp_path)
    assert [(word.digit, word.speaker) for word in found] == [(3, "ben"), (7, "anna")]
    assert [len(word.samples) for word in found] == [RATE // 2] * 2


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no recordings"):
        recordings(tmp_path)


def test_a_conversation_is_cut_in_two_halves(tmp_path: Path) -> None:
    path = tmp_path / "talk.wav"
    soundfile.write(path, TALK, RATE)
    learnt, tested = conversation(path)
    assert np.allclose(np.concatenate([learnt, tested]), TALK, atol=1e-4)
    assert len(learnt) == len(tested)


def test_a_long_recording_is_cut_to_its_loudest_part() -> None:
    samples = np.concatenate([np.zeros(RATE, np.float32), tone(0.5)])
    short = shortened(samples)
    assert len(short) == round(0.9 * RATE)
    assert np.square(short).sum() == pytest.approx(np.square(samples).sum())


def test_a_speaker_that_is_left_out_is_in_no_scene() -> None:
    speakers = np.array(["anna", MADE, "ben", "anna"])
    scenes = Scenes(np.arange(4)[:, None, None], np.zeros((4, 11)), speakers)
    kept = scenes.without("anna")
    assert kept.speakers.tolist() == [MADE, "ben"]
    assert kept.spectrograms[:, 0, 0].tolist() == [1, 2]
