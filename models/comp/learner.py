"""ComP: each modality has a branch of its own, and the branches prompt each other.

He, Zhu and Zhang 2026, "Cross-modal prompting for balanced incomplete multi-modal emotion
recognition" (AAAI), in the form of its public code. For modality m of an utterance:

    x_m = dropout(W_m features_m + b_m), shared_m = S_m(x_m), private_m = V_m(x_m)

Phase "experts": the branch reads shared_m and must tell the label, reads private_m and must tell
anything but the label. Phase "prompting": a `Prompter` makes prompts of shared_m; those of the
other modalities join its row, half of the layers read it, what comes out parts into the row and
what is kept of the prompts, which new prompts renew; the other half reads it again. Each branch has
a head; a coordinator weighs the branches by utterance, and the joint layer answers:

    h = [w_m y_m for all m], w = softmax(router(y)), logits = W (h + dropout(relu(U h))) + b

Losses beside: R_m([shared_m, private_m]) gives back x_m, |cos| pulls private from shared and from
each other, Jensen and Shannon's divergence of sigmoids draws the shared together.

Departures. **An utterance's prompts are made of its own dialogue's prototypes**: the public code
takes those of all dialogues of the batch, so that a prediction depends on its company. A missing
modality gives zeros to prototypes and prompts (the public code's mask shifts all similarities
alike, which softmax does not see). Trained once under the protocol's masks; its authors train a
model for each rate and take the epoch from the test set. In "experts" each branch reads its own
private rows (there: all three the audio's). Left out: the dynamic gradient modulator, which the
public code names by a parameter that it does not have, so that it never runs; three perceptrons
over time that it never calls; weighing modalities by their best epoch.

Shapes: B dialogues, T utterances, M modalities of the task, D_m features, D hidden, C outputs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.batch import ConversationBatch
from models.comp.branches import AttentionLayer, Exchange, Perceptron, Prompter
from models.comp.losses import disentangling, unlearning
from models.comp.settings import CompSettings
from models.fast.dropout import Dropout
from models.fast.products import Linear
from models.learner import Learner, Loss, OptimizerGroup, Phase, TaskShape
from models.losses import mean_over, task_loss
from models.vocabulary import MODALITIES

Named = dict[str, Tensor]


@dataclass(frozen=True)
class Read:
    """Rows (B, T, D) of each modality, and which utterances have it (B, T)."""

    projected: Named
    shared: Named
    private: Named
    has: Named


class Comp(Learner):
    """Branches, prompts, coordinator."""

    weighs_classes = True
    fills_padding = True
    is_replayable = True

    def __init__(self, settings: CompSettings, shape: TaskShape) -> None:
        super().__init__()
        dim, drop, dims = settings.hidden_dim, settings.dropout, shape.feature_dims
        self.settings, self.kind, self.names = settings, shape.kind, tuple(dims)
        self.batch_size, self.max_utterances = settings.batch_size, shape.max_utterances
        joint, heard = dim * len(dims), settings.prompt_dim * (len(dims) - 1)

        def each(make: type[nn.Module], *sizes: float) -> nn.ModuleDict:
            return nn.ModuleDict({name: make(*sizes) for name in dims})

        self.projections = nn.ModuleDict({name: Linear(dims[name], dim) for name in dims})
        self.sharing = each(Perceptron, dim, dim, dim, drop)
        self.hiding = each(Perceptron, dim, dim, dim, drop)
        self.restoring = each(Perceptron, 2 * dim, dim, dim, drop)
        self.layers = nn.ModuleDict(
            {
                name: nn.ModuleList(
                    AttentionLayer(dim, settings.n_heads, drop) for _ in range(settings.n_layers)
                )
                for name in dims
            }
        )
        self.heads = each(Linear, dim, shape.n_outputs)

        n_prototypes = settings.n_prototypes
        self.prototypes = each(Perceptron, shape.max_utterances, n_prototypes, n_prototypes, drop)
        self.first = each(Prompter, dim, settings.prompt_dim, drop)
        self.second = each(Prompter, dim, settings.prompt_dim, drop)
        self.before = each(Exchange, dim, heard, drop)
        self.after = each(Exchange, dim, heard, drop)

        self.router = Perceptron(joint, dim, len(dims), drop)
        self.joint = Linear(joint, joint)
        self.classifier = Linear(joint, shape.n_outputs)
        self.dropout = Dropout(drop)

    def phases(self) -> Sequence[Phase]:
        """Branches by themselves, then everything; the same optimiser's settings."""
        alone = (self.projections, self.sharing, self.hiding, self.layers, self.heads)
        optimised = self.settings.learning_rate, self.settings.weight_decay
        n_epochs = self.settings.expert_epochs
        return [
            Phase("experts", [OptimizerGroup.adam(alone, *optimised)], n_epochs=n_epochs),
            Phase("prompting", [OptimizerGroup.adam([self], *optimised)]),
        ]

    def loss(self, batch: ConversationBatch, phase: str, group: int = 0) -> Loss:
        """What the phase learns, beside the losses that part shared from private."""
        batch = batch.by_dialogue()
        read = self._read(batch)
        parts = {"disentangling": disentangling(read.shared, read.private, batch.valid)}
        if phase == "experts":
            parts["own"] = self._own_loss(self._alone(read.shared, read.has), batch)
            parts["private"] = self._private_loss(self._alone(read.private, read.has), batch)
        else:
            branches = self._prompted(read)
            parts["task"] = self._task_loss(self._answer(branches), batch)
            parts["own"] = 2 * self._own_loss(branches, batch)
            parts["restoring"] = self._restoring_loss(read, batch.valid)
        total = torch.stack(list(parts.values())).sum()
        return Loss(total, {name: part.detach() for name, part in parts.items()})

    def predict(self, batch: ConversationBatch) -> Tensor:
        """(B, T, C) logits, 0 on padding."""
        dialogues = batch.by_dialogue()
        logits = self._answer(self._prompted(self._read(dialogues)))
        return batch.from_dialogues(torch.where(dialogues.valid.unsqueeze(2), logits, 0.0))

    def _read(self, batch: ConversationBatch) -> Read:
        """Zeros in the place of what is missing, so that its row is the bias."""
        features, usable = batch.masked().features, batch.usable
        projected = {
            name: self.dropout(layer(features[name])) for name, layer in self.projections.items()
        }
        return Read(
            projected=projected,
            shared={name: layer(projected[name]) for name, layer in self.sharing.items()},
            private={name: layer(projected[name]) for name, layer in self.hiding.items()},
            has={name: usable[..., MODALITIES.index(name)] for name in self.names},
        )

    def _alone(self, rows: Named, has: Named) -> Named:
        """Each branch by itself, all its layers."""
        return {name: self._through(name, rows[name], has[name], 0, None) for name in self.names}

    def _prompted(self, read: Read) -> Named:
        """Each branch with the prompts of the others."""
        has, half = read.has, self.settings.n_layers // 2
        prototypes = {name: self._sum_up(name, read) for name in self.names}
        prompts = _by_each(self.first, read.shared, prototypes, has)

        rows, kept = {}, {}
        for name in self.names:
            exchange = self.before[name]
            assert isinstance(exchange, Exchange)
            x = exchange(read.shared[name], _others(prompts, name))
            rows[name], kept[name] = exchange.split(self._through(name, x, has[name], 0, half))

        prompts, memory = _by_each(self.second, rows, prototypes, has), self.settings.prompt_memory
        branches = {}
        for name in self.names:
            renewed = _others(prompts, name)
            if renewed:
                renewed = [memory * kept[name] + (1 - memory) * torch.cat(renewed, dim=2)]
            x = self.after[name](rows[name], renewed)
            branches[name] = self._through(name, x, has[name], half, None)
        return branches

    def _sum_up(self, name: str, read: Read) -> Tensor:
        """(B, K, D): prototypes of the utterances that have the modality."""
        rows = read.shared[name] * read.has[name].unsqueeze(2)
        perceptron = self.prototypes[name]
        assert isinstance(perceptron, Perceptron)
        return perceptron.over_time(rows.transpose(1, 2)).transpose(1, 2)

    def _through(self, name: str, x: Tensor, has: Tensor, start: int, end: int | None) -> Tensor:
        for layer in list(self.layers[name].children())[start:end]:
            x = layer(x, has)
        return x

    def _answer(self, branches: Named) -> Tensor:
        """The coordinator and the joint layer: (B, T, D) each -> (B, T, C)."""
        rows = torch.stack(list(branches.values()), dim=2)  # (B, T, M, D)
        weights = self.router(rows.flatten(2)).softmax(dim=2)
        joint = (rows * weights.unsqueeze(3)).flatten(2)
        logits: Tensor = self.classifier(joint + self.dropout(torch.relu(self.joint(joint))))
        return logits

    def _task_loss(self, outputs: Tensor, batch: ConversationBatch) -> Tensor:
        return task_loss(outputs, batch, self.kind, self.class_weights)

    def _own_loss(self, branches: Named, batch: ConversationBatch) -> Tensor:
        """Sum of what the heads tell of the label."""
        told = [self._task_loss(self.heads[name](rows), batch) for name, rows in branches.items()]
        return torch.stack(told).sum()

    def _private_loss(self, branches: Named, batch: ConversationBatch) -> Tensor:
        told = [unlearning(self.heads[name](rows), batch) for name, rows in branches.items()]
        return torch.stack(told).sum()

    def _restoring_loss(self, read: Read, valid: Tensor) -> Tensor:
        """Mean squared error of x_m, over utterances, modalities and values."""
        errors = []
        for name, layer in self.restoring.items():
            restored = layer(torch.cat([read.shared[name], read.private[name]], dim=2))
            errors.append(F.mse_loss(restored, read.projected[name], reduction="none").mean(dim=2))
        return mean_over(torch.stack(errors).mean(dim=0), valid)


def _by_each(prompters: nn.ModuleDict, rows: Named, prototypes: Named, has: Named) -> Named:
    return {
        name: prompter(rows[name], prototypes[name], has[name])
        for name, prompter in prompters.items()
    }


def _others(prompts: Mapping[str, Tensor], name: str) -> list[Tensor]:
    """Prompts of all modalities but this one."""
    return [prompt for other, prompt in prompts.items() if other != name]


def build(settings: CompSettings, shape: TaskShape) -> Learner:
    """Build ComP for a task."""
    return Comp(settings, shape)
