"""Encoders of your own in the configuration: found by the name of their module, settings typed."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from models.own_encoder import EncoderInfo
from models.own_modules import OwnModuleError, check_settings, is_own, own_entry
from pipeline.config.model_settings import ModelSettings, section_of


@cache
def find_own_encoder(modality: str, name: str) -> EncoderInfo | None:
    """What a module says of its encoder, None where `name` is no module's.

    OwnModuleError says what is wrong with the module.
    """
    if not is_own(name):
        return None
    info = own_entry(name, "ENCODER", EncoderInfo, "build(settings, weights, device)")
    check_settings(name, "ENCODER", info.settings)
    if info.modality != modality:
        raise OwnModuleError(f"{name} encodes {info.modality}, not {modality}: ENCODER.modality")
    return info


def own_settings(modality: str, name: str, values: Mapping[str, Any]) -> ModelSettings:
    """`features.<modality>.settings` as the section of the module's own dataclass."""
    info = find_own_encoder(modality, name)
    return section_of(info.settings).model_validate(values) if info else ModelSettings()
