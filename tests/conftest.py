"""What all tests share: one thread, and tiny models with random weights, saved and loaded."""

import gc
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import settings
from streamlit.components.v2 import manifest_scanner
from transformers import GPT2Config, GPT2LMHeadModel

from core.chemistry.chemistry import CHEMISTRIES
from core.model.card import ModelCard, read_card
from core.model.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from core.model.transformer import build_model
from core.sent.strategies import MAX_DEGREE_FIRST, RANDOM_ORDER, STRATEGIES, Strategy
from core.sent.vocabulary import PLANAR_VOCABULARY, QM9_VOCABULARY, Vocabulary, vocabulary_of
from tests.evaluations import evaluate_all
from tests.generated_molecules import made_up_samples
from tests.repairs import MODEL as REPAIRED
from tests.repairs import save_repairs
from tests.trainings import save_diversity, save_trainings

ROOT = Path(__file__).parents[1]
BROWSER = "tests/browser/"
SAMPLED, NUM_SAMPLES = "qm9-random_order", 40

SHARPNESS = 6.0
"""Fresh weights say nearly the same of every token; larger ones tell tokens and orders apart."""

torch.set_num_threads(1)

# How long an example takes depends on what else the machine does, and says nothing of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# Every new `AppTest` reads the metadata of all installed packages in search of components, for a
# quarter of a second. What is installed does not change meanwhile.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


def pytest_collection_finish() -> None:
    """Keep libraries and collected tests, which stay to the end, out of garbage collections."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log) -> Any:
    """With `--dist=loadfile`, all browser tests go to one process, as if they were one file.

    They share a browser and servers, which take half a minute to start, and leave much of a
    processor to others.
    """
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return BROWSER if nodeid.startswith(BROWSER) else super()._split_scope(nodeid)

    return Scheduling(config, log)


@pytest.fixture(scope="session")
def make_checkpoint(tmp_path_factory) -> Callable[..., Checkpoint]:
    """Save a tiny model with random weights and load it again."""

    def make(
        name: str, vocabulary: Vocabulary = QM9_VOCABULARY, strategy: Strategy = RANDOM_ORDER,
        *, folder: Path | None = None, seed: int = 0,
    ) -> Checkpoint:
        model = build_model(vocabulary, "tiny", generator=torch.Generator().manual_seed(seed))
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.ndim == 2:
                    parameter.mul_(SHARPNESS)
        folder = folder or tmp_path_factory.mktemp("checkpoints") / name
        chemistry = next((chemistry for chemistry in CHEMISTRIES.values()
                          if vocabulary_of(chemistry) == vocabulary), None)
        save_checkpoint(folder, model, ModelCard(name, vocabulary, strategy, preset="tiny",
                                                 chemistry=chemistry))
        return load_checkpoint(folder)

    return make


@pytest.fixture(scope="session")
def tiny(make_checkpoint) -> Checkpoint:
    """A model of molecules."""
    return make_checkpoint("tiny")


@pytest.fixture(scope="session")
def tiny_planar(make_checkpoint) -> Checkpoint:
    """A model of unlabelled graphs."""
    return make_checkpoint("tiny-planar", PLANAR_VOCABULARY)


@pytest.fixture(scope="session")
def assets(make_checkpoint, tmp_path_factory) -> Path:
    """An assets folder with tiny models under the shipped names."""
    folder = tmp_path_factory.mktemp("assets")
    for seed, (name, strategy) in enumerate(STRATEGIES.items()):
        make_checkpoint(f"qm9-{name}", strategy=strategy, seed=seed,
                        folder=folder / "checkpoints" / f"qm9-{name}")
    for seed, strategy in enumerate((RANDOM_ORDER, MAX_DEGREE_FIRST)):
        make_checkpoint(f"planar-{strategy.name}", PLANAR_VOCABULARY, strategy, seed=seed,
                        folder=folder / "checkpoints" / f"planar-{strategy.name}")
    for name in ("gallery.json", "names.json", "logo.svg", "wordmark.svg"):
        shutil.copy(ROOT / "assets" / name, folder / name)
    return folder


@pytest.fixture(scope="session")
def evaluated_assets(assets, tmp_path_factory) -> Path:
    """The same with small evaluations, see `tests.evaluations`."""
    folder = tmp_path_factory.mktemp("evaluated") / "assets"
    shutil.copytree(assets, folder)
    evaluate_all(folder, folder.with_name("runs"))
    return folder


@pytest.fixture(scope="session")
def full_assets(evaluated_assets, tmp_path_factory) -> Path:
    """The same with made-up samples, milestones, repairs and trainings: every page has something to
    show."""
    assets = tmp_path_factory.mktemp("full") / "assets"
    shutil.copytree(evaluated_assets, assets)
    weights = read_card(assets / "checkpoints" / SAMPLED).weights_sha256
    for kind, name, samples in (
        ("samples", "", made_up_samples(SAMPLED, number=NUM_SAMPLES, weights_sha256=weights)),
        ("milestones", "step-00400",
         made_up_samples(SAMPLED, number=NUM_SAMPLES, seed=1, step=400)),
    ):
        samples.save(assets / "results" / kind / SAMPLED / name, device="cpu")
    weights = read_card(assets / "checkpoints" / REPAIRED).weights_sha256
    made_up_samples(REPAIRED, number=60, weights_sha256=weights).save(
        assets / "results" / "samples" / REPAIRED, device="cpu")
    save_repairs(assets)
    save_trainings(assets)
    save_diversity(assets, tmp_path_factory.mktemp("diversity"))
    return assets


@pytest.fixture(scope="session")
def foreign_model(tmp_path_factory) -> Path:
    """A folder with `tiny-gpt2`, which is not ours, and `tokens.jsonl`, sequences for it."""
    folder = tmp_path_factory.mktemp("foreign")
    torch.manual_seed(0)
    GPT2LMHeadModel(GPT2Config(vocab_size=20, n_embd=8, n_layer=3, n_head=2, n_positions=16)
                    ).save_pretrained(folder / "tiny-gpt2")
    (folder / "tokens.jsonl").write_text("[1, 2, 3]\n[4, 5]\n[6, 7, 8, 9]\n")
    return folder
