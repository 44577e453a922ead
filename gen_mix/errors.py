"""The error that a user can cause."""


class InputError(ValueError):
    """Something the user gave cannot be used.

    The message is one line: the file or option, what was expected, what came. Command lines print it
    on stderr and end with exit status 2; nothing has been written then.
    """
