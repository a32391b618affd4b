"""A zip that somebody brings as a model: read without trusting it, unpacked into a folder of ours.

What a zip says of itself is a stranger's word. So names and sizes are looked at before anything is
unpacked, bytes are counted while they are, of `config.json` only what makes a plain Llama model is
taken, and the weights must have the shapes that it says before a model is built. Weights are
safetensors, which hold numbers and nothing that could be run; no pickle is opened.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

import torch
from rdkit import Chem

from core.chemistry.chemistry import BONDS
from core.errors import one_line
from core.model.card import CARD, CheckpointError, ModelCard, read_card
from core.model.checkpoints import WEIGHTS, load_checkpoint
from core.model.foreign.pretrained import ROPES
from core.model.local_models import CONFIG, FILES, check_name
from core.runs import write_json
from core.sent.vocabulary import SOS

_MAX_MEMBERS, _MAX_LIST_BYTES = 16, 1 << 14
_MAX_JSON_BYTES = 1 << 20
_MAX_RATIO = 100
"""Bytes unpacked to bytes packed: weights pack to about nine tenths, a card to a fifth."""

_READ_BYTES = 1 << 20
_END, _END_OF_64, _END_BYTES, _END_OF_64_BYTES = b"PK\x05\x06", b"PK\x06\x07", 22, 20
_IS_ENCRYPTED = 0x1

_PICKLES = (".bin", ".ckpt", ".pt", ".pth", ".pkl", ".pickle")
_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
_MAKE_ONE = ("zip a checkpoint folder of TrailScope; `trailscope import-checkpoint` makes one of "
             "a model of AutoGraph, LU or transformers.")

_DTYPES = ("F16", "BF16", "F32")
_LARGEST = 10_000_000
"""Of any number in `config.json` and in a card that says how much there is of something."""

_NUMBERS = ("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers",
            "num_attention_heads", "num_key_value_heads", "head_dim", "max_position_embeddings",
            "rms_norm_eps", "bos_token_id", "eos_token_id", "pad_token_id")
_SWITCHES = ("attention_bias", "mlp_bias", "tie_word_embeddings")
_ACTIVATIONS = ("silu", "gelu", "relu")
_LAYER = re.compile(r"model\.layers\.(\d+)\.")


def unpack_model(source: Path | BinaryIO, folder: Path, *, max_mb: float) -> ModelCard:
    """Unpack a zipped checkpoint folder of ours, and load it once.

    Args:
        source: the zip: the files of a checkpoint folder, or one folder with them.
        folder: an empty one to write to; after an error nothing in it is of use.
        max_mb: megabytes of all files together, unpacked.

    Returns:
        The card of a model that can be loaded from `folder`.

    Raises:
        CheckpointError: in one sentence, for whatever is no such zip.
        RunFolderError: if it cannot be written.
    """
    with _as_sentence(folder), _opened(source) as file:
        _check_end(file)
        with zipfile.ZipFile(file) as archive:
            members = _checked_members(archive, max_mb)
            said = {name: _read_json(archive, member, name)
                    for name, member in members.items() if name != WEIGHTS}
            _unpack(archive, members[WEIGHTS], folder / WEIGHTS)
        said[CONFIG] = _plain_config(said[CONFIG])
        for name, content in said.items():
            write_json(folder / name, content)
        card = _checked_card(folder)
        _check_shapes(folder / WEIGHTS, said[CONFIG])
        _try(folder)
    return card


def model_digest(folder: Path) -> str:
    """What tells a model from any other, whatever they are called: a hash of its card, which holds
    that of the weights, and of what of its config makes it.

    Raises:
        CheckpointError: for a folder whose card or config cannot be read.
    """
    card = replace(read_card(folder), name="").to_json()
    with _as_sentence(folder):
        config = _plain_config(json.loads((folder / CONFIG).read_text(encoding="utf-8")))
    return hashlib.sha256(json.dumps([card, config], sort_keys=True).encode()).hexdigest()


@contextmanager
def _as_sentence(folder: Path) -> Iterator[None]:
    """What goes wrong in a damaged zip is a fault of the zip; where it is unpacked is left out."""
    try:
        yield
    except CheckpointError as error:
        text = str(error).replace(f"{folder}/", "").replace(str(folder), "The folder in the zip")
        raise CheckpointError(text) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, KeyError,
            TypeError, AttributeError, ArithmeticError, struct.error) as error:
        raise CheckpointError(f"The zip is damaged ({one_line(error)}); make it again.") from error


@contextmanager
def _opened(source: Path | BinaryIO) -> Iterator[BinaryIO]:
    if not isinstance(source, Path):
        yield source
        return
    try:
        file = source.open("rb")
    except OSError as error:
        raise CheckpointError(f"{source} cannot be read ({error.strerror}); give a zip or a "
                              "checkpoint folder.") from error
    with closing(file):
        yield file


def _check_end(file: BinaryIO) -> None:
    """Whether the end of a zip says that its list of files is short: all of it is read at once."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _END_BYTES - _END_OF_64_BYTES))
    tail = file.read()
    end = tail[-_END_BYTES:]
    if len(end) < _END_BYTES or not end.startswith(_END):
        raise CheckpointError(f"This is no whole zip file; {_MAKE_ONE}")
    [number], [list_bytes] = struct.unpack("<H", end[10:12]), struct.unpack("<L", end[12:16])
    if _END_OF_64 in tail or number > _MAX_MEMBERS or list_bytes > _MAX_LIST_BYTES:
        raise CheckpointError(f"The zip holds more than {_MAX_MEMBERS} files; {_MAKE_ONE}")
    file.seek(0)


