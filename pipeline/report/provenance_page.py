"""What a result came from: versions, digests, settings, seeds; and Table 5."""

import csv
import platform
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from pipeline.arrays import read_header
from pipeline.files import canonical_json, text_digest
from pipeline.records import Modality
from pipeline.report.formats import label
from pipeline.report.published import published_value
from pipeline.report.views import Row, TableView, text_row

PACKAGES = (
    "torch",
    "torchaudio",
    "transformers",
    "onnxruntime",
    "facenet-pytorch",
    "opencv-python-headless",
    "av",
    "numpy",
    "scikit-learn",
    "snakemake",
)


def versions_table(settings: Mapping[str, Any], stores: Mapping[str, Path]) -> TableView:
    """Versions of packages, the configuration's digest, encoders with their weights' digests."""
    rows = [text_row("Python", platform.python_version())]
    rows += [text_row(name, metadata.version(name)) for name in PACKAGES]
    rows.append(text_row("configuration (sha256)", text_digest(canonical_json(settings))))
    for name, path in stores.items():
        header = read_header(path)
        encoder = f"{header['encoder']}, {header['pooling']}, {header['precision']}"
        rows.append(text_row(f"features {name}", f"{encoder}, weights {header['weights'][:16]}"))
    return TableView("Versions and digests", ["what", "value"], rows, text=["value"])


def stores_of(build: Path, corpora: Mapping[str, Sequence[Modality]]) -> dict[str, Path]:
    """Feature files by `corpus/modality`."""
    return {
        f"{corpus}/{modality}": build / corpus / "features" / f"{modality}.safetensors"
        for corpus, modalities in corpora.items()
        for modality in modalities
    }


def parameter_table(path: Path) -> TableView:
    """Table 5: parameters of every model at the paper's sizes, and what explains differences."""
    with path.open(newline="", encoding="utf-8") as stream:
        rows: list[Row] = [
            text_row(
                label(row["model"]),
                row["module"],
                f"{int(row['parameters']):,}",
                row["published"] or "-",
                row["note"],
                emphasis=row["model"] == "iteacnet",
            )
            for row in csv.DictReader(stream)
        ]
    caption = "Table 5. Trainable parameters, built here at the paper's sizes"
    columns = ["model", "module", "parameters", "paper", "note"]
    return TableView(caption, columns, rows, text=["module", "note"])


def published_parameters(model: str, module: str) -> str:
    """What Table 5 of the paper prints, "" if nothing."""
    return published_value("5", "", model, module)
