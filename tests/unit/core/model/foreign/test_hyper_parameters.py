"""What the configuration object in a checkpoint says, without the package that wrote it."""

import sys
from argparse import Namespace
from dataclasses import dataclass

import pytest
import torch
from omegaconf import OmegaConf

from core.model.foreign.hyper_parameters import HyperParameters, read_hyper_parameters
from core.model.foreign.inert_pickle import read_inertly
from tests.unit.core.model.foreign.autograph import configuration

LU_SAYS = HyperParameters("llama-s", ("QM9",), True, frozenset({
    "_target_", "model_name", "attention_dropout", "attn_implementation"}))


@pytest.fixture
def said(tmp_path):
    """Write hyper-parameters to a file, and read what they say."""

    def write_and_read(hyper_parameters):
        torch.save({"hyper_parameters": hyper_parameters}, tmp_path / "a.ckpt")
        return read_hyper_parameters(read_inertly(tmp_path / "a.ckpt"))

    return write_and_read


def names(dataset_names):
    return OmegaConf.create({"datamodule": {"dataset_names": dataset_names}})


def test_an_omegaconf_object(said):
    config = configuration("llama-s", "QM9", labeled_graph=True)
    assert said({"cfg": config}) == LU_SAYS
    assert said(config) == LU_SAYS
    assert said({"cfg": OmegaConf.to_container(config)}) == LU_SAYS


def test_the_package_is_not_imported(tmp_path, monkeypatch):
    torch.save({"hyper_parameters": {"cfg": configuration("llama-s", labeled_graph=True)}},
               tmp_path / "a.ckpt")
    for module in [name for name in sys.modules if name.split(".")[0] == "omegaconf"]:
        monkeypatch.setitem(sys.modules, module, None)
    assert read_hyper_parameters(read_inertly(tmp_path / "a.ckpt")) == LU_SAYS


class AttributeDict(dict):
    """What Lightning makes of hyper-parameters."""


@dataclass
class Model:
    model_name: str


def test_other_containers(said):
    model = {"model_name": "llama3-m"}
    for found in (AttributeDict(model=AttributeDict(model)), Namespace(model=Namespace(**model)),
                  Namespace(cfg={"model": Model(**model)})):
        assert said(found).model_name == "llama3-m"


@pytest.mark.parametrize("nothing", [{}, None, 3, [], "text", {"cfg": None}, {1: 2}, torch.ones(2),
                                     OmegaConf.create({}), OmegaConf.create([1, 2]),
                                     OmegaConf.create({"model": "${other}", "datamodule": "???"})])
def test_nothing_is_said(nothing, said):
    assert said(nothing) == HyperParameters()
    assert read_hyper_parameters({}) == HyperParameters()


@pytest.mark.parametrize(("written", "read"), [
    ("sbm", ("sbm",)), (["planar", "sbm"], ("planar", "sbm")), ([], ()), (None, ()), (3, ()),
    ([1, "sbm"], ()), ({"a": "sbm"}, ()), ("???", ()), ("", ()), ("sbm\x1b[31m", ()),
    ("x" * 81, ()), (["sbm", "${oc.env:HOME}"], ()),
])
def test_names_of_data_sets(written, read, said):
    assert said(names(written)).dataset_names == read


def test_references(said):
    config = OmegaConf.create({
        "name": "llama2-xs", "again": "${name}", "sets": ["planar", "sbm"], "circle": "${circle}",
        "model": {"model_name": "${again}"}, "datamodule": {"dataset_names": "${sets}"}})
    assert said(config).model_name == "llama2-xs"
    assert said(config).dataset_names == ("planar", "sbm")
    for beyond in ("${oc.env:KIND}", "${name}-s", "${circle}", "${nowhere}", "${model}"):
        config.model = {"model_name": beyond}
        assert said(config).model_name is None
