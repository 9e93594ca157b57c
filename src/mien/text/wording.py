"""How people word each attribute: the terminal symbols of the grammar in :mod:`mien.text.captions`.

The words were learnt from captions that people would write of these faces; each is one that
:mod:`mien.text.reader` understands in the same sense. Alternatives are separated by commas and
equally likely; write one twice to make it twice as likely.
"""

from __future__ import annotations

PEOPLE: dict[tuple[str, str], str] = {
    ("f", ""): "woman, woman, lady, female, woman",
    ("m", ""): "man, man, guy, gentleman, man",
    ("f", "baby"): "baby girl, infant girl, baby girl",
    ("m", "baby"): "baby boy, infant boy, baby boy",
    ("f", "child"): "little girl, young girl, small girl",
    ("m", "child"): "little boy, young boy, small boy",
    ("f", "teen"): "teenage girl, teen girl, adolescent girl",
    ("m", "teen"): "teenage boy, teen boy, adolescent boy",
    ("f", "young"): "young woman, young woman, young lady, woman in her twenties",
    ("m", "young"): "young man, young man, young guy, man in his twenties",
    ("f", "middle"): "middle-aged woman, mature woman, woman in her forties, woman in her fifties",
    ("m", "middle"): "middle-aged man, mature man, man in his forties, man in his fifties",
    ("f", "old"): "old woman, elderly woman, older woman, elderly lady, grandmother",
    ("m", "old"): "old man, elderly man, older man, elderly gentleman, grandfather",
    ("", "baby"): "baby, infant, newborn",
    ("", "child"): "child, kid, toddler, little kid",
    ("", "teen"): "teenager, teen, adolescent",
    ("", "young"): "young person, young adult, person in their twenties",
    ("", "middle"): "middle-aged person, person in their forties, middle-aged adult",
    ("", "old"): "old person, elderly person, elder, person in their seventies",
    ("", ""): "person, person, face",
}
"""(gender, age) as far as they are mentioned -> the person; empty: not mentioned."""

MINORS: dict[str, str] = {"f": "girl", "m": "boy"}
"""Gender of a baby, child or teenager whose age is not mentioned -> the person."""

PRONOUNS: dict[str, tuple[str, str]] = {
    "f": ("she", "her"),
    "m": ("he", "his"),
    "": ("the person", "the"),
}
"""Gender, if mentioned -> subject and possessive of the second sentence."""

SKIN_BEFORE: dict[str, str] = {
    "light": "pale, fair-skinned, light-skinned",
    "medium": "olive-skinned, olive-skinned",
    "tan": "tan, tanned, brown-skinned",
    "dark": "Black, Black, dark-skinned, dark-skinned",
}
"""Skin -> an adjective before the person."""

SKIN_WITH: dict[str, str] = {
    "light": "fair skin, pale skin, light skin",
    "medium": "olive skin, a medium skin tone, light brown skin",
    "tan": "tan skin, tanned skin, brown skin",
    "dark": "dark skin, a dark complexion, black skin",
}
"""Skin -> what the person is *with*."""

COLOURS: dict[str, str] = {
    "black": "black, black, jet-black, dark",
    "brown": "brown, brown, dark brown, light brown, chestnut",
    "blonde": "blonde, blond, golden blonde, platinum blonde",
    "red": "red, red, ginger, auburn",
    "orange": "orange, bright orange, copper orange",
    "gray": "gray, grey, silver, graying",
    "white": "white, snow-white, pure white",
    "blue": "blue, bright blue, dyed blue",
    "green": "green, bright green, mint green",
    "purple": "purple, violet, lavender",
    "pink": "pink, bright pink, pastel pink",
}
"""Hair colour -> the adjective."""

LENGTHS: dict[str, str] = {
    "short": "short, short, very short, short-cropped",
    "medium": "medium-length, shoulder-length, chin-length",
    "long": "long, long, very long",
}
"""Hair length -> the adjective."""

TEXTURES: dict[str, tuple[str, str, str]] = {
    "straight": ("straight, straight", "hair, hair", ""),
    "wavy": ("wavy, wavy", "hair, hair, waves", ""),
    "curly": ("curly, curly", "hair, hair, curls", ""),
    "afro": ("", "afro, afro hair", ""),
    "braided": ("", "braids, dreadlocks, cornrows, braided hair", ""),
    "tied": ("", "hair", "tied back, in a ponytail, in a bun, pulled back, tied up"),
}
"""Hair texture -> adjective, noun, and what follows the noun."""

NO_HAIR: dict[str, str] = {
    "bald": "bald head, no hair",
    "hidden": "hair hidden, covered hair, hair tucked out of sight, hidden hair",
    "na": "no visible hair, no hair to be seen",
}
"""What is said of hair that is not there or not seen."""

