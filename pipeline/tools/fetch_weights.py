"""Fetches the weights that a configuration names into weights/. The only code that uses a network.

    python -m pipeline weights [--configfile configs/paper.yaml]

Models of the hub come with the files that count alone, at one commit, which is printed so that it
can be pinned (`revision`); a file appears whole or not at all. What cannot be fetched by a program
(Google Drive) is said with its address, and the exit code is 1.
"""

import hashlib
import re
import shutil
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any

from pipeline.base.errors import CheckpointError, SettingsError
from pipeline.base.files import atomic_path
from pipeline.base.records import Modality
from pipeline.base.yunet import yunet_place
from pipeline.config.configuration import read_config
from pipeline.config.faces import CropFacesSettings
from pipeline.config.settings import dump
from pipeline.features.faces.detecting import check_detector
from pipeline.features.weights.catalogue import find_encoder
from pipeline.features.weights.encoder import ONNX, Encoder
from pipeline.features.weights.locating import (
    DESCRIPTIONS,
    FETCHED,
    HUB_ID,
    PICKLED,
    SAFE,
    explain_missing,
    fetched_model,
    find_path,
    model_name,
    torchvision_file,
)
from pipeline.features.weights.opening import check_weights
from pipeline.tools.options import add_configuration, command_parser

YUNET = (
    "https://github.com/opencv/opencv_zoo/raw/main/models/face_detection_yunet/"
    "face_detection_yunet_2023mar.onnx"
)
TIMEOUT_S = 60
CHUNK_BYTES = 1 << 20
# Files of torchvision and others end in the first digits of their sha256: resnet18-f37072fd.pth
HASHED_NAME = re.compile(r"-([0-9a-f]{8,64})\.\w+$")


class FetchError(RuntimeError):
    """Weights could not be fetched; the text says what to do."""


def main(argv: list[str] | None = None) -> None:
    """Read the command line, fetch what is missing, say what must be done by hand."""
    parser = command_parser("weights", __doc__)
    add_configuration(parser)
    args = parser.parse_args(argv)
    try:
        config = read_config(args.configfile, args.config)
    except SettingsError as error:
        raise SystemExit(f"error: {error}") from None

    failed = False
    for name, encoding in config.encoders.items():
        modality, settings = encoding.modality, dump(encoding.settings)
        encoder = find_encoder(modality, settings["encoder"])
        label = f"features.{name}: {settings['encoder']}"
        try:
            is_there = find_path(encoder, settings) is not None
            path = find_path(encoder, settings) or fetch(encoder, settings)
            _check_opens(modality, settings, Path(config.cache), None if is_there else path)
            print(f"{label}: {'is there' if is_there else 'fetched'}: {path}")
        except (FetchError, CheckpointError, SettingsError) as error:
            failed = True
            print(f"{label}: {error}")

    if config.crop_faces.detector == "yunet":
        failed |= not _is_yunet_there(config.crop_faces)
    if failed:
        raise SystemExit(1)


def _is_yunet_there(faces: CropFacesSettings) -> bool:
    """Fetch YuNet where its file is not there; whether it opens."""
    place, label = yunet_place(faces.weights), "crop_faces: yunet"
    try:
        is_there = faces.weights is not None or place.is_file()
        path = place if is_there else download(YUNET, place)
        check_detector(faces)
    except (FetchError, CheckpointError) as error:
        print(f"{label}: {error}")
        return False
    print(f"{label}: {'is there' if is_there else 'fetched'}: {path}")
    return True


def _check_opens(
    modality: Modality, settings: Mapping[str, Any], cache: Path, fetched: Path | None
) -> None:
    """Open the weights; what was just fetched and is not weights (a login page) is not kept."""
    try:
        check_weights(modality, settings, cache)
    except CheckpointError:
        if fetched is not None and fetched.is_file():
            fetched.unlink()
        raise


