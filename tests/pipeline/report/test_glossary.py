"""Words of the page: linked where they are met first, explained where they are linked."""

import re

import pytest

from pipeline.report.glossary import TERMS, Linker


def test_the_first_mention_of_a_part_is_a_link_and_others_are_words():
    linker = Linker()
    found = linker.link("UME and IME; UME again")
    assert found.count('href="#term-ume"') == 1
    assert found.count('href="#term-ime"') == 1
    assert "href" not in linker.link("UME once more")
    linker.start()
    assert 'href="#term-ume"' in linker.link("UME of another part")


def test_parts_of_words_are_no_terms():
    linked = Linker().link("A scaffold, a volume, unseeded; an ECE-like thing")
    assert "href" not in linked


def test_text_around_a_term_is_escaped():
    linked = Linker().link("<script> at missing rate 0.3 & <b>")
    assert linked.startswith("&lt;script&gt; at <a ")
    assert linked.endswith("</a> 0.3 &amp; &lt;b&gt;")


def test_longer_terms_win():
    assert 'href="#term-missing-rate">missing rates</a>' in Linker().link("at missing rates")
    assert 'href="#term-validation-role"' in Linker().link("the validation role")


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.name)
def test_a_meaning_is_a_sentence_that_does_not_begin_with_its_word(term):
    assert term.meaning.endswith(".")
    assert not term.meaning.lower().startswith(term.name.lower())


def test_every_link_of_a_page_has_its_entry_and_every_entry_a_link(study):
    _, page = study
    linked = set(re.findall(r'href="#(term-[a-z0-9-]+)"', page))
    entries = re.findall(r'<dt id="(term-[a-z0-9-]+)">', page)
    assert len(linked) > 10
    assert linked == set(entries)
    assert len(entries) == len(set(entries))


def test_commands_stand_as_code_and_stay_text():
    said = Linker().link("`snakemake <x>` of a fold, and a ` alone")
    assert said.startswith("<code>snakemake &lt;x&gt;</code> of a <a class=")
    assert said.endswith("and a ` alone")
