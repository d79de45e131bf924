"""Text encoders: words, sub-sentences and windows as the recipe says, the same bytes always."""

import numpy as np
import pytest
import torch
import transformers

from pipeline.features.encoders import hf_text, minilm

pytestmark = pytest.mark.fresh

TEXTS = [
    "hello world, it's a sunny day today!",
    "what are you doing?  i don't know",
    "ok",
    "the lazy dog. The Quick brown fox! anyhow",
    "WHAT A DAY",
]
MODELS = ["deberta", "deberta_v3"]


@pytest.fixture
def build(request, settings_of, local, bundled):
    """build(name, **settings): the extractor of an encoder."""

    def make(name, **values):
        if name == "minilm":
            settings, weights = bundled("text")
            return minilm.build({**settings, **values}, weights, "cpu")
        folder = request.getfixturevalue(name)
        return hf_text.build(settings_of("text", **values), local(folder), "cpu")

    return make


@pytest.fixture
def reference(request):
    """The same model through transformers alone: hidden states of split words."""

    def load(name):
        folder = request.getfixturevalue(name)
        model = transformers.AutoModel.from_pretrained(folder).eval()
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, add_prefix_space=True)

        def words_of(words, n_layers=4):
            """Words -> (n_words, D), each the mean of its tokens."""
            encoding = tokenizer(words, is_split_into_words=True, return_tensors="pt")
            with torch.no_grad():
                states = model(encoding["input_ids"], output_hidden_states=True).hidden_states
            summed = sum(states[-k] for k in range(1, n_layers + 1))[0]
            owner = encoding.word_ids()
            return torch.stack(
                [
                    torch.stack([v for v, o in zip(summed, owner, strict=True) if o == n]).mean(0)
                    for n in range(len(words))
                ]
            )

        return words_of

    return load


def vectors(extractor, texts, item, n_workers=1):
    items = [item(f"u{n}", text) for n, text in enumerate(texts)]
    found = {result.utterance_id: result for result in extractor.encode(items, n_workers)}
    return [found[f"u{n}"].vector.tobytes() for n in range(len(texts))]


@pytest.mark.parametrize("name", ["minilm", *MODELS])
def test_neighbors_order_subsets_and_workers_change_no_byte(name, build, item):
    extractor = build(name)
    texts = TEXTS * 3 + ["a much longer sentence of a speaker " * 12, "no"]
    together = vectors(extractor, texts, item)
    for n_workers in (2, 4):
        assert vectors(extractor, texts, item, n_workers) == together
    order = np.random.default_rng(0).permutation(len(texts))
    assert vectors(extractor, [texts[n] for n in order], item, 2) == [together[n] for n in order]
    for number, text in enumerate(texts):
        assert vectors(build(name) if number == 0 else extractor, [text], item) == [
            together[number]
        ]


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("last_layers", [1, 4])
def test_words_are_means_of_tokens_and_the_vector_is_the_mean_of_words(
    name, last_layers, build, reference, item
):
    words_of = reference(name)
    extractor = build(name, last_layers=last_layers)
    for text in TEXTS:
        (encoded,) = extractor.encode([item("u", text)])
        expected = words_of(text.lower().split(), last_layers).mean(dim=0)
        np.testing.assert_allclose(encoded.vector, expected, rtol=1e-4, atol=1e-5)


def test_gcnet_reads_each_sub_sentence_alone_and_weighs_words_alike(build, reference, item):
    words_of = reference("deberta")
    (encoded,) = build("deberta", compat="gcnet").encode(
        [item("u", "Hello, World-wide! It's OK...  isn't it? 100%")]
    )
    sentences = [["hello", ",", "worldwide"], ["it's", "ok"], ["isn't", "it"], ["100"]]
    expected = torch.cat([words_of(words) for words in sentences]).mean(dim=0)
    np.testing.assert_allclose(encoded.vector, expected, rtol=1e-4, atol=1e-5)


