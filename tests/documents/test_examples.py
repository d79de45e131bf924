"""The whole files that docs/corpus.md shows can be used as they stand."""

import pytest
import yaml

from pipeline.config.configuration import parse_config
from pipeline.config.corpora import CorpusSettings
from pipeline.corpora.readers import read_corpus
from pipeline.rules.plan import Plan
from tests.documents.pages import ROOT, blocks

PAGE = ROOT / "docs/corpus.md"


@pytest.fixture
def mine():
    (content,) = blocks(PAGE, "yaml")
    return yaml.safe_load(content)


def test_the_configuration_of_the_example_is_whole(mine):
    files = Plan(parse_config(mine)).files()
    assert any(path.startswith("build/mine/runs/iteacnet/") for path in map(str, files))


def test_the_example_is_planned_with_fewer_epochs(mine):
    mine["train"].update(yaml.safe_load("{n_epochs: 3}"))  # as Snakemake merges --config
    assert parse_config(mine).train.n_epochs == 3


def test_the_corpus_of_the_example_is_read(mine, tmp_path):
    (table,) = blocks(PAGE, "csv")
    (tmp_path / "utterances.csv").write_text(table, encoding="utf-8")
    for name in ("talk1.mp4", "talk2.mp4"):
        (tmp_path / name).touch()

    settings = CorpusSettings.model_validate(mine["corpora"]["clips"])
    raw = read_corpus("clips", tmp_path, settings)
    assert [utterance.utterance_id for utterance in raw.utterances] == [
        "talk1_01",
        "talk1_02",
        "talk2_01",
    ]

    values = {value for group in mine["tasks"]["mine"]["classes"].values() for value in group}
    emotions = [annotation.value for annotation in raw.annotations if annotation.name == "emotion"]
    assert len(emotions) == 3
    assert set(emotions) <= values
