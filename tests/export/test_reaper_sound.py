"""Facts about a REAPER project as a whole: played by its own words, it is the mix in front of the limiter."""

from pathlib import Path

import numpy as np
import torch

from gen_mix.console.console import render
from gen_mix.export.audio_files import AUDIO_FORMATS
from gen_mix.export.formats import write_export
from gen_mix.export.readme import Export
from gen_mix.export.reaper.rpp import Block, parse
from tests.console.desk import console
from tests.export.eel2 import Effect
from tests.export.studio import RATE, alternative, audio_of, session

MONO, STEREO = 3, 4
TURNED = {
    (0, "eq.bell_3.on"): 1, (0, "eq.bell_3.gain_db"): 4.0,
    (0, "compressor.on"): 1, (0, "compressor.threshold_db"): -30,
    (2, "time_ms"): 21.0, (2, "feedback"): 0.5, (2, "ping_pong"): 0.4,
    (MONO, "high_pass.on"): 1, (MONO, "fader_db"): 15.0, (MONO, "pan"): -0.6,
    (MONO, "delay_send.on"): 1, (MONO, "delay_send.level_db"): -3,
    (STEREO, "eq.low_shelf.on"): 1, (STEREO, "eq.low_shelf.gain_db"): -9.0, (STEREO, "compressor.on"): 1,
    (STEREO, "width"): 1.7, (STEREO, "pan"): 0.3,
    (STEREO, "reverb_send.on"): 1, (STEREO, "reverb_send.level_db"): -10.0,
}  # fmt: skip


class Player:
    """Plays a project: items, effects, faders, sends and folders, and nothing else."""

    def __init__(self, path: Path, samples: int) -> None:
        self.folder, self.samples = path.parent, samples
        self.tracks = parse(path.read_text(encoding="utf-8")).blocks("TRACK")

    def folder_output(self) -> np.ndarray:
        outputs: list[np.ndarray] = []
        total = np.zeros((2, self.samples))
        for track in self.tracks[1:]:
            audio = sum(map(self._item, track.blocks("ITEM")), np.zeros((2, self.samples)))
            for line in track.lines("AUXRECV"):
                audio = audio + float(line[3]) * outputs[int(line[1]) - 1]
            outputs.append(self._through(track, audio))
            if track.lines("MUTESOLO")[0][1] == "0":
                total = total + outputs[-1]
        return self._through(self.tracks[0], total)

    def _item(self, item: Block) -> np.ndarray:
        if not item.blocks("SOURCE"):
            return np.zeros((2, self.samples))
        audio = audio_of(self.folder / str(item.blocks("SOURCE")[0].lines("FILE")[0][1]))
        return float(item.lines("VOLPAN")[0][1]) * np.broadcast_to(audio, (2, self.samples))

    def _through(self, track: Block, audio: np.ndarray) -> np.ndarray:
        for effect in (effect for chain in track.blocks("FXCHAIN") for effect in chain.blocks("JS")):
            sliders = [float(word) for word in effect.content[0] if word != "-"]
            audio = Effect(self.folder / "Effects" / str(effect.words[1]), sliders, RATE).process(audio)
        _, volume, pan, *_ = track.lines("VOLPAN")[0]
        assert float(pan) == 0
        return float(volume) * audio


def test_the_project_sounds_as_the_mix_before_its_limiter(tmp_path: Path) -> None:
    of = session(1, tracks=2, samples=800)
    mix = alternative(of, console([track.is_stereo for track in of.tracks], TURNED))
    export = Export(of, (mix,), AUDIO_FORMATS["wav32f"])
    write_export(tmp_path, export, ["rpp"])
    heard = Player(next((tmp_path / "reaper").glob("*.RPP")), of.samples).folder_output()
    ours = render([track.staged for track in of.tracks], mix.parameters, RATE)[0].numpy()
    ours = ours * 10 ** (export.mixes[0].finished.gain_db / 20)
    assert np.abs(heard - ours).max() <= 1e-4 * np.abs(ours).max()
    assert torch.tensor(ours).abs().max() > 0.01