def fetch(encoder: Encoder, settings: Mapping[str, Any]) -> Path:
    """Fetch the weights of one encoder; returns where they are."""
    if settings["weights"] is not None or encoder.wheels or encoder.name == ONNX:
        raise FetchError(explain_missing(encoder, settings))
    if encoder.name == "torchvision:":
        return _fetch_torchvision(settings["encoder"].removeprefix(encoder.name))
    if encoder.file_name is not None:
        if "drive.google.com" in encoder.source:
            raise FetchError(
                f"download {encoder.file_name} by hand from {encoder.source} and put it into "
                f"{FETCHED}/, or set {encoder.setting} to its path"
            )
        return download(encoder.source, FETCHED / encoder.file_name)

    name = model_name(encoder, settings)
    if not HUB_ID.fullmatch(name):
        raise FetchError(explain_missing(encoder, settings))
    return fetch_model(name, settings["revision"])


def download(url: str, path: Path) -> Path:
    """Fetch one file, whole or not at all; a hash in its name is checked."""
    digest = hashlib.sha256()
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as reply, atomic_path(path) as part:
            with part.open("wb") as stream:
                while chunk := reply.read(CHUNK_BYTES):
                    stream.write(chunk)
                    digest.update(chunk)
            _check(url, reply.headers.get("Content-Length"), part.stat().st_size, digest)

    except (urllib.error.URLError, HTTPException, TimeoutError) as error:
        said = getattr(error, "reason", None) if type(error) is urllib.error.URLError else error
        raise FetchError(
            f"{url} cannot be reached: {said}. Where there is no network, fetch it on another "
            f"machine and copy it to {path}"
        ) from error
    print(f"{path.name}: sha256 {digest.hexdigest()}")
    return path


def fetch_model(name: str, revision: str | None) -> Path:
    """Fetch the files of a model that count, at one commit."""
    import httpx2  # as the hub's client uses it: without a network it raises these errors
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    target = fetched_model(name, revision)
    part = target.with_name(f".{target.name}.part")  # kept on failure: the next try goes on
    try:
        info = HfApi().model_info(name, revision=revision, timeout=TIMEOUT_S)
        files = [file.rfilename for file in info.siblings or []]
        snapshot_download(
            name, revision=info.sha, local_dir=part, allow_patterns=wanted_files(files)
        )
    except (httpx2.HTTPError, HfHubHTTPError, OfflineModeIsEnabled, OSError) as error:
        said = str(error).strip().partition("\n")[0] or type(error).__name__
        raise FetchError(
            f"the model {name} cannot be fetched from the hub: {said}. Where there is no network, "
            "fetch it on another machine and copy weights/ here"
        ) from error
    shutil.rmtree(part / ".cache", ignore_errors=True)
    part.replace(target)
    print(f"{name}: commit {info.sha} (set `revision` to pin it)")
    return target


def wanted_files(files: list[str]) -> list[str]:
    """Of a model's files, those that it needs; safetensors rather than pickled weights."""
    top = [Path(file) for file in files if "/" not in file]
    safe = [file for file in top if any(map(file.match, SAFE))]
    weights = safe or [file for file in top if any(map(file.match, PICKLED))]
    return sorted(
        str(file) for file in top if file in weights or any(map(file.match, DESCRIPTIONS))
    )


def _fetch_torchvision(name: str) -> Path:
    import torchvision

    try:
        weights = torchvision.models.get_model_weights(name).DEFAULT
    except ValueError as error:
        raise FetchError(f"torchvision has no network {name!r}: {error}") from error
    return download(weights.url, FETCHED / torchvision_file(name))


def _check(url: str, promised: str | None, size: int, digest: "hashlib._Hash") -> None:
    if promised is not None and int(promised) != size:
        raise FetchError(f"{url} broke off after {size} of {promised} bytes: try again")
    named = HASHED_NAME.search(url)
    if named and not digest.hexdigest().startswith(named[1]):
        raise FetchError(f"{url}: sha256 {digest.hexdigest()} is not the one in its name")


if __name__ == "__main__":
    main()
