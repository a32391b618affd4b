"""Where molecules and graphs come from: data sets by name, and files that users bring."""

from core.lazy import lazy_exports

__all__, __getattr__, __dir__ = lazy_exports(__name__, {
    "DATASETS": "registry",
    "DataOptions": "dataset",
    "DataPart": "dataset",
    "Dataset": "dataset",
    "DatasetError": "splits",
    "DownloadError": "download",
    "FILE_SUFFIXES": "file_kind",
    "InputFileError": "record",
    "InputRow": "files",
    "PackedGraphs": "packing",
    "QM9_SIZE": "qm9",
    "Split": "splits",
    "count_rows": "records",
    "dataset_of_model": "registry",
    "data_folder": "splits",
    "download_moses": "moses",
    "download_qm9": "qm9",
    "find_dataset": "registry",
    "infer_chemistry": "own_file",
    "load_molecules": "molecule_file",
    "load_qm9": "qm9",
    "load_qm9_graphs": "qm9",
    "read_input": "files",
    "read_molecules": "files",
    "split_rows": "splits",
})
