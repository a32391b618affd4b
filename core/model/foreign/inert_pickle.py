"""What lies in a PyTorch checkpoint file, read without running any of it.

Such a file holds a pickle, and unpickling can run anything. Here it cannot: the reader builds
tensors and plain containers, and an inert stand-in for every other class that the file names (its
configuration objects), so neither foreign code nor foreign packages are needed. `torch.load` is not
used, since for other kinds of files than the expected one it falls back to readers of its own.
"""

from __future__ import annotations

import collections
import pickle
import zipfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.errors import InputError, one_line


class StandIn:
    """Takes the place of any object of a class that the file names; does nothing with its content.

    Attributes:
        state: what the object's attributes would have been set from, None if nothing was given.
        entries: keys and values, if it was filled as a mapping is.
        values: what it holds, if it was filled as a list is.
    """

    state: Any
    entries: list[tuple[Any, Any]]
    values: list[Any]

    def __new__(cls, *args: Any, **kwargs: Any) -> StandIn:
        made = super().__new__(cls)
        made.state, made.entries, made.values = None, [], []
        return made

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def __setitem__(self, key: Any, value: Any) -> None:
        self.entries.append((key, value))

    def append(self, value: Any) -> None:
        """Pickle fills list-like objects by this."""
        self.values.append(value)

    def extend(self, values: Any) -> None:
        """Pickle fills list-like objects by this."""
        self.values.extend(values)


def read_inertly(source: Path) -> Any:
    """The content of a `.ckpt` or `.pt` file: plain containers, tensors and stand-ins.

    Raises:
        InputError: if it is no file that `torch.save` wrote.
    """
    if not source.is_file():
        raise InputError(f"There is no file {source}; give a Lightning .ckpt file.")
    try:
        with zipfile.ZipFile(source) as archive:
            [pickled] = (name for name in archive.namelist() if name.endswith("/data.pkl"))
            return _InertUnpickler(archive, pickled).load()
    except Exception as error:  # a hostile pickle may raise anything
        raise InputError(f"{source} is not a PyTorch checkpoint ({one_line(error)}); give a "
                         "Lightning .ckpt file.") from None


class _InertUnpickler(pickle.Unpickler):
    """Reads `data.pkl` of a checkpoint; tensors' numbers lie in files beside it."""

    def __init__(self, archive: zipfile.ZipFile, pickled: str) -> None:
        super().__init__(archive.open(pickled))
        self._archive = archive
        self._folder = pickled.removesuffix("data.pkl") + "data/"

    def persistent_load(self, identifier: Any) -> Any:
        _, dtype, key, *_ = identifier
        if dtype is StandIn:
            return StandIn()
        content = bytearray(self._archive.read(self._folder + key))
        return torch.frombuffer(content, dtype=dtype) if content else torch.zeros(0, dtype=dtype)

    def find_class(self, module: str, name: str) -> Any:
        return _KNOWN.get((module, name), StandIn)


def _rebuild_tensor(numbers: Any, offset: int, size: Any, stride: Any, *_: Any) -> Any:
    """A tensor from the numbers of its storage, [n]; a stand-in stays one."""
    return numbers.as_strided(size, stride, offset) if isinstance(numbers, Tensor) else numbers


_KNOWN = {
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
    ("torch._utils", "_rebuild_parameter"): lambda tensor, *_: tensor,
    ("torch", "Size"): torch.Size,
    ("builtins", "set"): set,
    ("torch", "BFloat16Storage"): torch.bfloat16,
    ("torch", "BoolStorage"): torch.bool,
    ("torch", "ByteStorage"): torch.uint8,
    ("torch", "DoubleStorage"): torch.float64,
    ("torch", "FloatStorage"): torch.float32,
    ("torch", "HalfStorage"): torch.float16,
    ("torch", "IntStorage"): torch.int32,
    ("torch", "LongStorage"): torch.int64,
}
"""What the names in a pickle stand for; all others stand for `StandIn`."""
