"""Published checkpoints, read without running anything that they hold.

The pickle inside is only looked at (pipeline.base.pickles); tensors are built here, from the parts
that a reader asks for. Whatever else a trainer keeps beside them (meters, curves, states of
optimizers) is neither built nor minded, whatever its classes are.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pipeline.base.errors import CheckpointError
from pipeline.base.pickles import Call, Name, Stored
from pipeline.features.weights.torch_files import (
    DTYPES,
    StorageId,
    Storages,
    TorchFileError,
    open_torch_file,
    storage_id,
)

Refuse = Callable[[Path, str], CheckpointError]

MAX_DEPTH = 20  # of plain values: settings in lists in settings
MAX_VALUES = 100_000
ORDERED = "collections.OrderedDict"


class RefusedError(TorchFileError):
    """What is asked for holds something that no reader of ours builds."""


class Checkpoint:
    """The dictionary that a file holds; a part is built when it is asked for, and no other."""

    def __init__(self, path: Path, refuse: Refuse, content: Any, storages: Storages) -> None:
        self._path = path
        self._refuse = refuse
        self._storages = storages
        self._bases: dict[StorageId, Tensor] = {}
        table = _table(content)
        if table is None:
            raise refuse(path, f"holds {_shown(content)}, not a dictionary")
        self._content = table

    def refuse(self, problem: str) -> CheckpointError:
        """The error for something in this file."""
        return self._refuse(self._path, problem)

    def state(self, key: str | None = None) -> dict[str, object]:
        """The tensors of part `key`, None: of all; other plain values as they are."""
        with self._reading():
            part = self._content if key is None else self._part(key)
            found = _table(part)
            if found is None:
                raise RefusedError(f"it asks for {_shown(part)!r:.80} in {key!r}")
            values = _Values(self)
            return {str(values.plain(name)): values.member(value) for name, value in found.items()}

    def settings(self, key: str) -> dict[str, object] | None:
        """The plain values of the `argparse.Namespace` at `key`, None where there is none."""
        found = self._content.get(key)
        if found is None:
            return None
        with self._reading():
            if not isinstance(found, Call) or found.path != "argparse.Namespace":
                raise RefusedError(f"it asks for {_shown(found)!r:.80} in {key!r}")
            if found.arguments or found.items:
                raise TorchFileError(f"{key!r} is a Namespace that was called with arguments")
            values = _Values(self).plain(found.state or {})
            return {str(name): value for name, value in values.items()}

    def tensor(self, call: Call) -> Tensor:
        """The tensor that `call` describes; its numbers are those of the file."""
        arguments = call.arguments if isinstance(call.arguments, tuple) else ()
        match call.path, arguments:
            case "torch._utils._rebuild_tensor_v2" | "torch._utils._rebuild_tensor", (
                Stored() as stored,
                int(offset),
                tuple(size),
                tuple(stride),
                *_,
            ):
                return self._view(storage_id(stored), offset, size, stride)
            # What a parameter holds, without its gradient and hooks.
            case "torch._utils._rebuild_parameter", (Call() as inner, *_):
                return self.tensor(inner)
            case "torch._utils._rebuild_meta_tensor_no_storage", _:
                return torch.empty(0, device="meta")
        raise RefusedError(f"it asks for {call.path!r:.80}, which no such checkpoint needs")

    def _part(self, key: str) -> Any:
        if key not in self._content:
            keys = sorted(name for name in self._content if isinstance(name, str))
            raise self.refuse(f"has no {key!r}; it has {keys!r:.300}")
        return self._content[key]

    def _view(self, wanted: StorageId, offset: int, size: Any, stride: Any) -> Tensor:
        numbers = (offset, *size, *stride)
        if len(size) != len(stride) or not all(type(n) is int and n >= 0 for n in numbers):
            raise TorchFileError(f"a tensor has the shape {size!r:.60}, strides {stride!r:.60}")
        last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
        if 0 not in size and last >= wanted.count:
            raise TorchFileError(f"a tensor reads number {last} of a storage of {wanted.count}")
        if wanted not in self._bases:
            data = self._storages.read(wanted)
            dtype = DTYPES[wanted.kind]
            self._bases[wanted] = (
                torch.frombuffer(data, dtype=dtype) if data else torch.empty(0, dtype=dtype)
            )
        return torch.as_strided(self._bases[wanted], tuple(size), tuple(stride), offset)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except CheckpointError:
            raise
        except RefusedError as error:
            raise self.refuse(f"refused: {error}") from None
        except (OSError, ValueError, RuntimeError, OverflowError) as error:
            raise self.refuse(_unreadable(error)) from None


@contextmanager
def open_checkpoint(path: Path, refuse: Refuse) -> Iterator[Checkpoint]:
    """Open a checkpoint: inside, its parts can be asked for. Raises what `refuse` gives."""
    if not path.is_file():
        raise refuse(path, "no such file")
    with path.open("rb") as stream:
        try:
            content, storages = open_torch_file(path, stream)
        except TorchFileError as error:
            raise refuse(path, _unreadable(error)) from None
        yield Checkpoint(path, refuse, content, storages)


def unpublished(path: Path, problem: str) -> CheckpointError:
    """The `refuse` of files that nobody in particular publishes."""
    return CheckpointError(f"{path}: {problem}")


def refuse_expanded(path: Path, state: dict[str, object]) -> dict[str, Tensor]:
    """The tensors of `state`; refuses other values, and shapes that the file has no numbers for."""
    tensors = {name: value for name, value in state.items() if isinstance(value, Tensor)}
    for name, value in state.items():
        if name not in tensors:
            raise unpublished(path, f"{name!r:.80} is a {type(value).__name__}, expected a tensor")
    for name, tensor in tensors.items():
        if tensor.is_meta or tensor.numel() * tensor.element_size() > len(tensor.untyped_storage()):
            raise unpublished(path, f"{name!r:.80} has a shape but not the numbers for it")
    return tensors


class _Values:
    """Plain values and tensors from what a pickle describes, all else refused; counted."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self._n_left = MAX_VALUES

    def member(self, value: Any) -> object:
        """A tensor, or a plain value."""
        is_call = isinstance(value, Call) and value.path != ORDERED
        return self._checkpoint.tensor(value) if is_call else self.plain(value)

    def plain(self, value: Any, depth: int = 0) -> Any:
        """Numbers, texts, lists and dictionaries of them."""
        self._n_left -= 1
        if depth > MAX_DEPTH or self._n_left < 0:
            raise TorchFileError("its plain values are too many, or nested too deeply")
        if isinstance(value, list | tuple):
            return type(value)(self.plain(member, depth + 1) for member in value)
        table = _table(value)
        if table is not None:
            return {self.plain(k, depth + 1): self.plain(v, depth + 1) for k, v in table.items()}
        if value is None or isinstance(value, str | bytes | int | float):
            return value
        raise RefusedError(f"it asks for {_shown(value)!r:.80}, which no such checkpoint needs")


def _table(value: Any) -> dict[Any, Any] | None:
    """The keys of a dictionary, or of an ordered one; None for anything else."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, Call) or value.path != ORDERED:
        return None
    pairs = value.arguments[0] if value.arguments else []  # Python 2 hands them over in the call
    if not isinstance(pairs, list) or not all(isinstance(p, list) and len(p) == 2 for p in pairs):
        return None
    return {**{p[0]: p[1] for p in pairs if isinstance(p[0], str)}, **value.items}


def _shown(value: Any) -> str:
    return value.path if isinstance(value, Call | Name) else f"a {type(value).__name__}"


def _unreadable(error: Exception) -> str:
    return f"cannot be read as a checkpoint ({str(error) or type(error).__name__:.160})"
