"""Many molecules: files scored into folders of Parquet, and such folders asked as a database."""

from core.lazy import lazy_exports

__all__, __getattr__, __dir__ = lazy_exports(__name__, {
    "KINDS": "export",
    "Library": "store",
    "LibraryError": "manifest",
    "Selection": "selection",
    "compare": "comparison",
    "export": "export",
    "find_libraries": "store",
})
