"""Stage draw_availability: the masks that every method is validated and tested under."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from pipeline.base.records import Label, Modality, SplitRow, Utterance
from pipeline.base.tables import read_rows
from pipeline.config.settings import Section, parse_section
from pipeline.features.store import read_extracted
from pipeline.protocol.availability import GeneratorName
from pipeline.protocol.errors import ProtocolError
from pipeline.protocol.stored_masks import draw_masks, write_masks
from pipeline.stages.options import stage_parser


class DrawAvailabilitySettings(Section):
    """What the rule hands over as JSON."""

    generator: GeneratorName
    modalities: Annotated[tuple[Modality, ...], Field(min_length=1)]


def main(argv: list[str] | None = None) -> None:
    """Read the command line, draw, write, say which rates were reached."""
    parser = stage_parser(
        __doc__,
        *("utterances", "labels", "splits", "features"),
        settings="JSON of generator and modalities",
        out="availability/*.safetensors",
    )
    parser.add_argument("--missing-rate", type=float, required=True, help="nominal, 0 to 0.7")
    parser.add_argument("--mask-seed", type=int, required=True, help="seed of the masks")
    args = parser.parse_args(argv)

    settings = parse_section(args.settings, DrawAvailabilitySettings, where="")
    utterances, labels = read_rows(args.utterances, Utterance), read_rows(args.labels, Label)
    extracted = extracted_of(labels, utterances, args.features, settings.modalities)
    try:
        masks = draw_masks(
            labels,
            read_rows(args.splits, SplitRow),
            {u.utterance_id: u.dialogue_id for u in utterances},
            settings.modalities,
            extracted,
            args.missing_rate,
            settings.generator,
            args.mask_seed,
        )
    except ProtocolError as error:
        raise SystemExit(f"error: {error}") from None
    write_masks(args.out, masks)
    for fold, realised in masks.realised.items():
        print(f"fold {fold}: missing rate {masks.rate} asked, {realised:.4f} realised")
    reached = masks.realised.values()
    print(f"done: {min(reached):.3f} to {max(reached):.3f} reached over {len(reached)} folds")


def extracted_of(
    labels: Sequence[Label],
    utterances: Sequence[Utterance],
    features: Sequence[Path],
    modalities: Sequence[str],
) -> NDArray[np.bool_]:
    """(N, V) over the rows of labels.csv: what there is to withhold."""
    ids = [utterance.utterance_id for utterance in utterances]
    place = {name: row for row, name in enumerate(ids)}
    rows = np.array([place[label.utterance_id] for label in labels], dtype=np.int64)
    found = read_extracted(features, ids)
    return np.stack([found[modality][rows] for modality in modalities], axis=1)


if __name__ == "__main__":
    main()
