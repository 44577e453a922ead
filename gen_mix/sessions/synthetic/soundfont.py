"""Lines of notes played by a soundfont, dry."""

import ctypes
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gen_mix.errors import InputError
from gen_mix.sessions.synthetic.libraries import library
from gen_mix.sessions.synthetic.lines import Line

Audio = NDArray[np.float32]

RATE = 44100
"""All synthetic audio is made at this rate, the rate of the samples (Hz)."""

_BLOCK = 64  # FluidSynth starts notes at multiples of this many samples
_WARNING = 2
_DRUM_BANK = 128
_MODULATION = 1
_OPTIONS = {"synth.reverb.active": 0, "synth.chorus.active": 0, "synth.polyphony": 64}


class SoundFont:
    """A soundfont that stays loaded.

    Each line is played by a fresh synthesizer that shares the loaded samples: a used one remembers
    the phases of its modulators, and a session would depend on those made before it.

    Args:
        path: An .sf2 file.

    Raises:
        InputError: FluidSynth cannot load it.
    """

    def __init__(self, path: Path) -> None:
        self._fluidsynth = library("fluidsynth")
        self._library = self._fluidsynth._fl  # the Python package wraps neither float output nor shared soundfonts
        self._library.fluid_synth_get_sfont_by_id.restype = ctypes.c_void_p
        self._library.fluid_set_log_function(_WARNING, None, None)
        self._owner = self._fluidsynth.Synth(gain=0.5, samplerate=float(RATE), channels=16, **_OPTIONS)
        number = self._owner.sfload(str(path))
        if number < 0:
            raise InputError(f"{path}: expected a soundfont that FluidSynth can load, got another file")
        self._font = ctypes.c_void_p(
            self._library.fluid_synth_get_sfont_by_id(ctypes.c_void_p(self._owner.synth), ctypes.c_int(number))
        )

    def play(self, line: Line, program: int, samples: int, vibrato: int = 0) -> Audio:
        """Return the line played by a General MIDI program (2, samples).

        Args:
            line: The notes.
            program: 0 to 127.
            samples: Length.
            vibrato: Modulation wheel, 0 to 127.
        """
        return self._play(line, 0, program, samples, vibrato)

    def play_drums(self, line: Line, kit: int, samples: int) -> Audio:
        """Return the line played by drum kit number `kit` (2, samples); the standard kit where there is no such."""
        return self._play(line, _DRUM_BANK, kit, samples, 0)

    def _play(self, line: Line, bank: int, program: int, samples: int, vibrato: int) -> Audio:
        synth = self._fluidsynth.Synth(gain=0.5, samplerate=float(RATE), channels=16, **_OPTIONS)
        handle = ctypes.c_void_p(synth.synth)
        number = self._library.fluid_synth_add_sfont(handle, self._font)
        if synth.program_select(0, number, bank, program) != 0:
            synth.program_select(0, number, bank, 0)
        synth.cc(0, _MODULATION, vibrato)
        audio = np.zeros((2, samples + _BLOCK), np.float32)
        done = 0
        for at, note, velocity in _events(line, samples):
            if at > done:
                self._write(handle, audio, done, at)
                done = at
            if velocity:
                synth.noteon(0, note, velocity)
            else:
                synth.noteoff(0, note)
        self._write(handle, audio, done, samples)
        self._library.fluid_synth_remove_sfont(handle, self._font)
        synth.delete()
        return audio[:, :samples]

    def _write(self, handle: ctypes.c_void_p, audio: Audio, begin: int, end: int) -> None:
        left, right = (channel[begin:].ctypes.data_as(ctypes.c_void_p) for channel in audio)
        self._library.fluid_synth_write_float(handle, ctypes.c_int(end - begin), left, 0, 1, right, 0, 1)


def _events(line: Line, samples: int) -> list[tuple[int, int, int]]:
    """Return (sample, note, velocity) in order, velocity 0 for the end of a note; ends come before starts."""
    events = []
    for start, end, pitch, velocity in zip(line.start, line.end, line.pitch, line.velocity, strict=True):
        at = int(start * RATE) // _BLOCK * _BLOCK
        until = max(int(end * RATE) // _BLOCK * _BLOCK, at + _BLOCK)
        note = int(np.clip(round(pitch), 0, 127))
        if at < samples:
            events.append((at, note, int(max(1, round(velocity)))))
            events.append((min(until, samples), note, 0))
    return sorted(events, key=lambda event: (event[0], event[2] > 0, event[1], event[2]))
