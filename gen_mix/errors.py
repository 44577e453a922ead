"""The error that a user can cause."""


class InputError(ValueError):
    """Something the user gave cannot be used.

    The message is one line: the file or option, what was expected, what came. Command lines print it
    on stderr and end with exit status 2; nothing has been written then.
    """


def what_came(error: Exception) -> str:
    """Return in words what came where a text file was expected, for an error of opening or decoding one."""
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, UnicodeDecodeError):
        return "a file that is no text"
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