def _checked_members(archive: zipfile.ZipFile, max_mb: float) -> dict[str, zipfile.ZipInfo]:
    """The files that are taken, by their names without the folder."""
    members: dict[str, zipfile.ZipInfo] = {}
    folders: set[str] = set()
    for info in archive.infolist():
        path = _checked_path(info)
        if info.is_dir():
            folders.add(str(path))
            continue
        folders.add(str(path.parent))
        if path.name in members:
            raise CheckpointError(f"The zip holds {path.name} twice; {_MAKE_ONE}")
        _check_member(info, path.name)
        members[path.name] = info
    if len(folders) > 1 or any("/" in folder for folder in folders):
        raise CheckpointError("The files of the model lie in several folders of the zip, or deep "
                              f"in one; {_MAKE_ONE}")
    for name in (CARD, CONFIG, WEIGHTS):
        if name not in members:
            raise CheckpointError(f"The zip has no {name}; {_MAKE_ONE}")
    megabytes = sum(info.file_size for info in members.values()) / 1e6
    if megabytes > max_mb:
        raise CheckpointError(f"The model takes {megabytes:,.1f} MB unpacked, and {max_mb:,.0f} MB "
                              "are the most here; bring a smaller one, or keep its weights in "
                              "fp16.")
    return members


def _checked_path(info: zipfile.ZipInfo) -> PurePosixPath:
    """Where a file lies in the zip; refused where it could come to lie elsewhere."""
    name, shown = info.orig_filename, repr(info.orig_filename[:60])
    if not (name.isascii() and name.isprintable()) or "\\" in name or ":" in name:
        raise CheckpointError(f"The zip holds {shown}, a name with other signs than letters, "
                              f"digits and the like; {_MAKE_ONE}")
    if name.startswith("/") or {"..", ".", ""} & set(name.removesuffix("/").split("/")):
        raise CheckpointError(f"The zip holds {shown}, which leads out of its folder; {_MAKE_ONE}")
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR) or (kind == stat.S_IFDIR) > info.is_dir():
        raise CheckpointError(f"{shown} in the zip is a link or something else that is no file; "
                              "put the file itself there.")
    return PurePosixPath(name)


def _check_member(info: zipfile.ZipInfo, name: str) -> None:
    shown = repr(name[:60])
    if name.lower().endswith(_PICKLES):
        raise CheckpointError(f"{shown} in the zip may be a pickle, which is never unpickled here; "
                              f"save the weights as {WEIGHTS}.")
    if name.lower().endswith(_ARCHIVES):
        raise CheckpointError(f"{shown} in the zip is an archive of its own; {_MAKE_ONE}")
    if name not in FILES:
        raise CheckpointError(f"{shown} in the zip is no file of a model; leave it out, only "
                              f"{', '.join(FILES)} are taken.")
    if info.flag_bits & _IS_ENCRYPTED:
        raise CheckpointError(f"{shown} in the zip has a password; zip it without one.")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise CheckpointError(f"{shown} in the zip is packed in an unusual way; zip it as usual, "
                              "by deflate.")
    if info.file_size > _MAX_RATIO * max(info.compress_size, 1):
        raise CheckpointError(f"{shown} in the zip would grow more than {_MAX_RATIO} times; files "
                              "of a model do not.")
    if name != WEIGHTS and info.file_size > _MAX_JSON_BYTES:
        raise CheckpointError(f"{shown} in the zip has {info.file_size / 1e6:,.1f} MB; such a file "
                              f"has at most {_MAX_JSON_BYTES / 1e6:,.0f} MB.")


