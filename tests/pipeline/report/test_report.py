"""The stage on whole build folders: every shape of study gives a page, tables and figures."""

import re
import xml.etree.ElementTree as ElementTree

import pandas as pd
import pytest

from tests.pipeline.report.task_artefacts import CLASSES


def test_a_whole_study_fills_every_table_and_figure_of_the_paper(study):
    build, page = study
    tables, figures = build.reported("tables"), build.reported("figures")
    for number in range(1, 6):
        assert {f"table{number}.{kind}" for kind in ("csv", "md", "tex")} <= tables
    assert "Not in this study" not in page
    expected = {
        f"t_figure4{letter}_{m}.svg" for letter in "abc" for m in ("audio", "text", "visual")
    }
    expected |= {
        f"t_router_iteacnet_{m}_{by}.svg" for m in ("audio", "text") for by in ("layer", "missing")
    }
    expected |= {f"t_curves_table{number}.svg" for number in (2, 3, 4)}
    expected |= {"t_classes_ume_0.0.svg", "t_confusion_0.5.svg", "t_training_iteacnet_0.5.svg"}
    expected |= {"t_missingness_withheld.svg", "t_missingness_in_fact.svg"}
    assert expected <= figures
    assert {name.replace(".svg", ".csv") for name in expected} <= figures
    for name in figures:
        if name.endswith(".svg"):
            ElementTree.parse(build.folder / "report" / "figures" / name)


def test_each_method_stands_in_the_tables_that_it_belongs_to(study):
    build, _ = study
    members = {n: list(dict.fromkeys(build.table(f"table{n}")["method"])) for n in range(1, 5)}
    assert members[1] == ["ecce_none", "ecce_global", "ecce_full"]
    assert members[2] == ["gcnet_framework_tf", "iteacnet", "its_tf_tf", "ts_nas_tf"]
    assert members[3] == ["majority", "gcnet", "iteacnet"]
    assert members[4] == ["majority", "ae", "gcnet", "iteacnet"]
    assert list(dict.fromkeys(build.table("table2")["column"])) == ["0.0", "0.5", "decline"]


def test_classes_stand_in_the_order_of_the_configuration(two_methods):
    build, _ = two_methods
    assert list(CLASSES) != sorted(CLASSES)
    confusion = build.table("t_confusion_0.5")
    assert list(dict.fromkeys(confusion["target"])) == list(CLASSES)
    assert list(dict.fromkeys(confusion["predicted"])) == list(CLASSES)
    f1 = pd.read_csv(build.folder / "report/figures/t_classes_ume_0.5.csv")
    assert list(dict.fromkeys(f1["metric"])) == list(CLASSES)


def test_a_corpus_without_tasks_has_a_page(make_build):
    build = make_build(methods={})
    page = build.report()
    assert "Corpus c" in page
    assert "Task " not in page
    assert build.reported("figures") == set()


def test_a_task_without_methods_says_so(make_build):
    build = make_build(train={"methods": [], "seeds": [0]})
    assert "No method is trained on this task" in build.report()


def test_one_method_and_one_run_need_no_baseline(make_build):
    build = make_build(methods={"iteacnet": {"model": "iteacnet"}}, seeds=(0,))
    page = build.report()
    assert "points against always naming the majority class" in page
    assert "Difference to" not in page


def test_regression_shows_its_own_metrics_and_no_class_is_needed(make_build):
    build = make_build(kind="regression")
    page = build.report()
    metrics = set(build.table("t_metrics_ume")["metric"])
    assert {"mean_absolute_error", "correlation", "seven_class_accuracy"} <= metrics
    assert "utterances of target 0 left out" in page
    counts = build.table("t_confusion_0.0")
    assert set(counts["target"]) == {"negative", "positive"}


def test_two_modalities_are_enough(make_build):
    build = make_build(modalities=("audio", "text"))
    build.report()
    table = build.table("t_missingness")
    assert set(table["what"]) == {
        *("cells missing", "audio missing", "text missing"),
        *("0 usable", "1 usable", "2 usable"),
    }
    assert not [name for name in build.reported("figures") if "visual" in name]


def test_a_baseline_alone_has_no_insides_to_show(make_build):
    build = make_build(methods={"gcnet": {"model": "gcnet"}}, seeds=(0,))
    page = build.report()
    assert "Routers" not in page
    assert "Attention and ECCE" not in page


def test_figure_4_leaves_b_out_where_no_network_was_trained_for_it(two_methods):
    build, page = two_methods
    letters = {name[len("t_figure4")] for name in build.reported("figures") if "figure4" in name}
    assert letters == {"a", "c"}
    assert "needs a method that is trained so" in page


def test_every_number_of_a_table_on_the_page_stands_in_its_csv(two_methods):
    build, page = two_methods
    table = build.table("table4")
    row = table[(table["method"] == "iteacnet") & (table["column"] == "average")].iloc[0]
    section = page[page.index('id="tables"') : page.index('id="task-t"')]
    assert f"{100 * row['mean']:.2f}" in section
    assert f"± {100 * row['std']:.2f}" in section
    scores = pd.read_csv(build.folder / "t" / "scores.csv")
    own = scores[(scores["method"] == "iteacnet") & (scores["metric"] == "weighted_f1")]
    assert row["mean"] == pytest.approx(own["value"].mean())
    assert row["n_runs"] == own.groupby(["fold", "seed"]).ngroups == 4


def test_every_link_of_the_page_leads_to_a_file_or_a_place_in_it(two_methods):
    build, page = two_methods
    links = re.findall(r'<a [^>]*href="([^"]+)"', page)
    assert len(links) > 40
    for link in links:
        if link.startswith("#"):
            assert f'id="{link[1:]}"' in page
        else:
            assert (build.folder / "report" / link).is_file(), link


def test_the_report_is_the_same_every_time(make_build):
    build = make_build(methods={"gcnet": {"model": "gcnet"}}, seeds=(0,))
    first = build.report()
    assert build.report() == first


def test_transcripts_can_be_left_out(make_build):
    shown = "a secret of mine"
    assert shown in make_build(methods={}, text=shown).report()


def test_no_transcript_reaches_the_page_where_text_is_false(make_build):
    assert (
        "a secret of mine"
        not in make_build(methods={}, text="a secret of mine", report={"text": False}).report()
    )


def test_speakers_are_counted_by_session_and_name(make_build):
    page = make_build(methods={}).report()
    assert "<b>4</b>speakers (session and name)" in page  # F and M of two sessions


def test_what_is_missing_from_a_corpus_is_told_with_its_reason(make_build):
    page = make_build(methods={}).report()
    for said in ("is not there", "-1 is no start", "frames were read, no face was found"):
        assert said in page
    assert "Missing media (1)" in page
    assert "Dropped items (1)" in page
    assert "1 more reach to the end of their file" in page


def test_versions_are_those_that_made_the_features_and_the_runs(two_methods):
    build, _ = two_methods
    table = build.table("versions")
    of = {(row.made, row.what): row.value for row in table.itertuples()}
    features = {value for (made, _), value in of.items() if made.startswith("c, ")}
    assert features == {"0.9.7"}  # as in the headers of the feature files
    assert of["training", "torch"] == "1.2.3"
    assert ("this report", "torch") not in of
