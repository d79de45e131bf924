import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from demo.timeline import PAD_S, perform


def span(performance, spoken):
    rate_hz = performance.sample_rate_hz
    return performance.sound[round(spoken.start_s * rate_hz) : round(spoken.end_s * rate_hz)]


def test_the_generator_decides_pauses_and_nothing_else_varies(default_script):
    first, second = (perform(default_script[0], np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(first.sound, second.sound)
    assert [s.start_s for s in first.spoken] == [s.start_s for s in second.spoken]


def test_spans_follow_each_other_inside_the_recording(performances):
    for performance in performances:
        edges = [edge for spoken in performance.spoken for edge in (spoken.start_s, spoken.end_s)]
        assert edges == sorted(edges)
        assert edges[0] > 0
        assert edges[-1] < performance.duration_s
        assert all(edge == round(edge, 4) for edge in edges)


def test_turns_take_one_to_four_seconds(performances):
    lengths = [s.end_s - s.start_s for p in performances for s in p.spoken if s.turn.label]
    assert min(lengths) > 1.0
    assert max(lengths) < 4.0
    assert 1.8 < np.mean(lengths) < 3.0


def test_there_is_no_sound_between_spans(performances):
    for performance in performances:
        outside = np.ones(len(performance.sound), bool)
        for spoken in performance.spoken:
            rate_hz = performance.sample_rate_hz
            outside[round(spoken.start_s * rate_hz) : round(spoken.end_s * rate_hz)] = False
        assert not performance.sound[outside].any()


def test_the_marked_speaker_is_on_the_left_channel(performances):
    for performance in performances:
        for spoken in performance.spoken:
            left, right = span(performance, spoken).T.any(axis=1)
            is_heard = spoken.turn.lack != "sound"
            is_marked = spoken.turn.speaker == performance.dialogue.marked
            assert (left, right) == (is_heard and is_marked, is_heard and not is_marked)


def test_the_span_holds_the_words_and_a_little_silence(performances):
    performance = performances[0]
    pad = round(PAD_S * performance.sample_rate_hz)
    for spoken in performance.spoken:
        if spoken.turn.lack != "sound":
            heard = np.flatnonzero(span(performance, spoken).any(axis=1))
            assert abs(heard[0] - pad) <= 2
            assert abs(heard[-1] + 1 - pad - len(spoken.waveform)) <= 2


def test_voices_tell_moods_apart_but_not_perfectly(performances):
    """Simple measures of the sound, one session held out: well above the majority class."""
    rows = [
        (_measures(s.waveform, p.sample_rate_hz), s.turn.label, p.dialogue.session)
        for p in performances
        for s in p.spoken
        if s.turn.label in ("hap", "exc", "sad", "neu", "ang") and s.turn.lack != "sound"
    ]

    features = np.array([row[0] for row in rows])
    target = np.array(["hap" if row[1] == "exc" else row[1] for row in rows])
    sessions = np.array([row[2] for row in rows])
    predicted = np.empty(len(rows), object)

    for session in range(1, 6):
        test = sessions == session
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        predicted[test] = model.fit(features[~test], target[~test]).predict(features[test])

    score = f1_score(target, predicted.astype(str), average="weighted")
    majority = max(np.unique(target, return_counts=True)[1]) / len(target)
    assert score > 2 * majority**2 / (1 + majority) + 0.15  # weighted F1 of the majority class
    assert score < 0.9


def _measures(waveform, rate_hz):
    frames = waveform[: len(waveform) // 441 * 441].reshape(-1, 441).astype(float)
    loudness = np.log(frames.std(axis=1) + 1)
    crossings = np.abs(np.diff(np.sign(frames), axis=1)).mean()
    return [len(waveform) / rate_hz, loudness.mean(), loudness.std(), loudness.max(), crossings]
