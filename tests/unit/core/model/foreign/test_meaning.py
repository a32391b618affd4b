"""What tokens of foreign models mean, by data set, chemistry or number."""

import pytest

from core.chemistry.chemistry import AUTOGRAPH_GUACAMOL, AUTOGRAPH_MOSES, MOSES, QM9
from core.errors import InputError
from core.model.foreign.meaning import FOREIGN_DATASETS, token_meaning


def meaning(num_tokens, **options):
    found = token_meaning(num_tokens, "a.ckpt", **options)
    return found.dataset, found.chemistry, found.vocabulary.max_nodes


@pytest.mark.parametrize(("num_tokens", "expected"), [
    (44, ("QM9", QM9, 29)), (45, ("MOSES", AUTOGRAPH_MOSES, 27)),
    (110, ("GuacaMol", AUTOGRAPH_GUACAMOL, 88)), (70, ("planar", None, 64)),
])
def test_data_sets_have_their_numbers_of_tokens(num_tokens, expected):
    assert meaning(num_tokens, is_autograph=True) == expected
    assert meaning(num_tokens, dataset=expected[0].upper()) == expected
    assert meaning(num_tokens, stated=(expected[0],)) == expected
    assert meaning(num_tokens, dataset=expected[0], stated=("sbm",)) == expected


@pytest.mark.parametrize("name", ["sbm", "protein", "point_cloud", "unlabelled"])
def test_without_labels_all_but_six_tokens_are_nodes(name):
    assert name in FOREIGN_DATASETS
    assert meaning(506, dataset=name) == (name, None, 500)


def test_a_file_may_name_what_we_do_not_know():
    assert meaning(26, stated=("comm20",)) == ("comm20", None, 20)
    assert meaning(70, stated=("planar", "sbm")) == ("planar, sbm", None, 64)
    assert meaning(35, stated=("QM9",), is_labelled=False) == ("QM9", None, 29)


def test_a_chemistry_goes_before_a_data_set():
    assert meaning(45, chemistry="moses") == ("unknown", MOSES, 27)
    assert meaning(45, chemistry="moses", dataset="moses") == ("MOSES", MOSES, 27)
    assert meaning(45, chemistry="moses-aromatic", stated=("comm20",)) == (
        "unknown", AUTOGRAPH_MOSES, 27)


@pytest.mark.parametrize(("num_tokens", "options", "message"), [
    (45, {}, "a.ckpt does not say what its 45 tokens mean; give --dataset (qm9, moses, guacamol, "
             "planar, sbm, protein, point_cloud, unlabelled) or --chemistry (moses, moses-aromatic "
             "would fit)."),
    (99, {"is_autograph": True}, "point_cloud, unlabelled) or --chemistry."),
    (45, {"dataset": "qm9"}, "The model in a.ckpt has 45 tokens, but qm9 has 44; name what it was "
                             "trained on with --dataset or --chemistry."),
    (71, {"stated": ("planar",)}, "The model in a.ckpt has 71 tokens, but planar has 70; --dataset "
                                  "unlabelled takes graphs of any size."),
    (44, {"chemistry": "moses"}, "The model in a.ckpt has 44 tokens, but moses has 45;"),
    (44, {"dataset": "guacmol"}, "Unknown data set 'guacmol'; use qm9, moses, guacamol,"),
    (44, {"chemistry": "QM"}, "Unknown chemistry 'QM'; use qm9, moses,"),
    (44, {"chemistry": "qm9", "dataset": "sbm"}, "--chemistry qm9 is of molecules, --dataset sbm "
                                                 "is not; give one of the two."),
    (6, {"dataset": "unlabelled"}, "has 6 tokens, too few to write a graph"),
    (44, {"stated": ("ZINC",), "is_labelled": True}, "was trained on labelled graphs of ZINC, "
                                                     "whose labels are not known"),
    (44, {"stated": ("QM9", "MOSES"), "is_labelled": True}, "labelled graphs of QM9, MOSES,"),
])
def test_what_does_not_fit_is_refused(num_tokens, options, message):
    with pytest.raises(InputError) as raised:
        token_meaning(num_tokens, "a.ckpt", **options)
    assert message in str(raised.value)