def _parts(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The bytes of a file, counted: never more than the list says, which is within the limits."""
    left = member.file_size
    with archive.open(member) as packed:
        while part := packed.read(_READ_BYTES):
            left -= len(part)
            if left < 0:
                raise CheckpointError(f"{member.filename!r} in the zip is longer than it says; "
                                      "make the zip again.")
            yield part
    if left:
        raise CheckpointError(f"{member.filename!r} in the zip is cut short; make the zip again.")


def _read_json(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> dict[str, Any]:
    try:
        found = json.loads(b"".join(_parts(archive, member)), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{name} in the zip is no JSON ({one_line(error)}); make the zip "
                              "again.") from error
    if not isinstance(found, dict):
        raise CheckpointError(f"{name} in the zip is no JSON object; make the zip again.")
    return found


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number")


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> None:
    with path.open("wb") as file:
        for part in _parts(archive, member):
            file.write(part)


def _plain_config(said: Mapping[str, Any]) -> dict[str, Any]:
    """What makes a plain Llama model, and nothing else that `transformers` might act on."""
    if said.get("model_type") != "llama":
        raise CheckpointError(f"{CONFIG} is of a model of kind {_short(said.get('model_type'))};"
                              " only llama is taken.")
    plain: dict[str, Any] = {"model_type": "llama", "architectures": ["LlamaForCausalLM"]}
    for name in _NUMBERS:
        if (value := said.get(name)) is not None:
            plain[name] = _number(value, f"{name} in {CONFIG}")
    for name in _SWITCHES:
        plain[name] = said.get(name) is True
    plain["hidden_act"] = said.get("hidden_act", "silu")
    if plain["hidden_act"] not in _ACTIVATIONS:
        raise CheckpointError(f"{CONFIG} asks for {_short(plain['hidden_act'])} between layers; "
                              f"only {', '.join(_ACTIVATIONS)} are taken.")
    rotation = said.get("rope_parameters") or {}
    kind = rotation.get("rope_type", "default")
    if kind not in ROPES:
        raise CheckpointError(f"{CONFIG} asks for positions of type {_short(kind)}; only "
                              f"{', '.join(ROPES)} are taken.")
    plain["rope_parameters"] = {"rope_type": kind, **{
        name: _number(value, f"{name} in {CONFIG}")
        for name, value in rotation.items() if name != "rope_type"}}
    if "rope_theta" in said:  # as older versions of transformers wrote it
        plain["rope_parameters"].setdefault(
            "rope_theta", _number(said["rope_theta"], f"rope_theta in {CONFIG}"))
    if said.get("rope_scaling"):
        raise CheckpointError(f"{CONFIG} says how positions scale as older versions of "
                              "transformers did; save the model with a newer one.")
    return plain


def _number(value: Any, what: str, *, least: float = 0) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or (
            not math.isfinite(value) or not least <= value <= _LARGEST):
        raise CheckpointError(f"{what} is {_short(value)}; it must be a number from {least} to "
                              f"{_LARGEST:,}.")
    return value


def _short(value: Any) -> str:
    return repr(value)[:60]


def _checked_card(folder: Path) -> ModelCard:
    """The card of a folder, if what pages make of it can be made."""
    card = read_card(folder)
    check_name(card.name)
    vocabulary, chemistry = card.vocabulary, card.chemistry
    _number(vocabulary.max_nodes, f"max_nodes in {CARD}", least=1)
    if vocabulary.is_labelled and chemistry is None:
        raise CheckpointError(f"{CARD} does not say which chemistry its labels are of; give it "
                              "one by `trailscope import-checkpoint --chemistry`.")
    if chemistry is not None:
        if (vocabulary.node_names, vocabulary.edge_names) != (chemistry.elements, BONDS):
            raise CheckpointError(f"The vocabulary in {CARD} is not that of its chemistry; make "
                                  "the folder again.")
        _check_elements(chemistry.elements)
        _number(chemistry.max_nodes, f"max_nodes in {CARD}", least=1)
        for valence in (valence for of_one in chemistry.valences for valence in of_one):
            _number(valence, f"A valence in {CARD}")
    if not isinstance(card.preset, str):
        raise CheckpointError(f"preset in {CARD} is {_short(card.preset)}; it must be a text.")
    _check_record(card)
    return card


def _check_elements(elements: tuple[str, ...]) -> None:
    known = {Chem.Atom(number).GetSymbol() for number in range(1, 119)}
    unknown = [element for element in elements if element not in known]
    if unknown:
        raise CheckpointError(f"{CARD} names {_short(unknown[0])}, which is no chemical element.")


def _check_record(card: ModelCard) -> None:
    """What is recorded of data and training, where something is computed or written of it."""
    data, training = card.data, card.training
    config = training.get("config", {})
    for what, value in (("data name", data.get("name", "")), ("split", data.get("split", ""))):
        if not isinstance(value, str | None) or len(value or "") > 100:
            raise CheckpointError(f"The {what} in {CARD} is {_short(value)}; it must be a short "
                                  "text.")
    if not isinstance(config, dict) or not isinstance(training.get("fine_tuning", {}), dict):
        raise CheckpointError(f"The training record in {CARD} is damaged; make the folder again.")
    for what, value in (("graphs", data.get("graphs")), ("nodes", data.get("nodes")),
                        ("steps", training.get("steps")), ("steps", config.get("steps")),
                        ("batch_size", config.get("batch_size")),
                        ("parameters", training.get("parameters")),
                        ("graphs_seen", training.get("graphs_seen")),
                        ("wall_s", training.get("wall_s"))):
        if value is not None and not (type(value) in (int, float) and 0 <= value < 1e15):
            raise CheckpointError(f"{what} in {CARD} is {_short(value)}; it must be a number from "
                                  "0.")
    nodes = data.get("nodes")
    if nodes is not None and not (isinstance(nodes, int) and nodes <= card.vocabulary.max_nodes):
        raise CheckpointError(f"nodes in {CARD} is {_short(nodes)}, more than the model writes.")
    losses = training.get("loss_nats_per_token", [])
    if not isinstance(losses, list) or not all(
            isinstance(row, list) and len(row) == 2 and all(type(one) in (int, float)
                                                            for one in row) for row in losses):
        raise CheckpointError(f"The losses in {CARD} are no list of steps and losses; make the "
                              "folder again.")


def _check_shapes(weights: Path, config: Mapping[str, Any]) -> None:
    """Whether a file holds what a model of a config needs; the model takes no memory for that."""
    shapes = _shapes(weights)
    layers, said = {found[1] for name in shapes if (found := _LAYER.match(name))}, config.get(
        "num_hidden_layers")
    if len(layers) != said:  # before a million of them are made
        raise CheckpointError(f"{CONFIG} says {_short(said)} layers, {WEIGHTS} has "
                              f"{len(layers):,}; make the folder again.")
    from transformers import LlamaConfig, LlamaForCausalLM

    try:
        with torch.device("meta"):
            model = LlamaForCausalLM(LlamaConfig(**config))
    except Exception as error:  # whatever numbers that do not fit together give rise to
        raise CheckpointError(f"{CONFIG} makes no model ({one_line(error)}); make the folder "
                              "again.") from error
    wanted = {name: tuple(one.shape) for name, one in model.state_dict().items()}
    for name in sorted(wanted.keys() | shapes.keys()):
        if wanted.get(name) != shapes.get(name):
            raise CheckpointError(
                f"{WEIGHTS} has {_shape(shapes, name)} for {_short(name)}, but {CONFIG} asks "
                f"for {_shape(wanted, name)}; make the folder again.")


def _shape(shapes: Mapping[str, tuple[int, ...]], name: str) -> str:
    if name not in shapes:
        return "nothing"
    return " × ".join(map(str, shapes[name])) or "a number"


def _shapes(weights: Path) -> dict[str, tuple[int, ...]]:
    """Of the tensors of a safetensors file, from its header alone."""
    with weights.open("rb") as file:
        start = file.read(8)
        size = int.from_bytes(start, "little")
        if len(start) < 8 or size > _MAX_JSON_BYTES:
            raise CheckpointError(f"{WEIGHTS} is no safetensors file; save the weights as one.")
        try:
            header = json.loads(file.read(size))
            rows = {name: (row["dtype"], tuple(map(int, row["shape"])))
                    for name, row in header.items() if name != "__metadata__"}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise CheckpointError(f"{WEIGHTS} is no safetensors file ({one_line(error)}); save "
                                  "the weights as one.") from error
    for name, (dtype, _) in rows.items():
        if dtype not in _DTYPES:
            raise CheckpointError(f"{_short(name)} in {WEIGHTS} is of type {_short(dtype)}; only "
                                  f"{', '.join(_DTYPES)} are taken.")
    return {name: shape for name, (_, shape) in rows.items()}


@torch.inference_mode()
def _try(folder: Path) -> None:
    """Load a model, and ask it for one sequence: what it says must be numbers."""
    checkpoint = load_checkpoint(folder)
    try:
        tokens = torch.tensor([[SOS, SOS + 1]], device=checkpoint.device)
        said = checkpoint.network(tokens)
    except Exception as error:  # whatever a config that does not fit together gives rise to
        raise CheckpointError(f"The model cannot be run ({one_line(error)}); make the folder "
                              "again.") from error
    if not torch.isfinite(said).all():
        raise CheckpointError(f"The model gives no finite numbers; {WEIGHTS} holds infinite ones "
                              "or none at all.")
