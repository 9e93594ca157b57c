"""Words whose meaning depends on their neighbours, as tables that a person can read and extend.

*Black* is a colour of hair before *bob*, of skin before *man* and of nothing before *hat*; *long*
is a length of hair before *curls* and of nothing before *coat*; *no* denies what follows as far as
the clause goes. :mod:`mien.text.clauses` holds the rules that use these tables.

Phrases are in lower case without hyphens and separated by commas or, where all are single words,
by spaces.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


HAIR_COLOURS: dict[str, str] = {
    "black": "black, ebony, jet, raven, jet black, blue black, coal black, dark, inky, darkest",
    "brown": "brown, chestnut, brunette, brownish, mousy, chocolate, hazel, reddish brown, mocha,"
    " red brown, ginger brown, ash brown, golden brown, copper brown, light brown, dark brown,"
    " auburn brown, tawny, caramel, umber, brown black",
    "blonde": "blonde, blond, golden, fair, flaxen, yellow, platinum, sandy, blondish, honey,"
    " wheat,"
    " strawberry blonde, strawberry blond, dirty blonde, dirty blond, dark blonde, dark blond,"
    " ash blonde, ash blond, platinum blonde, platinum blond, silver blonde, bleached, yellowish,"
    " reddish blond, reddish blonde, ginger blonde, straw colored, lemon yellow, gold, white blond",
    "red": "red, ginger, auburn, copper, redhead, redheaded, coppery, reddish, crimson, scarlet,"
    " burgundy,"
    " maroon, titian, copper red, strawberry red, carrot red, rust, russet, hennaed,"
    " cherry red, ruby, fiery red, flaming red",
    "orange": "orange, orange red, red orange, carrot, tangerine, carroty, copper orange, apricot,"
    " peach, flaming orange red, fiery orange",
    "gray": "gray, grey, silver, silvery, grayish, greyish, graying, greying, salt and pepper,"
    " silver gray, silver grey, ash gray, iron gray, steel gray, platinum gray, grizzled, ashen,"
    " gunmetal, pepper and salt",
    "white": "white, snowy, snow white, silver white, white gray, whitish, platinum white, milky,"
    " pure white, ivory",
    "blue": "blue, teal, turquoise, navy, cyan, azure, cobalt, bluish, aqua, indigo, sapphire,"
    " royal"
    " blue, blue silver, ice blue, blue gray, periwinkle, blue green, teal blue, electric blue",
    "green": "green, emerald, mint, lime, greenish, mint green, teal green, olive green, neon"
    " green,"
    " yellow green, gray green, emerald green",
    "purple": "purple, violet, lavender, lilac, plum, mauve, plum purple, purplish, amethyst,"
    " lavender blue, pink purple, violet blue",
    "pink": "pink, magenta, fuchsia, rose, pinkish, hot pink, rose gold, pink red, reddish pink,"
    " salmon, bubblegum",
}
"""Hair colour -> the words for it, when they belong to a noun of hair.

