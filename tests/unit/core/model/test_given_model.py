"""A zip that somebody brings: a model that can be loaded, or one sentence on what is wrong."""

import io
import json
import stat
import struct
import zipfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save

from core.errors import InputError
from core.model.card import CheckpointError
from core.model.checkpoints import load_checkpoint, save_checkpoint
from core.model.given_model import unpack_model
from core.model.local_models import zip_checkpoint
from core.records import sha256_of

MAX_MB = 1


@pytest.fixture(scope="module")
def files(tiny):
    """Names and bytes of the files of a good checkpoint folder."""
    return {path.name: path.read_bytes() for path in sorted(tiny.card.path.iterdir())}


def zipped(files, *, folder="tiny/", compression=zipfile.ZIP_DEFLATED):
    """A zip of files; a name may be a `ZipInfo`."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(f"{folder}{name}" if isinstance(name, str) else name, content)
    return packed.getvalue()


def unpacked(content, *, max_mb=MAX_MB):
    with TemporaryDirectory() as folder:
        card = unpack_model(io.BytesIO(content), Path(folder), max_mb=max_mb)
        return card, load_checkpoint(folder)


def fault(content, **limits):
    with pytest.raises(CheckpointError) as error:
        unpacked(content, **limits)
    text = str(error.value)
    assert "\n" not in text
    assert "/tmp" not in text
    return text


@pytest.mark.parametrize("folder", ["", "tiny/", "another name/"])
def test_a_good_zip_gives_the_model(files, tiny, folder):
    card, found = unpacked(zipped(files, folder=folder))
    assert replace(card, path=tiny.card.path) == tiny.card
    for name, weights in tiny.model.state_dict().items():
        assert torch.equal(found.model.state_dict()[name], weights)
    assert found.model.config.rope_parameters == tiny.model.config.rope_parameters
    assert found.model.config.rms_norm_eps == tiny.model.config.rms_norm_eps


def test_our_own_zip_and_one_of_a_program_with_folders_are_good(tiny, files):
    assert unpacked(zip_checkpoint(tiny.card.path))[0].name == "tiny"
    assert unpacked(zipped({zipfile.ZipInfo("tiny/"): b"", **files}))[0].name == "tiny"


def link(name):
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(("extra", "sentence"), [
    ({"pytorch_model.bin": b"x"}, "'pytorch_model.bin' in the zip may be a pickle, which is never "
     "unpickled here; save the weights as model.safetensors."),
    ({"last.ckpt": b"x"}, "'last.ckpt' in the zip may be a pickle"),
    ({"model.pt": b"x"}, "'model.pt' in the zip may be a pickle"),
    ({"inner.zip": b"x"}, "'inner.zip' in the zip is an archive of its own"),
    ({"setup.py": b"x"}, "'setup.py' in the zip is no file of a model; leave it out, only "
     "config.json, generation_config.json, model.safetensors, trailscope.json are taken."),
    ({zipfile.ZipInfo("../config.json"): b"x"}, "'../config.json', which leads out of its folder"),
    ({zipfile.ZipInfo("/etc/config.json"): b"x"}, "'/etc/config.json', which leads out"),
    ({zipfile.ZipInfo("C:/config.json"): b"x"}, "'C:/config.json', a name with other signs"),
    ({zipfile.ZipInfo("tiny/café.json"): b"x"}, "a name with other signs than letters"),
    ({zipfile.ZipInfo("tiny\\config.json"): b"x"}, "a name with other signs than letters"),
    ({link("tiny/generation_config.json"): b"/etc/passwd"}, "is a link or something else that is "
     "no file"),
    ({"deep/config.json": b"x"}, "The zip holds config.json twice"),
    ({zipfile.ZipInfo("other/"): b""}, "lie in several folders of the zip, or deep in one"),
    ({f"{number}.txt": b"" for number in range(20)}, "The zip holds more than 16 files"),
])
def test_what_does_not_belong_there_is_refused_by_name(files, extra, sentence):
    del (needed := dict(files))["generation_config.json"]
    assert sentence in fault(zipped({**needed, **extra}))
    assert sentence in fault(zipped({**extra, **needed}))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_twice(files):
    packed = io.BytesIO(zipped(files))
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("tiny/config.json", b"{}")
    assert "The zip holds config.json twice" in fault(packed.getvalue())


@pytest.mark.parametrize("name", ["trailscope.json", "config.json", "model.safetensors"])
def test_a_file_that_is_missing(files, name):
    said = fault(zipped({one: content for one, content in files.items() if one != name}))
    assert f"The zip has no {name}; zip a checkpoint folder" in said
    assert "`trailscope import-checkpoint` makes one" in said


def test_bombs_are_refused_before_they_are_unpacked(files):
    big = {**files, "model.safetensors": bytes(3_000_000)}
    assert "'model.safetensors' in the zip would grow more than 100 times" in fault(zipped(big))
    assert fault(zipped(big, compression=zipfile.ZIP_STORED)).startswith(
        "The model takes 3.0 MB unpacked, and 1 MB are the most here")
    assert "'config.json' in the zip has 2.0 MB; such a file has at most 1 MB" in fault(
        zipped({**files, "config.json": bytes(2_000_000)}, compression=zipfile.ZIP_STORED))


def test_a_size_that_is_a_lie_is_counted(files):
    """What the list says of the weights is cut to a tenth: no more than that is unpacked."""
    content = zipped({"model.safetensors": files["model.safetensors"]})
    size = struct.pack("<L", len(files["model.safetensors"]))
    lie = struct.pack("<L", len(files["model.safetensors"]) // 10)
    assert content.count(size) == 2
    with zipfile.ZipFile(io.BytesIO(content.replace(size, lie))) as archive:
        assert archive.infolist()[0].file_size == len(files["model.safetensors"]) // 10
    whole = zipped(files).replace(size, lie)
    assert "damaged" in fault(whole) or "longer than it says" in fault(whole)


def test_no_zip_at_all(files, tmp_path):
    whole = zipped(files)
    for content in (b"", b"PK", files["model.safetensors"], whole[:-1], whole[:1000],
                    whole + b" "):
        assert "This is no whole zip file; zip a checkpoint folder of TrailScope" in fault(content)
    with pytest.raises(CheckpointError, match=r"cannot be read \(No such file"):
        unpack_model(tmp_path / "none.zip", tmp_path, max_mb=1)


def test_a_zip_with_a_password(files):
    content = bytearray(zipped({name: files[name] for name in files}))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        start = archive.start_dir
    content[start + 8] |= 1
    assert "has a password; zip it without one" in fault(bytes(content))


def changed(files, name, /, **changes):
    row = json.loads(files[name])
    for key, value in changes.items():
        row[key] = value
    return zipped({**files, name: json.dumps(row).encode()})


@pytest.mark.parametrize(("changes", "sentence"), [
    ({"model_type": "gpt2"}, "config.json is of a model of kind 'gpt2'; only llama is taken."),
    ({"num_hidden_layers": 10_000_000}, "config.json says 10000000 layers, model.safetensors has "
     "2; make"),
    ({"hidden_size": 1e9}, "hidden_size in config.json is 1000000000.0; it must be a number"),
    ({"hidden_size": 4096}, "but config.json asks for"),
    ({"vocab_size": 9_000_000}, "but config.json asks for 9000000 × 32"),
    ({"num_key_value_heads": 0}, "config.json makes no model"),
    ({"hidden_act": "kernels/evil"}, "config.json asks for 'kernels/evil' between layers"),
    ({"rope_parameters": {"rope_type": "dynamic"}}, "positions of type 'dynamic'"),
    ({"rope_parameters": {"rope_theta": "x"}}, "rope_theta in config.json is 'x'"),
    ({"rms_norm_eps": True}, "rms_norm_eps in config.json is True"),
])
def test_a_config_that_is_no_plain_llama_of_these_weights(files, changes, sentence):
    assert sentence in fault(changed(files, "config.json", **changes))


def test_nothing_else_of_a_config_is_taken(files):
    _, found = unpacked(changed(
        files, "config.json", attn_implementation="kernels/evil", auto_map={"AutoModel": "x.Y"},
        quantization_config={"quant_method": "x"}, _name_or_path="/etc"))
    assert not hasattr(found.model.config, "auto_map")
    assert not hasattr(found.model.config, "quantization_config")
    assert found.model.config._attn_implementation == "eager"


@pytest.mark.parametrize(("changes", "sentence"), [
    ({"name": "../../etc"}, "'../../etc' cannot be a model's name; use letters, digits"),
    ({"name": "**bold**"}, "'**bold**' cannot be a model's name"),
    ({"format_version": 9}, "trailscope.json has format version 9"),
    ({"weights_sha256": "0" * 64}, "(its SHA-256 differs)"),
    ({"strategy": "by mood"}, "Unknown strategy 'by mood'"),
    ({"vocabulary": {"max_nodes": 64, "node_names": [], "edge_names": []}, "chemistry": None},
     "says 70 tokens in trailscope.json, but 44 in config.json"),
    ({"vocabulary": {"max_nodes": 29, "node_names": list("HCNOP"),
                     "edge_names": ["single", "double", "triple", "aromatic"]}},
     "The vocabulary in trailscope.json is not that of its chemistry"),
    ({"data": {"nodes": 10**9}}, "nodes in trailscope.json is 1000000000, more than the model"),
    ({"data": {"name": ["QM9"]}}, "The data name in trailscope.json is ['QM9']"),
    ({"training": {"steps": "many"}}, "steps in trailscope.json is 'many'"),
    ({"training": {"loss_nats_per_token": 3}}, "The losses in trailscope.json are no list"),
    ({"preset": []}, "preset in trailscope.json is []; it must be a text."),
])
def test_a_card_that_cannot_be_shown(files, changes, sentence):
    assert sentence in fault(changed(files, "trailscope.json", **changes))


def test_json_that_is_none_or_nested_without_end(files):
    for content in (b"{", b"\xff", b'{"x": NaN}', b"[" * 5000 + b"1" + b"]" * 5000):
        assert "config.json in the zip is no JSON (" in fault(zipped(
            {**files, "config.json": content}, compression=zipfile.ZIP_STORED))
    assert "is no JSON object" in fault(zipped({**files, "config.json": b"[]"}))


def reweighted(files, tiny, tmp_path, change):
    """The files of the model after a change to its weights, hash and all."""
    weights = load_file(tiny.card.path / "model.safetensors")
    change(weights)
    folder = save_checkpoint(tmp_path / "changed", tiny.model, tiny.card).path
    (folder / "model.safetensors").write_bytes(save(weights))
    card = json.loads((folder / "trailscope.json").read_text())
    card["weights_sha256"] = sha256_of(folder / "model.safetensors")
    return zipped({**files, "trailscope.json": json.dumps(card).encode(),
                   "model.safetensors": save(weights)})


def test_weights_that_are_no_model_of_the_config(files, tiny, tmp_path):
    def lack(weights):
        del weights["model.norm.weight"]

    def infinite(weights):
        weights["model.norm.weight"][0] = torch.inf

    def whole_numbers(weights):
        weights["model.norm.weight"] = torch.ones(32, dtype=torch.int8)

    assert "model.safetensors has nothing for 'model.norm.weight', but config.json asks for 32" in (
        fault(reweighted(files, tiny, tmp_path, lack)))
    assert "The model gives no finite numbers" in fault(reweighted(files, tiny, tmp_path, infinite))
    assert "'model.norm.weight' in model.safetensors is of type 'I8'; only F16, BF16, F32" in (
        fault(reweighted(files, tiny, tmp_path, whole_numbers)))
    assert "model.safetensors is no safetensors file" in fault(
        zipped({**files, "model.safetensors": b"\x80\x04pickle of something"}))


@settings(max_examples=80)
@given(st.data())
def test_a_zip_with_bytes_changed_is_a_model_or_one_sentence(files, data):
    """Whatever else happens is a bug: no other exception, no file beside the folder."""
    whole = bytearray(zipped(files))
    for _ in range(data.draw(st.integers(1, 4))):
        # Most bytes are weights; half of the changes are to the lists of files and to the JSON.
        near = data.draw(st.sampled_from(["start", "end", "any"]))
        low, high = {"start": (0, 3000), "end": (len(whole) - 600, len(whole) - 1),
                     "any": (0, len(whole) - 1)}[near]
        whole[data.draw(st.integers(low, high))] = data.draw(st.integers(0, 255))
    with TemporaryDirectory() as above:
        folder = Path(above) / "model"
        folder.mkdir()
        with suppress(InputError):
            unpack_model(io.BytesIO(bytes(whole)), folder, max_mb=MAX_MB)
        assert [path.name for path in Path(above).iterdir()] == ["model"]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner,
                                                                max_size=2), max_leaves=4)


@settings(max_examples=25)
@given(st.data())
def test_a_zip_with_other_json_is_a_model_or_one_sentence(files, data):
    name = data.draw(st.sampled_from(["config.json", "trailscope.json"]))
    row = json.loads(files[name])
    inner = row
    key = data.draw(st.sampled_from(sorted(inner)))
    while isinstance(inner[key], dict) and inner[key] and data.draw(st.booleans()):
        inner = inner[key]
        key = data.draw(st.sampled_from(sorted(inner)))
    inner[key] = data.draw(values)
    with TemporaryDirectory() as folder, suppress(InputError):
        unpack_model(io.BytesIO(zipped({**files, name: json.dumps(row).encode()})), Path(folder),
                     max_mb=MAX_MB)
