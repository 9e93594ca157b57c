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
    "medium": "medium, longish, midlength",
    "long": "long, flowing, lengthy, waist length",
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
    " headed perm wisps knot wig"
)
"""Nouns of hair: what a colour, length or texture must belong to."""

TEXTURES_ALONE: frozenset[str] = _words("curly wavy")
"""Textures that are of hair even where no noun stands: *a woman, curly, smiling*."""

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
    " senior somebody human faces folk folks teens teenagers kids babies toddlers"
    " doctor nurse farmer fisherman soldier teacher singer sailor worker dancer chef athlete"
    " professor scientist musician rapper surfer hiker speaker politician official officer"
    " policeman bride groom clown punk hippie nun monk priest pirate queen king prince princess"
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

DECADES: dict[str, tuple[str, str, str, str]] = {
    "teens": ("teen", "teen", "teen", "teen"),
    "twenties": ("young", "young", "young", "young"),
    "thirties": ("young", "young", "young", "middle"),
    "forties": ("middle", "middle", "middle", "middle"),
    "fifties": ("middle", "middle", "middle", "middle"),
    "sixties": ("old", "old", "old", "old"),
    "seventies": ("old", "old", "old", "old"),
    "eighties": ("old", "old", "old", "old"),
    "nineties": ("old", "old", "old", "old"),
}
"""Decade of a life -> age for *in her ...*, *in her early ...*, *mid*, *late*."""

NUMBER_WORDS: dict[str, int] = {
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
    "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30,
    "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9,
}  # fmt: skip
"""Numbers in words; *forty-five* is two of them."""

ABOUT: frozenset[str] = _words(
    "of around about near nearly over past almost perhaps maybe approximately circa roughly barely"
    " under approaching"
)
"""Words before a number that is an age without *year*: *a woman of fifty*."""

PARTS: frozenset[str] = _words(
    "eyes eye eyed lips lip mouth nose cheeks cheek cheekbones chin jaw jawline forehead ears ear"
    " brow brows eyebrows eyebrow face faced lashes eyelashes teeth neck eyelids lids hairline"
    " features beard eyelid head skin complexion hair haired skinned expression look gaze stare"
    " collar shirt background sweater jacket coat backdrop"
)
"""Nouns that say nothing alone, but carry what is said of them: *blue eyes*, *a red shirt*."""

MUTE: frozenset[str] = _words(
    "a an the this that these those some any one of on in at to from by for with without within as"
    " into onto over under above below behind before after between through about around against"
    " beside near towards toward up down out off back and or nor but yet so if than then while"
    " though although however except instead too also both either neither is are was were be been"
    " being am isnt arent wasnt has have had having hasnt havent does do did doesnt dont didnt can"
    " cannot cant could may might will would should not no never lacks lacking lack sans minus n't"
    " who whom whose which what where when there here it its he she they them him her his hers"
    " their theirs my your our i me you we us mine himself herself wearing wears worn wear dressed"
    " sporting showing shows shown show looking looks look seen see appears appearing appear"
    " seeming seems seem featuring features carrying having gets got getting keeps kept turned"
    " turning turns facing faces gazing glancing staring posing poses posed pointing set cut styled"
    " style colored coloured color colour shade tone toned like such very really quite rather"
    " slightly slight somewhat fairly so extremely completely entirely totally fully almost nearly"
    " mostly partly just only even still all bit little kind sort type ish very-much much more most"
    " less least same other another each every please draw make create generate give want need"
    " paint render imagine show picture pictures photo photos photograph photography image portrait"
    " portraits headshot head-shot close closeup shot selfie snapshot mugshot drawing painting"
    " view front person people someone somebody individual face faces human character figure model"
    " adult subject looks year years yr yrs yo aged age old-fashioned his'n her'n next else well"
    " man's woman's part parts wide half straight camera lens viewer observer ahead forward"
    " way side sides direction own self hand visible faint faintly brightly natural naturally"
    " full head hair skin expression beard etc per via s t d ll re ve m says say let lets want"
    " combed brushed styled worn falling hanging framing flowing left right directly"
)
"""Words that carry nothing about a face, or nothing beside the words that were read."""

WEARABLE = (
    "glasses=",
    "headwear=",
    "facial_hair=",
    "makeup=",
    "earrings=",
    "expression=",
    "bangs=",
)
"""What a phrase must say to be a noun of which something may be said: *red lipstick*."""
