"""The one error of salience, fine-tuning and repair."""

from core.errors import InputError


class SalienceError(InputError):
    """Salience, a mask or a fine-tuning run that cannot be; the message says why and what can."""