THINGS: dict[str, dict[str, str]] = {
    "bangs": {
        "1": "bangs, a fringe, bangs, wispy bangs",
        "0": "no bangs, no fringe",
    },
    "facial_hair": {
        "none": "no facial hair, no beard or mustache",
        "stubble": "stubble, light stubble, a five o'clock shadow",
        "goatee": "a goatee, a small goatee, a mustache and goatee",
        "mustache": "a mustache, a thick mustache, a moustache",
        "beard": "a beard, a full beard, a thick beard, a bushy beard",
    },
}
"""Column -> value -> what the face is *with*."""

WORN: dict[str, dict[str, str]] = {
    "glasses": {
        "glasses": "glasses, glasses, spectacles, eyeglasses, round glasses",
        "sunglasses": "sunglasses, sunglasses, dark sunglasses, aviator sunglasses, shades",
    },
    "headwear": {
        "hat": "a hat, a wide hat, a beanie, a straw hat, a fedora",
        "cap": "a cap, a baseball cap, a snapback cap",
        "headband": "a headband, a bandana, a wide headband",
        "scarf": "a headscarf, a head wrap, a headscarf",
        "hood": "a hood, a hood",
        "crown": "a crown, a tiara, a golden crown",
        "other": "headphones, a headdress, a feathered headdress",
    },
    "earrings": {"1": "earrings, earrings, hoop earrings, dangling earrings"},
    "makeup": {"1": "makeup, lipstick, red lipstick, eyeliner"},
}
"""Column -> value -> what the person is *wearing*."""

NOT_WORN: dict[str, str] = {
    "glasses": "glasses",
    "headwear": "a hat",
    "earrings": "earrings",
    "makeup": "makeup",
    "facial_hair": "facial hair",
    "bangs": "bangs",
}
"""Column -> what is denied by *no* or *without* when its value is absence."""

DOING: dict[str, dict[str, str]] = {
    "expression": {
        "neutral": "looking serious, looking calm, with a neutral expression, with a blank face",
        "smile": "smiling, smiling gently, with a smile, smiling warmly, with a gentle smile",
        "laugh": "laughing, laughing happily, laughing out loud",
        "sad": "looking sad, with a sad expression, looking unhappy, looking upset",
        "angry": "looking angry, with an angry stare, scowling, glaring",
        "surprised": "looking surprised, with a shocked expression, looking astonished",
        "other": "making a face, with a funny face, with an odd expression",
    },
    "mouth": {
        "open": "with an open mouth, lips parted, mouth open, with parted lips",
        "closed": "with a closed mouth, lips closed, mouth closed, with closed lips",
    },
    "eyes": {
        "open": "eyes open, with open eyes, with eyes wide open",
        "closed": "eyes closed, with closed eyes, eyes shut",
    },
    "pose": {
        "front": "facing the camera, looking straight ahead, seen from the front",
        "left": "looking left, turned to the left, facing left",
        "right": "looking right, turned to the right, facing right",
        "profile": "in profile, seen from the side, in side view",
        "down": "head lowered, with head bowed, head down",
        "up": "looking upward, gazing upward, with head tilted back",
    },
}
"""Column -> value -> what the person is doing, after a comma."""

BEFORE: dict[str, dict[str, str]] = {
    "expression": {
        "neutral": "serious, calm, solemn, stern",
        "smile": "smiling, cheerful, happy, joyful",
        "laugh": "laughing, laughing",
        "sad": "sad, sorrowful, unhappy",
        "angry": "angry, furious, scowling",
        "surprised": "surprised, astonished, startled",
    },
    "facial_hair": {"beard": "bearded, bearded", "none": "clean-shaven, clean-shaven"},
    "hair_length": {"bald": "bald, bald"},
}
"""Column -> value -> an adjective before the person, in the order of this table."""

OPENERS: tuple[tuple[int, str], ...] = (
    (24, ""),
    (2, "portrait of"),
    (2, "photo of"),
    (1, "close-up of"),
    (1, "a picture of"),
    (1, "a photo of"),
    (1, "headshot of"),
    (1, "the face of"),
    (1, "a portrait of"),
)
"""Weight and words before the first noun phrase."""

MENTION: dict[str, tuple[float, float]] = {
    "gender": (0.97, 0.97),
    "age": (0.75, 0.75),
    "skin": (0.3, 0.3),
    "hair_color": (0.8, 0.8),
    "hair_length": (0.5, 0.5),
    "hair_texture": (0.5, 0.5),
    "bangs": (0.5, 0.05),
    "facial_hair": (0.9, 0.15),
    "glasses": (0.95, 0.08),
    "headwear": (0.95, 0.06),
    "expression": (0.75, 0.35),
    "mouth": (0.2, 0.06),
    "eyes": (0.85, 0.04),
    "makeup": (0.6, 0.04),
    "earrings": (0.6, 0.04),
    "pose": (0.5, 0.05),
}
"""Column -> how often it is mentioned when its value is remarkable, and when it is not."""

UNREMARKABLE: frozenset[str] = frozenset(
    {
        "bangs=0",
        "facial_hair=none",
        "glasses=none",
        "headwear=none",
        "expression=neutral",
        "mouth=closed",
        "eyes=open",
        "makeup=0",
        "earrings=0",
        "pose=front",
    }
)
"""Labels that people rarely mention."""
