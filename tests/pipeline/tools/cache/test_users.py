"""Truth: folders of our own making, one configuration or two in each."""

import pytest

from pipeline.config.configuration import parse_config
from pipeline.tools.cache.users import note_use, others, users


@pytest.fixture
def config(tmp_path):
    def make(root="/data/a"):
        corpora = {"talks": {"reader": "folder", "root": root}}
        return parse_config({"corpora": corpora, "cache": str(tmp_path / "cache")})

    return make


@pytest.fixture
def folders(tmp_path):
    found = [tmp_path / name for name in ("first", "second")]
    for folder in found:
        folder.mkdir()
    return found


def test_a_use_is_noted_once_by_folder_and_configuration(tmp_path, config, folders):
    first, second = folders
    for folder, root in ((first, "/data/a"), (first, "/data/a"), (first, "/b"), (second, "/b")):
        note_use(config(root), folder)
    found = sorted(user.name for user in users(tmp_path / "cache"))
    assert found == [
        f"{first} (corpora talks=/b; tasks )",
        f"{first} (corpora talks=/data/a; tasks )",
        f"{second} (corpora talks=/b; tasks )",
    ]


def test_others_are_all_but_the_named_in_this_folder(tmp_path, config, folders):
    first, second = folders
    for folder in folders:
        note_use(config(), folder)
    assert [user.folder for user in others(tmp_path / "cache", [config()], first)] == [second]
    assert len(others(tmp_path / "cache", [config("/other")], first)) == 2
    second.rmdir()  # nobody can run there any more
    assert others(tmp_path / "cache", [config()], first) == []
