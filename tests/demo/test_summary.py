import json
import re


def test_the_summary_counts_what_is_there(small_demo, small_settings):
    summary = json.loads((small_demo / "DEMO.json").read_text(encoding="utf-8"))
    assert summary["synthetic"] is True
    assert "synthetic" in summary["what"].lower()
    assert summary["settings"] == small_settings.model_dump()
    codes = [
        code
        for path in small_demo.glob("Session?/dialog/EmoEvaluation/*.txt")
        for code in re.findall(r"^\[.*?\]\t\S+\t(\w+)\t", path.read_text(), re.MULTILINE)
    ]
    assert {code: codes.count(code) for code in set(codes)} | {"not evaluated": 1} == summary[
        "labels"
    ]
    assert summary["n_labeled"] == len(codes) - codes.count("xxx")


def test_the_summary_says_what_each_part_may_be_used_for(small_demo):
    licenses = json.loads((small_demo / "DEMO.json").read_text(encoding="utf-8"))["licenses"]
    assert "GPL-3" in licenses["espeak-ng"]
    assert sum("public domain" in text for text in licenses.values()) == 2


def test_the_readme_calls_it_synthetic_and_names_the_letters(small_demo):
    text = (small_demo / "README.txt").read_text(encoding="utf-8")
    assert text.startswith("Synthetic demo corpus")
    assert "F and M follow the layout" in text
