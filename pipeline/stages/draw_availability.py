"""Stage draw_availability: the masks that every method is validated and tested under."""

import argparse
from pathlib import Path
from typing import Annotated

from pydantic import Field

from pipeline.protocol.availability import GeneratorName
from pipeline.protocol.errors import ProtocolError
from pipeline.protocol.stored_masks import draw_masks, write_masks
from pipeline.records import Label, Modality, SplitRow, Utterance
from pipeline.settings import Section, parse_section
from pipeline.tables import read_rows


class DrawAvailabilitySettings(Section):
    """What the rule hands over as JSON."""

    generator: GeneratorName
    modalities: Annotated[tuple[Modality, ...], Field(min_length=1)]


def main(argv: list[str] | None = None) -> None:
    """Read the command line, draw, write, say which rates were reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--utterances", type=Path, required=True, help="utterances.csv")
    parser.add_argument("--labels", type=Path, required=True, help="labels.csv")
    parser.add_argument("--splits", type=Path, required=True, help="splits.csv")
    parser.add_argument("--settings", required=True, help="JSON of generator and modalities")
    parser.add_argument("--missing-rate", type=float, required=True, help="nominal, 0 to 0.7")
    parser.add_argument("--mask-seed", type=int, required=True, help="seed of the masks")
    parser.add_argument("--out", type=Path, required=True, help="availability/*.safetensors")
    args = parser.parse_args(argv)

    settings = parse_section(args.settings, DrawAvailabilitySettings, where="")
    try:
        masks = draw_masks(
            read_rows(args.labels, Label),
            read_rows(args.splits, SplitRow),
            {u.utterance_id: u.dialogue_id for u in read_rows(args.utterances, Utterance)},
            settings.modalities,
            args.missing_rate,
            settings.generator,
            args.mask_seed,
        )
    except ProtocolError as error:
        raise SystemExit(f"error: {error}") from None
    write_masks(args.out, masks)
    for fold, realised in masks.realised.items():
        print(f"fold {fold}: missing rate {masks.rate} asked, {realised:.4f} realised")


if __name__ == "__main__":
    main()
