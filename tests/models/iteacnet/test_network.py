"""Truth: the plain padded implementation of benchmarks/plain, and what must never matter."""

from dataclasses import replace
from typing import get_args

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.batch import ConversationBatch
from models.iteacnet.network import IteacNetwork
from models.iteacnet.settings import ContextSettings, Mixer
from models.plain.iteacnet import Form, PlainIteacnet
from tests.models.iteacnet.forms import form

TEACHER = {"encoder": "transformer", "n_layers": 3, "dropout": 0.0}
STUDENT = {"encoder": "nas", "n_layers": 4, "dropout": 0.0}
SMALL = {"hidden_dim": 16, "n_heads": 4}
LENGTHS = (9, 33, 1, 14, 40, 2)
FORMS = {
    "teacher": TEACHER,
    "student": STUDENT,
    "burger6": {**STUDENT, "mixers": "burger6"},
    "every mixer": {**STUDENT, "mixers": get_args(Mixer)},
    "no router": {**STUDENT, "router": "none"},
    "shared kernel": {**STUDENT, "context": ContextSettings(local="shared_softmax")},
    "no local": {**TEACHER, "context": ContextSettings(local="off")},
    "no global": {**TEACHER, "context": ContextSettings(is_global=False)},
    "a bias per head": {**STUDENT, "context": ContextSettings(per_head=True)},
    "ECCE per layer": {**STUDENT, "context": ContextSettings(per_layer=True)},
    "narrow band": {**STUDENT, "context": ContextSettings(band=2)},
    "wide kernel": {**STUDENT, "context": ContextSettings(kernel=15)},
    "sequential": {**STUDENT, "fusion": "sequential"},
    "aligned": {**STUDENT, "fusion": "aligned"},
}


@pytest.fixture
def make_network(make_shape):
    def make(seed=0, shape=None, **options):
        torch.manual_seed(seed)
        return IteacNetwork(*form(**{**SMALL, **options}), make_shape(**(shape or {})))

    return make


@pytest.mark.parametrize("padding", ["exact", "published"])
@pytest.mark.parametrize("role", ["teacher", "student"])
@pytest.mark.parametrize("fusion", ["parallel", "aligned"])
def test_equals_the_plain_padded_network(
    make_network, make_batch, as_double, make_shape, padding, role, fusion
):
    options = {"teacher": TEACHER, "student": STUDENT}[role]
    ours = make_network(padding=padding, fusion=fusion, **options).double().eval()
    form = Form(
        make_shape().feature_dims,
        n_outputs=4,
        max_utterances=40,
        is_nas=role == "student",
        n_layers=options["n_layers"],
        dropout=0.0,
        is_exact=padding == "exact",
        is_aligned=fusion == "aligned",
        dim=16,
        n_heads=4,
    )
    plain = PlainIteacnet(form).double().eval()
    plain.load_state_dict(ours.state_dict())
    batch = as_double(make_batch(LENGTHS))
    output = ours(batch)
    logits, hidden = plain(batch.masked().features, batch.valid)
    close = {"rtol": 0, "atol": 1e-12}
    torch.testing.assert_close(output.logits[batch.valid], logits[batch.valid], **close)
    for mine, theirs in zip(output.hidden_rows, hidden, strict=True):
        unpacked = output.layout.unpack(mine)[batch.valid]
        torch.testing.assert_close(unpacked, theirs[batch.valid], **close)

    output.logits[batch.valid].square().sum().backward()
    logits[batch.valid].square().sum().backward()
    theirs = dict(plain.named_parameters())
    for name, parameter in ours.named_parameters():
        torch.testing.assert_close(parameter.grad, theirs[name].grad, rtol=1e-9, atol=1e-9)


def alone(batch, b, n_extra=0):
    """Dialogue b by itself, with n_extra padded utterances."""
    length = int(batch.valid[b].sum())

    def cut(value):
        own = value[b : b + 1, :length]
        return torch.cat([own, own.new_zeros(1, n_extra, *own.shape[2:])], dim=1)

    names = ("extracted", "available", "valid", "speakers", "labels", "rows")
    return ConversationBatch(
        features={name: cut(value) for name, value in batch.features.items()},
        **{name: cut(getattr(batch, name)) for name in names},
    )


@pytest.mark.parametrize("form", FORMS)
@settings(
    deadline=None,
    max_examples=5,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)
@given(lengths=st.lists(st.integers(1, 40), min_size=1, max_size=5), n_extra=st.integers(0, 9))
def test_exact_padding_and_other_dialogues_change_no_valid_logit(
    make_network, make_batch, as_double, form, lengths, n_extra
):
    network = make_network(**FORMS[form]).eval()
    for convert, atol in ((as_double, 1e-12), (lambda batch: batch, 1e-6)):
        batch = convert(make_batch(lengths))
        network = network.to(batch.features["text"].dtype)
        with torch.no_grad():
            together = network(batch).logits
            for b, length in enumerate(lengths):
                logits = network(alone(batch, b, min(n_extra, 40 - length))).logits
                own = together[b, :length]
                torch.testing.assert_close(logits[0, :length], own, rtol=1e-6, atol=atol)


def test_published_padding_does_depend_on_the_batch(make_network, make_batch):
    network = make_network(padding="published", **STUDENT).eval()
    batch = make_batch([5, 30])
    difference = network(batch).logits[0, :5] - network(alone(batch, 0)).logits[0]
    assert difference.abs().max() > 1e-4


