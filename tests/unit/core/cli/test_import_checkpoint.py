"""`trailscope import-checkpoint`: what was imported scores."""


import torch

from core.model.checkpoints import load_checkpoint


def test_an_imported_checkpoint_scores(trailscope, tiny, tmp_path):
    state = {f"model.{name}": tensor for name, tensor in tiny.model.state_dict().items()}
    torch.save({"state_dict": state}, tmp_path / "foreign.ckpt")
    result = trailscope("import-checkpoint", tmp_path / "foreign.ckpt", tmp_path / "mine",
                        "--strategy", "max_degree_first", "--rms-norm-eps", 2e-5)
    assert result.status == 0
    assert load_checkpoint(tmp_path / "mine").model.config.rms_norm_eps == 2e-5
    assert result.err == f"Wrote {tmp_path / 'mine'}.\n"
    [row] = trailscope("score", "CO", "--model", tmp_path / "mine", "--permutations", 4).rows
    assert (row["model"], row["strategy"], row["error"]) == ("mine", "max_degree_first", None)
