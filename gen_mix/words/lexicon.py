"""Words that people use for sound, and which attribute they are about; what the head is trained and tested with.

Which way a word points follows the published descriptor studies (SocialEQ, Audealize, SAFE) where they have it, see
https://interactiveaudiolab.github.io and Seetharaman and Pardo (2016), and common usage in studios elsewhere.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Pole:
    """One end of an attribute.

    Attributes:
        attribute: A name of `gen_mix.steering.attributes.ATTRIBUTES`.
        sign: 1 or -1.
        families: Words of one root each, the commonest first.
    """

    attribute: str
    sign: int
    families: tuple[tuple[str, ...], ...]

    @property
    def trained(self) -> tuple[str, ...]:
        """Words that the head is trained with."""
        return tuple(word for place, family in enumerate(self.families) if not _is_held_out(place) for word in family)

    @property
    def held_out(self) -> tuple[str, ...]:
        """Words that it never sees, for tests: every sixth root, none of them among the five commonest."""
        return tuple(word for place, family in enumerate(self.families) if _is_held_out(place) for word in family)


def _is_held_out(place: int) -> bool:
    return place % 6 == 5


def _pole(attribute: str, sign: int, families: str) -> Pole:
    """Return a pole from its words: ``;`` between roots, spaces between words of one root, ``_`` inside a phrase."""
    roots = [family.split() for family in families.split(";")]
    return Pole(attribute, sign, tuple(tuple(word.replace("_", " ") for word in root) for root in roots))


POLES = (
    _pole(
        "brightness",
        1,
        "bright brighter brightness brightly brighten; crisp crisper crispy; highs; airy airier; brilliant "
        "brilliance; shiny shine shining; glossy gloss; glassy glass glasslike; trebly treble; sizzling "
        "sizzle; crystalline crystal; glittering glitter glittery; high_end; top_end; vivid; luminous "
        "luminescent; radiant radiance; silvery silver; sparkling sparkle sparkly; shimmering shimmer "
        "shimmery; gleaming "
        "gleam; dazzling dazzle; glistening glisten; sunny sunlit; glowing glow; light_filled; lustrous "
        "luster; polished; fizzy; zingy; sunshine; beaming; blazing; golden; diamond; twinkling twinkle; "
        "neon; glaring; illuminated; flashing; metallic; tinsel; upper_frequencies; high_frequencies; "
        "highlights",
    ),
    _pole(
        "brightness",
        -1,
        "dark darker darkness darkly darken; dull duller dullness; muffled muffle; dim dimmer dimly; "
        "veiled veil; muted mute; shadowy shadow shadows; dusky dusk; cloudy clouded; foggy fog; gloomy "
        "gloom; somber sombre; blanketed blanket; obscure obscured; shady shade; dreary; murky murk; "
        "dusty; hazy haze; bleak; black "
        "blackened; opaque; smoky; overcast; sooty; grim; drab; misty; matte; unlit; nocturnal night "
        "midnight; grey; inky; covered; smothered; blurred blurry blur; rolled_off; lightless; sinister; "
        "faded; tarnished; lackluster lustreless; brooding; dingy",
    ),
    _pole(
        "presence",
        1,
        "present presence; clear clearer clarity clearly; harsh harsher harshness; edgy edge edgier; bite "
        "biting; cutting; aggressive aggression; nasal; piercing pierce; sharp sharper sharpness; "
        "articulate articulation "
        "articulated; intelligible intelligibility; abrasive; definition defined; gritty grit; strident; "
        "shrill; screaming; rough rougher; distinct; grating; jagged; brash; scratchy; raspy; crunchy "
        "crunch; prickly; incisive; razor; biting; scathing; honky; acerbic; brittle; detailed detail; "
        "bold; fierce; angry; acute; spiky; penetrating; grinding; raucous; sandy; coarse; lucid; precise "
        "precision; understandable; crystal_clear",
    ),
    _pole(
        "presence",
        -1,
        "smooth smoother smoothness; gentle gentler gently; silky silk; velvety velvet; soothing; recessed; tame "
        "tamed; mild milder; laid_back; polite; delicate; relaxed relaxing; calm calmer; softened soften; "
        "easygoing; silken; tender; peaceful; serene; subdued; soft_focus; satin; caressing; pleasant; "
        "sweet "
        "sweeter; inoffensive; restful; placid; tranquil; mellow mellower; polished_off; kind; "
        "unaggressive; quieted_edge; refined; buttery_smooth; sanded; blended; forgiving; feminine; "
        "comforting; fluid; liquid",
    ),
    _pole(
        "warmth",
        1,
        "warm warmer warmth warmly; rich richer richness; full fuller fullness full_bodied; thick thicker "
        "thickness thicken; fat fatter; low_mids; body; round rounder rounded; creamy cream; cozy cosy; hot "
        "hotter; meaty meat; woody; hearty; juicy; toasty toast; plump; buttery butter; chubby; heated "
        "heat; lush; ripe; beefy; chocolate chocolatey; honeyed honey; saturated; analog; tubey tube; "
        "vintage; stout; robust; corpulent; syrupy; fiery; tropical; summery summer; snug; nourishing; "
        "wooden; succulent; luscious; plush; fleshy; sultry; muddy mud; boxy; lower_mids",
    ),
    _pole(
        "warmth",
        -1,
        "cold colder coldness; thin thinner thinness; hollow hollower; scooped scoop; sterile; clinical; "
        "icy ice; chilly chill; lean leaner; frosty frost; weak weaker; skinny; cool cooler; bony; "
        "freezing; frozen "
        "freeze; wintry winter; slender; empty emptier; anemic; papery; emaciated; gaunt; skeletal; "
        "arctic; meager; glacial; unfeeling; bloodless; starved; shivering; snowy; bare; gutless; "
        "insubstantial; malnourished; wiry; polar; scrawny; watery; spindly; heartless; antiseptic; "
        "digital",
    ),
    _pole(
        "bass",
        1,
        "bassy bassier; low_end; boomy boominess boom; booming; deep deeper depth deeply; heavy heavier "
        "heaviness; lows; sub subs subby; bottom bottom_end; weighty weight; rumbling rumble rumbly; thunderous "
        "thunder; massive; bass_frequencies; low_frequencies; hefty heft; thundering; roaring; ponderous; "
        "bulky; earth_shaking; seismic; gigantic; hulking; heavyweight; leaden; dense_lows; earthquake; "
        "subwoofer; bottom_heavy; bass_heavy; elephantine; ground_shaking; thudding; subterranean; "
        "abyssal; oceanic; deepest; heaviest; mighty; ominous; low_frequency; lowest",
    ),
    _pole(
        "bass",
        -1,
        "tinny tinnier; light lighter lightness; lightweight; weightless; flimsy; feathery feather; "
        "bassless; bass_light; puny; featherweight; feeble; frail; petite; telephone telephonic; "
        "transistor; small_speaker; tiny_speaker; wispy; dainty; gossamer; airborne; floaty_light; "
        "paper_light; lightest; unweighted; ultralight; insect; mosquito; toy toylike",
    ),
    _pole(
        "width",
        1,
        "wide wider width widely widen; stereo stereophonic; broad broader breadth; spread spreading; expansive "
        "expanded expand; panoramic panorama; widescreen; enveloping envelop; surrounding surround; "
        "immersive; stretched stretch; spread_out; stereo_image; outspread; widespread; sprawling; "
        "wraparound; encompassing; extended; sweeping; open_wide; extensive; scattered; broadened; "
        "opened_up; spanning; outstretched; dispersed; wide_open; ranging; unfolded; panned_out; "
        "hard_panned; separated; far_apart; side_to_side; sides; widest",
    ),
    _pole(
        "width",
        -1,
        "narrow narrower narrowed narrowly; mono monophonic monaural; centred centered; focused focus; "
        "compact; confined; tightened; closed_in; pinched; constricted; centre center central; cramped; "
        "restricted; concentrated; collapsed; condensed; boxed_in; claustrophobic; thin_stereo; inward; "
        "shrunk shrink; pinpoint; single_point; contracted; enclosed; middle; converged; unspread; "
        "narrowest; drawn_in; slimmed; limited_width; pulled_in",
    ),
    _pole(
        "reverb",
        1,
        "wet wetter wetness; reverberant reverberating; reverb reverberation reverby; space spacey; roomy "
        "roomier; spacious spaciousness; ambient ambience; distant distance; washed_out washy; atmospheric "
        "atmosphere; dreamy dream; ethereal; far_away faraway; drenched; hall; room_sound; floating; "
        "soaked; remote; haunting haunted; ghostly; soaking; celestial; heavenly; cosmic; otherworldly; "
        "underwater; swimming; drowned drown; watery_reverb; moist; splashy; misty_reverb; flooded; "
        "submerged_in_reverb; angelic; mystical; surreal; dreamlike; galactic; afar; outer_space; "
        "hypnotic; wash; damp; sopping",
    ),
    _pole(
        "reverb",
        -1,
        "dry drier dryer dryness driest; close closer closest; intimate intimacy; dead deadened; direct; "
        "anechoic; near nearer; bone_dry; close_miked; immediate immediacy; arid; parched; nearby; dried; "
        "personal; desert; up_close; closely; dehydrated; desiccated; proximate; adjacent; "
        "whispering_in_my_ear; face_to_face; next_to_me; damped dampened; reverbless; spaceless; "
        "waterless; absorbed; private; close_up; nearest; dusty_dry; thirsty; drought",
    ),
    _pole(
        "echo",
        1,
        "echo echoes echoing echoey echoed echos; delay delays delayed; repeats repeating repeated; slapback "
        "slap_back; ping_pong; dub dubby; bouncing bounce; repetition repetitions; tape_delay; tape_echo; "
        "ricochet; call_back; reflections; recurrent; canyon; yodel; copies; echoic; echo_chamber; "
        "delayed_repeats",
    ),
    _pole(
        "density",
        1,
        "compressed compression compressor compress; dense denser density; squashed squash; controlled "
        "control; glued glue; squeezed squeeze; even evenness; steady steadier; levelled leveled; crushed "
        "crush; solid; consistent consistency; packed; limited; constant; uniform uniformity; compacted; "
        "stable stability; smashed; flattened flatten; pumping; cohesive; constrained; dense_mix; "
        "brickwalled; thickly_packed; crammed; regular; steadfast; firm; rigid; pressed; jammed; "
        "tight_dynamics; unvarying; contained; regulated; restrained; disciplined; pumped",
    ),
    _pole(
        "density",
        -1,
        "dynamic dynamics; uncompressed; breathing breathe breath; natural naturally; loose looser; "
        "uncontrolled; expressive expression; free freer; organic; unprocessed; lively; raw; "
        "unrestrained; untamed; unconstrained; alive; wild; unlimited; fluctuating; varied; flexible; "
        "uneven; changing; live; spontaneous; unsquashed; untreated; unfiltered; authentic; "
        "uncontrollable; relaxed_dynamics; swinging; elastic; variable; acoustic; liberated; unfettered; "
        "unruly; realistic; open_dynamics",
    ),
    _pole(
        "punch",
        1,
        "punchy punchier punch punching; snappy snap snappier; attack; hard_hitting; transients; "
        "percussive; impact impactful; slamming slam; explosive explosion; cracking crack; hitting hit; "
        "smacking smack; energetic energy; powerful power; banging bang; kicking; pounding pound; "
        "striking strike; thumping "
        "thump; forceful force; hammering hammer; whacking whack; knocking knock; driving; popping pop; "
        "beating; cracking; aggressive_attack; dynamite; thwack; fighting; boxing; stomping stomp; "
        "slapping; jabbing; muscular; vigorous; crashing; rhythmic; groovy",
    ),
    _pole(
        "punch",
        -1,
        "flabby; spongy sponge; mushy mush; blunt blunted; limp; lazy lazier; squishy; sluggish; "
        "lifeless; soft_hitting; toothless; lethargic; soggy; wimpy; listless; sleepy; flaccid; slack; "
        "sloppy; tired; droopy; slow; wobbly; feckless; pillowy pillow; cushioned cushion; padded; saggy; "
        "impotent; drowsy; weary; inert; unenergetic; powerless; idle; soft_transients; flat",
    ),
    _pole(
        "level",
        1,
        "loud louder loudest loudness; up_front upfront; front; forward; prominent prominence; dominant "
        "dominate; turned_up; boosted boost; featured; audible; raised raise; in_front; higher; volume; "
        "on_top; in_your_face; highlighted; emphasized emphasize; noticeable; leading; foremost; "
        "amplified amplify; elevated; pushed_up; pronounced; stronger; accentuated; bigger; center_stage; "
        "spotlight; conspicuous; cranked; forefront; blasting; deafening; noisy; stand_out; obvious; "
        "increased increase; turn_up; bring_up; lift; push; sticking_out; showcase; above",
    ),
    _pole(
        "level",
        -1,
        "quiet quieter quietest quietly; soft softly; turned_down; buried; back; background; lower; "
        "tucked; tucked_in; hidden; behind; faint fainter; softer; lowered; further_back; reduced reduce; "
        "in_the_back; submerged; silent; hushed; quieted; diminished; backgrounded; subtle; under; "
        "beneath; inaudible; lessened; whispered whisper; decreased decrease; minimized; turn_down; "
        "bring_down; sunken; unobtrusive; inconspicuous; underneath; pushed_back; attenuated; suppressed; "
        "recede receding; barely_audible; ducked; backed_off; low; below; unheard; concealed",
    ),
    _pole(
        "position",
        1,
        "right; to_the_right; right_side; on_the_right; right_hand",
    ),
    _pole(
        "position",
        -1,
        "left; to_the_left; left_side; on_the_left; left_hand",
    ),
    _pole(
        "room",
        1,
        "long_reverb; big_room; huge_room; large_hall; long_tail; cavernous cavern; cathedral; church; "
        "stadium; endless_reverb; vast; arena; cave; basilica; big_reverb; huge_reverb; large_reverb; "
        "longer_reverb; longer_tail; giant_hall",
    ),
    _pole(
        "room",
        -1,
        "short_reverb; small_room; tiny_room; closet; booth; short_tail; boxy_room; cupboard; bedroom; "
        "small_reverb; tiny_reverb; shorter_reverb; shorter_tail; tight_reverb",
    ),
    _pole(
        "air",
        1,
        "bright_reverb; shiny_reverb; airy_reverb; brighter_reverb; sparkling_reverb; crisp_reverb",
    ),
    _pole(
        "air",
        -1,
        "dark_reverb; dull_reverb; darker_reverb; muffled_reverb; warm_reverb; murky_reverb",
    ),
)
"""All words, by what they are about."""