*Dark* hair is black four times in five in the written captions, else brown.
"""

HAIR_ONLY: frozenset[str] = frozenset(
    {"blonde", "blond", "ginger", "redhead", "auburn", "redheaded", "flaxen"}
)
"""Colours that before a person mean the hair: *a blonde woman*; the others mean skin or nothing."""

SKIN_COLOURS: dict[str, str] = {
    "dark": "black, dark, ebony, dark brown, deep brown, very dark",
    "tan": "brown, tan, tanned, bronze, caramel, bronzed, golden brown, sun browned, tawny",
    "medium": "olive, medium, light brown, beige, honey, medium toned",
    "light": "white, pale, fair, light, ivory, porcelain, rosy, ruddy, creamy, milky, pinkish",
}
"""Skin -> the words for it, when they belong to *skin*, *complexion* or (some) to a person."""

SKIN_OF_PERSON: frozenset[str] = frozenset(
    {"black", "white", "brown", "tan", "tanned", "pale", "fair", "ebony", "olive", "bronze"}
)
"""Skin words that may stand straight before a person: *a pale woman*, *a Black man*."""

LENGTHS: dict[str, str] = {
    "short": "short, shortish, cropped, trimmed",
    "medium": "medium, midlength",
    "long": "long, longish, flowing, lengthy, waist length",
}
"""Hair length -> the words for it, when they belong to a noun of hair."""

TEXTURES: dict[str, str] = {
    "straight": "straight, flat, lank, straightened, sleek, slicked, spiky, slick",
    "wavy": "wavy, waved, tousled, shaggy, windblown, windswept, rippling",
    "curly": "curly, curled, frizzy, coiled, coily, kinky, ringleted, curling",
    "tied": "tied, knotted, pinned, ponytailed",
    "braided": "braided, plaited, cornrowed",
}
"""Hair texture -> the words for it, when they belong to a noun of hair."""

WEAK_TEXTURES: frozenset[str] = frozenset(
    {"tousled", "shaggy", "windblown", "windswept", "sleek", "slicked", "spiky", "slick", "flat"}
)
"""Textures that yield to a stronger word: *spiky curls* are curly."""

HAIR_NOUNS: frozenset[str] = _words(
    "hair haired hairs curls bob braids braid bun buns ponytail ponytails pigtails afro"
    " dreadlocks dreads locs locks twists waves mane mohawk pixie quiff undercut fringe bangs updo"
    " crop mop buzz haircut hairstyle hairdo ringlets ringlet coils cornrows topknot plaits"
    " plait fade tuft tufts fuzz spikes mullet tresses cut stubs flattop pompadour plume head"
    " headed perm wisps knot"
)
"""Nouns of hair: what a colour, length or texture must belong to."""

FACE_HAIR_NOUNS: frozenset[str] = _words(
    "beard beards bearded mustache moustache goatee stubble whiskers sideburns scruff mustached"
    " eyebrows eyebrow brows browed brow lashes eyelashes"
)
"""Nouns of other hair, which take a colour without giving it to the head."""

PERSON_NOUNS: frozenset[str] = _words(
    "woman man girl boy person newborn someone lady guy gentleman kid child baby toddler teen"
    " teenager infant"
    " adolescent male female youth people individual face grandmother grandfather grandma grandpa"
    " women men dude lad fellow student hipster cowboy model adult businessman businesswoman elder"
    " senior"
)
"""Nouns of people: what a colour of skin may belong to."""

SKIN_NOUNS: frozenset[str] = _words("skin skinned complexion complexioned complected toned tone")
"""Nouns of skin."""

EXPRESSION_NOUNS: frozenset[str] = _words(
    "smile smiles grin grins smirk laugh frown frowns scowl scowls pout glare tears"
)
"""Nouns among the words of expression, which take a colour: *a bright white smile*."""

FILLERS: frozenset[str] = _words(
    "thick thin messy bright light pale deep dyed shiny glossy silky very natural neon fine fluffy"
    " neat untidy wild big little pastel vivid rich warm cool faded soft smooth slicked swept back"
    " combed side parted styled layered choppy blunt wispy full voluminous loose tight tightly"
    " neatly gently loosely slightly mostly all brightly naturally bleached tinted ish streaky"
    " frizzy unruly shiny lustrous cropped close closely patchy sparse receding thinning bushy"
    " trimmed well groomed scruffy huge massive tall high low small tiny large dirty hot royal"
    " electric icy ice flaming fiery bowl pixie buzz crew top wet looking gelled feathered old"
    " young elderly middle aged older teenage teen asian indian handsome beautiful pretty cute"
    " chubby slim lean skinny heavyset stocky burly freckled bearded smiling serious sad happy"
    " angry"
    " worried laughing attractive elegant striking bald american mature stern cheerful bold"
    " friendly"
    " fresh clean shaven surprised delicate strong rugged weathered wrinkled short long shoulder"
    " length chin jaw curly straight wavy curled braided tied spiky sleek tousled shaggy windblown"
    " asymmetrical bouncy cascading glowing golden textured two colored coloured coiffed cornrowed"
    " perfect gorgeous lovely"
)
"""Adjectives that may stand between a colour and its noun without taking it."""

LINKS: frozenset[str] = _words(
    "is are was looks look worn cut dyed colored coloured in turned turning bleached a the of very"
    " mostly completely almost has been gone going all as bright fiery still kept styled really"
    " quite rather shade colour color and or"
)
"""Words that may stand between a noun of hair and what is said of it: *her hair is quite red*."""

PREPOSITIONS: frozenset[str] = _words(
    "to from on at by for over into onto behind around through his her their its my your who that"
    " this these those one holding"
)
"""Words that end the noun phrase that an adjective stands in."""

NOT_MAIN: frozenset[str] = _words(
    "tips tipped roots streaks streaked highlights highlighted ends strands strand stripe streak"
    " flower flowers ribbon ribbons band clip bow accessory accessories extensions beads"
)
"""What takes a colour away from the hair it stands beside: *orange-tipped curls*."""

NEGATORS: frozenset[str] = _words(
    "no not without never nor neither lacks lacking lack sans minus cannot cant dont doesnt isnt"
    " hasnt havent wasnt arent didnt"
)
"""Words that deny what follows; so does every word on *n't*."""

NOT_NEGATORS: tuple[str, ...] = (
    "not only",
    "not just",
    "not without",
    "no doubt",
    "no matter",
    "no less",
    "nothing but",
    "no other",
)
"""Phrases with a negator that deny nothing."""

SCOPE_ENDS: frozenset[str] = _words(
    "but with in wearing wears has have having while who however although though yet except instead"
    " he she they is are showing looking sporting against under beside near at"
)
"""Words that end the reach of a negator once it has denied something."""

NUMBER_AGES: tuple[tuple[int, str], ...] = (
    (2, "baby"),
    (12, "child"),
    (19, "teen"),
    (35, "young"),
    (59, "middle"),
    (130, "old"),
)
"""Highest number of years -> age, for *a 7-year-old girl*."""

OPPOSITE: dict[str, str] = {
    "gender=f": "gender=m",
    "gender=m": "gender=f",
    "glasses=glasses": "glasses=none",
    "headwear=hat": "headwear=none",
    "bangs=1": "bangs=0",
    "bangs=0": "bangs=1",
    "mouth=open": "mouth=closed",
    "mouth=closed": "mouth=open",
    "eyes=open": "eyes=closed",
    "eyes=closed": "eyes=open",
    "makeup=1": "makeup=0",
    "makeup=0": "makeup=1",
    "earrings=1": "earrings=0",
    "earrings=0": "earrings=1",
}
"""What a denied label asserts; every other label, denied, only leaves its column open for the rest.

Only where a column has two values, or where the word is also the general one: *no glasses* are no
sunglasses either, *no sunglasses* may be glasses.
"""
