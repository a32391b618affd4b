"""How far probabilities of tokens can be trusted: reliability, temperature."""

from core.lazy import lazy_exports

__all__, __getattr__, __dir__ = lazy_exports(__name__, {
    "Reliability": "reliability",
    "TokenType": "token_types",
})
