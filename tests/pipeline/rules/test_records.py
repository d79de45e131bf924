"""Records of Snakemake: a damaged one goes, whole and empty ones stay."""

import json

from pipeline.rules.records import drop_damaged


def test_what_is_no_text_goes_and_all_else_stays(tmp_path):
    whole = json.dumps({"rule": "train", "params": ["\u00e9"]}).encode()
    contents = {
        "YQ==": whole,
        "@long/Yg==": whole[:10] + bytes([whole[10] | 0x80]) + whole[11:],
        "empty": b"",
        "cut": whole[:20],
        "zeros": bytes(100),  # as some file systems leave a file
    }
    for name, content in contents.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)

    assert drop_damaged(tmp_path) == 1
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == contents.keys() - {"@long/Yg=="}
    assert drop_damaged(tmp_path) == 0
    assert drop_damaged(tmp_path / "nothing") == 0
