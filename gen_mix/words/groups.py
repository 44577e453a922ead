"""Words for instruments."""

from collections.abc import Mapping

GROUP_WORDS: Mapping[str, str] = {
    word: group
    for group, words in {
        "all": "mix, whole mix, everything, overall, song, track, record, whole thing, sound, music, tune, master",
        "vocals": "vocal, vocals, voice, voices, singing, vox",
        "lead_vocal": "lead vocal, lead vocals, singer, lead vox, main vocal, lead voice, frontman",
        "backing_vocal": "backing vocals, backing vocal, harmonies, choir, background vocals, bvs, backing vox, chorus "
        "vocals",
        "drums": "drums, drum, kit, drum kit, drumkit, beat, rhythm section",
        "kick": "kick, kick drum, bass drum",
        "snare": "snare, snare drum",
        "toms": "toms, tom",
        "cymbals": "cymbals, cymbal, hats, hihat, hi hat, hihats, overheads, crash, ride",
        "percussion": "percussion, shaker, tambourine, congas, bongos",
        "basses": "bass, bass guitar, bassline, bass line, basses, synth bass",
        "guitars": "guitar, guitars, gtr, gtrs, electric guitar, electric guitars, riff, riffs",
        "acgtr": "acoustic guitar, acoustic guitars, acoustics",
        "egtr_lead": "lead guitar, guitar solo",
        "egtr_rhythm": "rhythm guitar, rhythm guitars",
        "keys": "keys, keyboard, keyboards, synth, synths, synthesizer, pads, pad",
        "piano": "piano, pianos, grand piano",
        "organ": "organ, hammond",
        "strings": "strings, violins, string section, violin, cello, orchestra",
        "brass": "brass, horns, trumpet, trombone, horn section, trumpets",
        "sax_woodwind": "sax, saxophone, flute, clarinet, woodwind",
        "fx": "effects, fx, sound effects",
    }.items()
    for word in words.split(", ")
}
"""Words for instruments, and the group of `gen_mix.steering.cast.GROUPS` that they mean."""
