"""The stage on whole build folders: every shape of study gives a page, tables and figures."""

import re
import xml.etree.ElementTree as ElementTree


def test_a_whole_study_fills_every_table_and_figure_of_the_paper(study):
    build, page = study
    tables, figures = build.reported("tables"), build.reported("figures")
    for number in range(1, 6):
        assert {f"table{number}.{kind}" for kind in ("csv", "md", "tex")} <= tables
    assert "Not in this study" not in page

    expected = {
        f"t_figure4{letter}_{m}.svg" for letter in "abc" for m in ("audio", "text", "visual")
    }
    expected |= {"t_router_iteacnet.svg"}
    expected |= {f"t_curves_table{number}.svg" for number in (2, 3, 4)}
    expected |= {"t_classes_ume.svg", "t_confusion_0.5.svg", "t_training_iteacnet_0.5.svg"}
    expected |= {"t_missingness_withheld.svg", "t_missingness_in_fact.svg"}
    assert expected <= figures
    assert {name.replace(".svg", ".csv") for name in expected} <= figures

    for name in figures:
        if name.endswith(".svg"):
            ElementTree.parse(build.folder / "report" / "figures" / name)


def test_a_corpus_without_tasks_has_a_page(make_build):
    build = make_build(methods={})
    page = build.report()
    assert "Corpus c" in page
    assert "Task " not in page
    assert build.reported("figures") == set()


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
    first = dateless(build.report())
    assert dateless(build.report()) == first


def dateless(page):
    """The page without the minute that it was made in."""
    told = re.findall(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2} UTC", page)
    assert len(told) == 1
    return page.replace(told[0], "")
