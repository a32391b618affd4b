"""The one error of this package."""

from core.errors import InputError


class SalienceError(InputError):
    """Salience, a mask or a fine-tuning run that cannot be; the message says why and what can."""
