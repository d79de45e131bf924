"""Peak memory of crop_faces on a short and on a long video, and of the process that decodes.

The long video repeats the packets of a short one, so that an hour costs seconds to make. Every
picture is decoded; looked at are few, for the length counts here. Many short utterances and one as
long as the video, tracked: the most that the stage has to keep.

    python -m benchmarks.memory
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from pipeline.base.files import file_digest
from pipeline.base.records import FaceRow, Utterance
from pipeline.base.tables import read_rows, write_rows
from tests.pipeline import clips

LIMIT = 1.1  # of long / short
WIDTH, HEIGHT, FPS = 320, 240, 10
LOOP_S = 30
LOOK_EVERY_S = 4
N_UTTERANCES = 60
SETTINGS = {
    "which_face": "track",
    "fps": 1 / LOOK_EVERY_S,
    "detect_width_px": 160,
    "size_px": 64,
}
# VmHWM, not ru_maxrss: that of a new program begins at what its parent had.
PEAK = """
import json, sys
from pathlib import Path
def peak_kib():
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])
"""
PROGRAM = f"""{PEAK}
from pipeline.media import decoder
from pipeline.stages import crop_faces
decoder.COMMAND = (sys.executable, "-P", "-c", sys.argv[1], sys.argv[2])
crop_faces.main(sys.argv[3:])
print(peak_kib())
"""
# It is killed in the end, so it tells after every file.
DECODING = f"""{PEAK}
from pipeline.media import decoding, frame_service, timed_frames, video
counts = {{"n_opened": 0, "n_decoded": 0}}
real_open, real_decode = video.open_media, timed_frames.decode
real_answers = frame_service.answers
def open_media(path):
    counts["n_opened"] += 1
    return real_open(path)
def decode(*given):
    for frame in real_decode(*given):
        counts["n_decoded"] += 1
        yield frame
def answers(*given):
    yield from real_answers(*given)
    Path(sys.argv[1]).write_text(json.dumps({{**counts, "peak_kib": peak_kib()}}))
video.open_media, timed_frames.decode = open_media, decode
frame_service.answers = answers
decoding.main()
"""


@dataclass(frozen=True)
class Cropping:
    """What one run of the stage took, and its row for the utterance as long as the video."""

    peak_mib: float  # of the stage
    decoding_mib: float  # of the process that decodes
    n_opened: int  # how often the video was opened
    n_decoded: int  # pictures
    longest: FaceRow


def crop_talk(folder: Path, seconds: int) -> Cropping:
    """Make a video of so many seconds in `folder` and run the stage on it."""
    write_talk(folder / "talk.mp4", seconds)
    every_s = seconds / N_UTTERANCES
    starts_s = [every_s * k for k in range(N_UTTERANCES)]

    spans = [(0.0, math.inf), *((s, s + 0.8 * every_s) for s in starts_s)]
    utterances = [
        Utterance(f"u{k}", "d", k, "s", "1", "talk.mp4", start_s, end_s, "full", "")
        for k, (start_s, end_s) in enumerate(spans)
    ]
    write_rows(folder / "utterances.csv", utterances, Utterance)

    media = {"talk.mp4": {"size": 0, "sha256": file_digest(folder / "talk.mp4")}}
    (folder / "media.json").write_text(json.dumps(media), encoding="utf-8")
    arguments = [
        *("--utterances", folder / "utterances.csv", "--media", folder / "media.json"),
        *("--root", folder, "--settings", json.dumps(SETTINGS), "--device", "cpu"),
        *("--cache", folder / "cache", "--out", folder / "faces.csv"),
    ]
    told = folder / "decoding.json"

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, DECODING, str(told), *map(str, arguments)],
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )

    peak_mib = int(done.stdout.splitlines()[-1]) / 1024
    counts = json.loads(told.read_text(encoding="utf-8"))
    decoding_mib = counts.pop("peak_kib") / 1024
    longest = read_rows(folder / "faces.csv", FaceRow)[0]
    return Cropping(peak_mib, decoding_mib, longest=longest, **counts)


def write_talk(path: Path, seconds: int) -> None:
    """A portrait that sways, `seconds` long."""
    loop = path.with_name("loop.mp4")
    portrait = cv2.resize(clips.portraits()[0], (WIDTH, HEIGHT))
    times_s = [k / FPS for k in range(FPS * LOOP_S)]
    pictures = (np.roll(portrait, round(9 * math.sin(s)), axis=1) for s in times_s)
    options = {"preset": "ultrafast", "g": str(10 * FPS), "bf": "0"}
    clips.write_video(loop, pictures, times_s, rate=FPS, encoder_options=options)

    with av.open(str(path), "w") as container:
        out = None
        for k in range(seconds // LOOP_S):
            with av.open(str(loop)) as source:
                stream = source.streams.video[0]
                out = out or container.add_stream_from_template(stream)
                shift = int(k * LOOP_S / Fraction(stream.time_base))
                for packet in source.demux(stream):
                    if packet.dts is not None:
                        packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                        packet.stream = out
                        container.mux(packet)


def compare(short_s: int, long_s: int) -> tuple[Cropping, Cropping]:
    """The stage on a short and on a long video."""
    with tempfile.TemporaryDirectory() as short, tempfile.TemporaryDirectory() as long:
        return crop_talk(Path(short), short_s), crop_talk(Path(long), long_s)


def main() -> None:
    """Read the command line, crop both, print what they took."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--short", type=int, default=2, help="minutes")
    parser.add_argument("--long", type=int, default=60, help="minutes")
    args = parser.parse_args()

    short, long = compare(60 * args.short, 60 * args.long)
    heads = ("minutes", "peak", "decoding", "opened", "decoded", "looked at", "faces")
    print("".join(f"{head:>11}" for head in heads))
    for minutes, run in ((args.short, short), (args.long, long)):
        print(
            f"{minutes:11d}{run.peak_mib:7.0f} MiB{run.decoding_mib:7.0f} MiB{run.n_opened:11d}"
            f"{run.n_decoded:11d}{run.longest.n_frames:11d}{run.longest.n_faces:11d}"
        )

    ratio, decoding = long.peak_mib / short.peak_mib, long.decoding_mib / short.decoding_mib
    print(f"long / short: {ratio:.3f}, decoding {decoding:.3f} (limit {LIMIT})")


if __name__ == "__main__":
    main()