def test_tokens_can_be_averaged_instead_of_words(build, deberta, item):
    model = transformers.AutoModel.from_pretrained(deberta).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(deberta)
    text = TEXTS[0]
    with torch.no_grad():
        states = model(**tokenizer(f" {text}", return_tensors="pt"), output_hidden_states=True)
    expected = torch.stack(states.hidden_states[-4:]).sum(0)[0][1:-1].mean(dim=0)
    (encoded,) = build("deberta", pooling="tokens").encode([item("u", text)])
    np.testing.assert_allclose(encoded.vector, expected, rtol=1e-4, atol=1e-5)


def test_case_counts_only_where_it_is_kept(build, item):
    upper, lower = "HELLO WORLD", "hello world"
    folded, kept = build("deberta"), build("deberta", lower_case=False)
    assert vectors(folded, [upper], item) == vectors(folded, [lower], item)
    assert vectors(kept, [upper], item) != vectors(kept, [lower], item)
    assert vectors(kept, [lower], item) == vectors(folded, [lower], item)


def test_minilm_is_the_mean_of_all_tokens_of_the_last_layer(build, bundled, item):
    _, weights = bundled("text")
    model = transformers.AutoModel.from_pretrained(weights.path).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(weights.path)
    with torch.no_grad():
        hidden = model(**tokenizer(TEXTS[0], return_tensors="pt")).last_hidden_state[0]
    (encoded,) = build("minilm").encode([item("u", TEXTS[0])])
    np.testing.assert_allclose(encoded.vector, hidden.mean(dim=0), rtol=1e-4, atol=1e-5)


def test_minilm_puts_sentences_of_one_meaning_close_together(build, item):
    texts = ["I am so happy today!", "What a wonderful, joyful day.", "The invoice is overdue."]
    a, b, c = (
        np.frombuffer(vector, np.float32) for vector in vectors(build("minilm"), texts, item)
    )

    def cosine(x, y):
        return x @ y / np.linalg.norm(x) / np.linalg.norm(y)

    assert cosine(a, b) > 0.4 > 0.2 > cosine(a, c)


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "?!...", "—", "😀"])
@pytest.mark.parametrize("compat", ["none", "gcnet"])
def test_a_text_without_a_word_is_a_status(text, compat, build, item):
    (encoded,) = build("deberta", compat=compat).encode([item("u", text)])
    assert (encoded.vector, encoded.status) == (None, "no_text")


@pytest.mark.parametrize("text", ["สวัสดีครับ", "ฉันเกลียดคุณ", "สวัสดีครับ!", "𐎠𐎡𐎢 𐎣"])
def test_a_text_of_which_no_token_is_known_is_a_status(text, build, item):
    (encoded,) = build("minilm").encode([item("u", text)])
    assert (encoded.vector, encoded.status) == (None, "unknown_text")


def test_a_text_that_is_known_in_part_says_so_with_its_share(build, item):
    """Truth: BERT's own tokenizer; Chinese signs stand alone there, a Thai word is one token."""
    texts = {"known": "hello there", "partly": "hello สวัสดีครับ there", "chinese": "我恨你滚开这里"}
    items = [item(name, text) for name, text in texts.items()]
    found = {result.utterance_id: result for result in build("minilm").encode(items)}
    assert {result.status for result in found.values()} == {"ok"}
    assert found["known"].detail == ""
    assert found["partly"].detail == "1 of 3 tokens are unknown to the encoder"
    assert found["chinese"].detail == "5 of 7 tokens are unknown to the encoder"


def test_bytes_are_known_in_every_script(build, item):
    (encoded,) = build("deberta").encode([item("u", "สวัสดีครับ")])
    assert (encoded.status, encoded.detail) == ("ok", "")


def test_a_transcript_of_a_million_characters_is_read_in_windows(build, item):
    word = "antidisestablishmentarianism "
    extractor = build("deberta")
    (encoded,) = extractor.encode([item("u", word * (1_000_000 // len(word)))])
    (short,) = extractor.encode([item("u", word * 400)])
    assert encoded.status == "ok"
    np.testing.assert_allclose(encoded.vector, short.vector, atol=0.05)
