"""What commands that write say at their end: what lies where, and how to see it."""

from __future__ import annotations

import shlex
from pathlib import Path

from core.assets import TRAINING, library_folder, models_folder, results_folder
from core.cli import messages


def say_wrote(path: Path, what: str = "", *, see: str = "") -> None:
    """Say on stderr that something was written.

    Args:
        path: of the file or folder.
        what: is in it, if its name does not say so.
        see: a sentence on how to look at it or go on.
    """
    messages.print(f"Wrote {path}{f': {what}' if what else ''}.", markup=False, soft_wrap=True)
    if see:
        messages.print(see, markup=False, soft_wrap=True)


def see_model(folder: Path) -> str:
    """How to use the model of a checkpoint folder."""
    if folder.absolute().parent == models_folder().absolute():
        return (f"All pages offer it as {folder.name}; commands take it by "
                f"--model {quoted(folder.name)}.")
    return (f"Commands take it by --model {quoted(folder)}; for all pages keep it by: trailscope "
            f"models --add {quoted(folder)}")


def see_library(folder: Path) -> str:
    """How to look at a scored set."""
    report = f"trailscope report {quoted(folder)} --output {quoted(folder.name + '.html')}"
    if folder.absolute().parent == library_folder().absolute():
        return f"The Library page shows it; for a report: {report}"
    return (f"For the Library page move it into {library_folder()}; for a report: {report}")


def see_evaluation(folder: Path) -> str:
    """How to look at evaluations."""
    python = "In Python: core.evaluation.Evaluation.load(FOLDER).to_frame()"
    if results_folder().absolute() in folder.absolute().parents:
        return f"Models and Calibration show it. {python}"
    return f"Models and Calibration show what lies in a folder of {results_folder()}. {python}"


def see_training(folder: Path) -> str:
    """How to look at what a training led to."""
    python = "In Python: core.study.TrainingRecord.load(FOLDER)"
    shown = results_folder() / TRAINING
    if shown.absolute() in folder.absolute().parents:
        return f"The Training page shows it. {python}"
    return f"The Training page takes the file, and shows what lies in a folder of {shown}. {python}"


def quoted(text: object) -> str:
    """As a shell takes it."""
    return shlex.quote(str(text))
