"""config.yaml as one typed model. The Snakefile validates here before it plans anything."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from pipeline.sections.corpora import CorpusSettings
from pipeline.sections.faces import CropFacesSettings
from pipeline.sections.features import FeaturesSettings
from pipeline.sections.methods import IteacnetMethod, MethodSettings, TrainSettings
from pipeline.sections.report import ReportSettings
from pipeline.sections.tasks import ProtocolSettings, TaskSettings
from pipeline.settings import Name, Section, SettingsError, parse_section


class Config(Section):
    """The whole of config.yaml."""

    root: str | None = None  # shorthand on the command line: the root of the only corpus
    cache: str = "cache"
    shards: Annotated[int, Field(ge=1, le=1024)] = 2  # extraction jobs per corpus and modality
    corpora: dict[Name, CorpusSettings]
    crop_faces: CropFacesSettings = CropFacesSettings()
    features: FeaturesSettings = FeaturesSettings()
    tasks: dict[Name, TaskSettings] = {}
    protocol: ProtocolSettings = ProtocolSettings()
    methods: dict[Name, MethodSettings] = {"iteacnet": IteacnetMethod(model="iteacnet")}
    train: TrainSettings = TrainSettings()
    report: ReportSettings = ReportSettings()

    @model_validator(mode="after")
    def _names_are_defined(self) -> "Config":
        for task, settings in self.tasks.items():
            _known(settings.corpus, self.corpora, f"tasks.{task}.corpus")
        for method in self.train.methods:
            _known(method, self.methods, "train.methods")
            if "complete" in self.methods[method].evaluations and 0.0 not in self.protocol.rates:
                raise ValueError(
                    f"methods.{method}.evaluations has complete, which is judged at rate 0.0: "
                    f"add it to protocol.rates, now {list(self.protocol.rates)}"
                )
        for task in self.train.tasks:
            _known(task, self.tasks, "train.tasks")
        return self


def parse_config(values: Mapping[str, Any]) -> Config:
    """Validate a configuration as read from YAML and the command line."""
    values = _place_root(dict(values))
    return parse_section(values, Config, where="")


def _place_root(values: dict[str, Any]) -> dict[str, Any]:
    if values.get("root") is None:
        return values
    root, corpora = str(values["root"]), values.get("corpora")  # `--config root=2024` is a number
    values["root"] = root
    if not isinstance(corpora, Mapping) or not all(
        isinstance(corpus, Mapping) for corpus in corpora.values()
    ):
        return values  # refused in parse_section, with the place
    if len(corpora) != 1:
        raise SettingsError(
            f"root={root!r} fits a configuration with one corpus; this one has {sorted(corpora)}: "
            "set corpora.<name>.root instead"
        )
    return {**values, "corpora": {name: {**it, "root": root} for name, it in corpora.items()}}


def _known(name: str, table: Mapping[str, Any], where: str) -> None:
    if name not in table:
        raise ValueError(f"{where}: {name!r} is not defined; use one of {sorted(table)}")