@pytest.mark.parametrize("padding", ["exact", "published"])
def test_what_is_not_usable_is_never_read(make_network, make_batch, padding):
    network, batch = make_network(padding=padding, **STUDENT).eval(), make_batch(LENGTHS)
    spoiled = {
        name: value.masked_fill(~batch.usable[..., m, None], torch.nan)
        for m, (name, value) in enumerate(batch.features.items())
    }
    expected = network(batch.masked()).logits
    assert torch.equal(network(replace(batch, features=spoiled)).logits, expected)
    assert bool(expected.isfinite().all())


@pytest.mark.parametrize("padding", ["exact", "published"])
@pytest.mark.parametrize("options", [TEACHER, STUDENT])
def test_utterances_without_any_modality_give_finite_logits_and_gradients(
    make_network, make_batch, padding, options
):
    network, batch = make_network(padding=padding, **options), make_batch([6, 1, 3])
    nothing = batch.with_available(torch.zeros_like(batch.available))
    logits = network(nothing).logits
    logits.sum().backward()
    assert bool(logits.isfinite().all())
    assert all(bool(p.grad.isfinite().all()) for p in network.parameters() if p.grad is not None)


@pytest.mark.parametrize(
    "names", [("text",), ("visual",), ("audio", "visual"), ("audio", "text"), ("text", "visual")]
)
def test_modalities_that_a_task_lacks_are_left_out(make_network, make_batch, names):
    dims = dict.fromkeys(names, 5)
    network = make_network(shape={"dims": dims}, **STUDENT)
    logits = network(make_batch([4, 2], dims=dims)).logits
    logits.sum().backward()
    assert logits.shape == (2, 4, 4)
    assert all(parameter.grad is not None for parameter in network.parameters())
    assert network.modalities == tuple(network.layers[0].blocks) == names


def test_a_task_without_modalities_is_refused(make_network):
    with pytest.raises(ValueError, match="feature_dims is empty"):
        make_network(shape={"dims": {}}, **STUDENT)


def test_hidden_states_count_from_the_classifier(make_network, make_batch):
    network, batch = make_network(**STUDENT).eval(), make_batch([4, 2])
    output = network(batch)
    assert [rows.shape for rows in output.hidden_rows] == [(6, 16)] * 4
    logits = output.layout.unpack(network.classifier(output.hidden_rows[0]))
    torch.testing.assert_close(output.logits, logits)


def test_trace_tells_attention_context_and_routers(make_network, make_batch):
    network, batch = make_network(**STUDENT).eval(), make_batch([8, 3])
    output = network(batch, trace="all")
    torch.testing.assert_close(output.logits, network(batch).logits)
    assert len(output.trace) == 4
    for layer in output.trace:
        assert list(layer.attention) == list(layer.context) == list(layer.router)
        router = layer.router["audio"].sum(dim=2)
        torch.testing.assert_close(router, batch.valid.float())
        attention = layer.attention["visual"].sum(dim=3)
        torch.testing.assert_close(attention, batch.valid[:, None].expand(2, 4, 8).float())
    for layer, only in zip(output.trace, network(batch, trace="routers").trace, strict=True):
        assert (only.attention, only.context) == ({}, {})
        assert all(torch.equal(only.router[m], weights) for m, weights in layer.router.items())

    context = output.trace[0].context["text"]
    assert context.shape == (2, 1, 8, 8)

    rows = network.projections["text"](batch.masked().features["text"][1, :3])
    own = network.contexts[0]["text"](rows, network.lay_out(alone(batch, 1)))[0]
    torch.testing.assert_close(context[1, :, :3, :3], own[0])


def test_trace_of_plain_attention_has_no_context_and_no_router(make_network, make_batch):
    network = make_network(**TEACHER, context=ContextSettings(is_global=False))
    (layer, *_) = network(make_batch([5]), trace="all").trace
    assert (layer.context, layer.router) == ({}, {})
    assert layer.attention["text"].shape == (1, 4, 5, 5)


def test_context_per_layer_is_computed_from_that_layers_input(make_network, make_batch):
    network = make_network(**TEACHER, context=ContextSettings(per_layer=True)).eval()
    first, second, _ = (
        layer.context["audio"] for layer in network(make_batch([9]), trace="all").trace
    )
    assert not torch.allclose(first, second)
    network = make_network(**TEACHER).eval()
    first, second, _ = (
        layer.context["audio"] for layer in network(make_batch([9]), trace="all").trace
    )
    assert torch.equal(first, second)


@pytest.mark.parametrize("form", [name for name in FORMS if name not in ("teacher", "student")])
def test_every_switch_changes_the_result(make_network, make_batch, form):
    options = FORMS[form]
    base = TEACHER if options["encoder"] == "transformer" else STUDENT
    batch = make_batch([40, 12])
    changed, same = make_network(**options).eval(), make_network(**base).eval()
    state = {
        **changed.state_dict(),
        **{
            name: value
            for name, value in same.state_dict().items()
            if name in changed.state_dict() and changed.state_dict()[name].shape == value.shape
        },
    }
    changed.load_state_dict(state)
    assert not torch.allclose(changed(batch).logits, same(batch).logits, atol=1e-6)
