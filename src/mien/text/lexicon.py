"""The words by which people describe a face, as tables that a person can read and extend.

Here stand the phrases that mean something wherever they stand; words whose meaning depends on the
noun that they belong to are in :mod:`mien.text.wordclasses`. The left cell of a row is what its
phrases say, in a notation of four marks: ``column=value`` asserts, ``!column=value`` denies, a
trailing ``?`` makes it an implication that yields to anything said outright (``laughing`` implies
an open mouth), an empty cell swallows the phrase (``hooded eyes`` is no hood). The longest phrase
wins.

Phrases are in lower case without hyphens (a hyphen counts as a space) and separated by commas.
Where a word is used loosely, it says what written captions of the training part meant by it most of
the time, and says nothing if no value reaches a clear majority: *frowning* is sad as often as
angry, so it only denies a smile.
"""

from __future__ import annotations

SAYS: tuple[tuple[str, str], ...] = (
    # People: gender, and age where the noun carries one.
    ("gender=f !age=baby? !age=child?", "woman, lady, ladies, women, businesswoman, housewife"),
    ("gender=f", "female, feminine, actress, queen, princess, cowgirl, herself, beauty, wife"),
    (
        "gender=f",
        "mother, mom, mum, sister, daughter, waitress, nun, bride, duchess, girlfriend, aunt",
    ),
    ("gender=f? hair_color=brown?", "brunette"),
    ("gender=f !age=middle? !age=old?", "girl, gal, girls"),
    ("gender=m !age=baby? !age=child?", "man, guy, gentleman, men, dude, businessman, bloke, chap"),
    ("gender=m", "male, masculine, actor, king, prince, cowboy, himself, father, dad, brother"),
    (
        "gender=m",
        "son, husband, monk, groom, hipster, biker, lad, fellow, uncle, skinhead, viking",
    ),
    ("gender=m age=child? !age=middle? !age=old?", "boy, boys"),
    ("gender=m", "boyfriend"),
    ("gender=f?", "she, her, hers"),
    ("gender=m?", "he, his, him"),
    ("gender=f age=baby", "baby girl, infant girl, newborn girl, girl baby"),
    ("gender=m age=baby", "baby boy, infant boy, newborn boy, boy baby"),
    ("age=baby", "baby, infant, newborn, babies"),
    ("age=child", "child, kid, toddler, preschooler, schoolchild, children"),
    ("gender=f age=child", "schoolgirl, girl child"),
    ("gender=m age=child", "schoolboy, boy child"),
    ("age=teen", "teenager, teenage, teenaged, teen, adolescent, teens, high schooler"),
    ("age=young", "young, youthful, twenty something, thirty something, student, young adult"),
    ("age=young", "youth"),
    ("age=young", "in her twenties, in his twenties, in their twenties, in the twenties"),
    ("age=young", "in her early thirties, in his early thirties, in her thirties, in his thirties"),
    ("age=middle", "middle aged, middle age, mature, in her forties, in his forties, midlife"),
    ("age=middle", "in her fifties, in his fifties, in their forties, in their fifties"),
    ("age=old", "old, older, elderly, elder, aged, senior, ancient, grandmotherly, grandfatherly"),
    ("age=old", "in her sixties, in his sixties, in her seventies, in his seventies, pensioner"),
    ("age=old", "in her eighties, in his eighties, in their sixties, in their seventies, retiree"),
    ("gender=f age=old", "grandmother, grandma, granny, old lady, elderly lady, older lady"),
    ("gender=m age=old", "grandfather, grandpa, granddad"),
    ("!age=baby !age=child !age=teen !age=young", "wrinkled, wrinkles, wrinkly"),
    ("", "old fashioned, old photo, old photograph, old picture, old film, old hat, old style"),
    ("", "old jacket, old coat, old painting, old wall, young at heart, man made"),
    ("", "baby blue, baby pink, baby face, baby faced, baby fat"),
    ("", "black and white, light brown eyes, girl next door, boy next door"),
    # Skin, where the word is never a colour of something else; more in SKIN_COLOURS.
    ("skin=dark", "african, african american, afro american, dark complexion, black person"),
    ("skin=dark", "person of african descent, nigerian, ethiopian, sudanese, kenyan"),
    ("skin=tan", "indian, south asian, sunburned, suntanned, sun tanned, sun kissed, tanned"),
    ("skin=tan", "sunburnt, sun browned"),
    ("hair_color=red", "redhead, redheads"),
    ("skin=tan", "native american, american indian, arab, pakistani, sri lankan, bengali"),
    ("skin=light", "caucasian, fair complexion, pale complexion, european, scandinavian, nordic"),
    ("skin=medium", "olive complexion, medium complexion, light brown complexion"),
    ("!skin=dark?", "asian, east asian, chinese, japanese, korean"),
    # Hair: colour, length and texture that need no noun; more in the word classes below.
    ("hair_length=bald hair_color=none hair_texture=na", "bald, bald headed, hairless, no hair"),
    (
        "hair_length=bald hair_color=none hair_texture=na",
        "completely bald, bald head, without hair",
    ),
    ("!hair_length=medium !hair_length=long", "shaved head, shaven head, head shaved, balding"),
    ("!hair_length=medium !hair_length=long", "almost bald, nearly bald, bald ish, bald on top"),
    (
        "!hair_length=medium !hair_length=long",
        "receding, receding hairline, thinning hair, mostly bald",
    ),
    (
        "hair_color=hidden hair_length=hidden hair_texture=na",
        "hair hidden, hair covered, hidden hair",
    ),
    (
        "hair_color=hidden hair_length=hidden hair_texture=na",
        "covered hair, hair tucked out of sight",
    ),
    ("hair_color=hidden hair_length=hidden hair_texture=na", "hair is hidden, hair is covered"),
    ("hair_texture=na", "no hair visible, no visible hair, no hair to be seen, hair not visible"),
    ("hair_texture=na", "hair out of view"),
    (
        "hair_length=short",
        "pixie cut, pixie, buzz cut, buzzed, crew cut, close cropped, cropped hair",
    ),
    ("hair_length=short", "undercut, quiff, mohawk, crop, fade, flat top, buzzed hair"),
    ("hair_length=medium", "shoulder length, medium length, chin length, jaw length, lob"),
    ("hair_length=medium", "mid length, neck length, collar length"),
    ("hair_length=long", "waist length, hip length, long haired, hair down to her waist"),
    ("hair_length=short", "short haired, very short hair"),
    (
        "hair_texture=curly",
        "curls, ringlets, ringlet, curly haired, coils, coily, kinky, frizzy, perm",
    ),
    ("hair_texture=wavy", "waves, wavy haired, tousled waves, beachy waves"),
    ("hair_texture=straight", "straight haired, poker straight, sleek hair, straightened"),
    (
        "hair_texture=straight?",
        "bob, spiky, slicked, bowl cut, bowl haircut, sleek, pixie, buzz cut",
    ),
    ("hair_texture=afro", "afro, afros, afro hair, afro puffs, afro textured"),
    ("hair_texture=braided", "braids, braid, dreadlocks, dreads, locs, cornrows, plaits"),
    ("hair_texture=braided", "plait, dreadlocked, dreadlock, braided hair"),
    ("hair_texture=tied", "ponytail, pony tail, bun, updo, pigtails, topknot, top knot, man bun"),
    (
        "hair_texture=tied",
        "tied back, tied up, hair tied, pulled back, hair up, chignon, pinned up",
    ),
    ("hair_texture=tied", "hair in a knot, tied hair, tied behind, knotted hair, ponytails, buns"),
    ("bangs=1", "bangs, fringe, bowl cut, bowl haircut, fringed hair, wispy bangs"),
    ("bangs=0", "no bangs, no fringe, without bangs, without a fringe, bangless, bare forehead"),
    ("", "fringe of hair around, fringe of white hair, fringe of gray hair, braided crown"),
    ("headwear=headband", "bandana tied around"),
    ("", "scarf tied, curled mustache, flat top hat, crop top"),
    # Facial hair.
    ("facial_hair=beard", "beard, bearded, beards, full beard, whiskers, long beard"),
    (
        "facial_hair=goatee",
        "goatee, chin beard, tuft of chin beard, soul patch, goatee style beard",
    ),
    (
        "facial_hair=goatee",
        "van dyke, mustache and goatee, goatee and mustache, chin tuft, goateed",
    ),
    ("facial_hair=mustache", "mustache, moustache, mustached, moustached, mustachioed"),
    ("facial_hair=stubble", "stubble, stubbly, unshaven, five o'clock shadow, 5 o'clock shadow"),
    (
        "facial_hair=stubble",
        "scruffy, scruff, stubbly beard, stubbled, light scruff, designer stubble",
    ),
    ("facial_hair=none", "clean shaven, cleanshaven, beardless, smooth shaven, freshly shaven"),
    ("facial_hair=none", "no beard or mustache, no mustache or beard, no beard or moustache"),
    ("facial_hair=none", "smooth chin, hairless face, no beard, without a beard, without beard"),
    ("!facial_hair=none", "facial hair"),
    # Glasses.
    ("glasses=glasses", "glasses, eyeglasses, spectacles, specs, bespectacled, reading glasses"),
    ("glasses=glasses", "spectacled, rimless glasses, half moon glasses, eyewear, pince nez"),
    ("glasses=sunglasses", "sunglasses, shades, sunnies, aviators, aviator, wayfarers, wayfarer"),
    ("glasses=sunglasses", "sun glasses, mirrored glasses, tinted glasses, shaded glasses"),
    ("glasses=sunglasses", "dark sunglasses, black sunglasses, tinted lenses, dark lenses"),
    ("", "shades of, shades of gray, glasses of, glass of, wine glasses"),
    # Headwear.
    (
        "headwear=hat",
        "hat, hats, beanie, fedora, beret, sombrero, bowler, top hat, sun hat, sunhat",
    ),
    ("headwear=hat", "knit cap, knitted cap, wool cap, woolen cap, fur cap, helmet, stetson"),
    ("headwear=hat", "skullcap, bucket hat, straw hat, cowboy hat, panama, trilby, fez, bonnet"),
    ("headwear=cap", "cap, baseball cap, flat cap, newsboy cap, snapback, sun visor, visor, caps"),
    ("headwear=headband", "headband, head band, bandana, bandanna, hairband, sweatband, circlet"),
    ("headwear=headband", "beaded band, feathered band, alice band, bandana headband"),
    ("headwear=scarf", "headscarf, head scarf, hijab, turban, head wrap, headwrap, keffiyeh, veil"),
    (
        "headwear=scarf",
        "scarf over her hair, scarf over the hair, scarf around her head, shawl over",
    ),
    ("headwear=scarf", "scarf over her head, scarf on her head, scarf around his head, niqab"),
    ("headwear=scarf", "scarf over the head, head covering, head cloth, kerchief, babushka"),
    ("headwear=scarf", "scarf over his hair, scarf over his head, scarf over their hair"),
    ("headwear=hood", "hood, hooded, hood up, hoods, hooded jacket, cowl"),
    ("headwear=crown", "crown, tiara, diadem, golden crown, coronet"),
    (
        "headwear=other",
        "headphones, headdress, war bonnet, crown of roses, thorny crown, headpiece",
    ),
    ("headwear=other", "earphones over, feathers in, flower in, flowers in, thorn crown, mask on"),
    ("headwear=none", "bareheaded, bare headed, hatless, nothing on the head, nothing on her head"),
    ("headwear=none", "nothing on his head, uncovered head, no hat, without a hat, bare head"),
    ("headwear=none", "nothing on their head"),
    ("!headwear=none", "headwear, headgear"),
    ("", "hooded eyes, heavy hooded, hooded lids, crown of his head, crown of her head, hoodie"),
    ("", "cap of hair, ice cap, cap sleeves, braided crown of, feathered haircut, hat hair"),
    # Expression; neutral words yield to stronger ones (see reader.STRENGTH).
    ("expression=laugh mouth=open?", "laughing, laughs, laugh, giggling, giggles, chuckling"),
    ("expression=laugh mouth=open?", "cracking up, bursting with laughter, laughter, hearty laugh"),
    (
        "expression=smile",
        "smile, smiles, smiling, smirk, smirking, cheerful, happy, joyful, friendly",
    ),
    ("expression=smile", "happily, cheerfully, joyfully, smirks, contented, smiley, delighted"),
    ("expression=smile", "pleased, jolly, bubbly, joyous, blissful, merry, pleasant look"),
    (
        "expression=smile mouth=open?",
        "grin, grinning, grins, toothy, beaming, toothy smile, big smile",
    ),
    (
        "expression=smile mouth=open?",
        "broad smile, wide smile, huge smile, smiling widely, smiling broadly",
    ),
    ("expression=smile mouth=open?", "smiling with teeth, grinning widely, bright smile"),
    ("expression=neutral", "serious, stern, solemn, calm, neutral, blank, expressionless, deadpan"),
    ("expression=neutral", "unsmiling, no smile, not smiling, without smiling, without a smile"),
    (
        "expression=neutral",
        "impassive, stoic, composed, relaxed, serene, straight face, straight faced",
    ),
    (
        "expression=neutral",
        "thoughtful, pensive, thoughtfully, calmly, seriously, sternly, blankly",
    ),
    ("expression=neutral", "poker face, emotionless, unemotional, no expression, matter of fact"),
    ("expression=neutral", "without expression"),
    ("expression=neutral?", "confident, cool, peaceful, quiet, mild expression, soft expression"),
    ("expression=neutral?", "sceptical, skeptical, unimpressed, bored, deep in thought"),
    ("expression=neutral?", "intense, gentle expression, steady gaze, confused, puzzled"),
    ("expression=sad", "sad, sadly, sorrowful, gloomy, glum, unhappy, upset, crying, tearful, cry"),
    (
        "expression=sad",
        "sadness, mournful, mournfully, melancholy, melancholic, miserable, dejected",
    ),
    ("expression=sad", "teary, tears, grieving, downcast face, distressed, heartbroken, sulking"),
    ("expression=sad?", "worried, concerned, downturned lips, anxious, troubled, pained, sad eyes"),
    ("expression=sad?", "worriedly, worry, concern, sorrow"),
    ("expression=angry", "angry, angrily, furious, enraged, glaring, scowling, scowl, scowls, mad"),
    ("expression=angry", "rage, snarling, menacing, irate, anger, livid, glare, fuming, disgusted"),
    ("expression=angry", "disgust, raging"),
    ("expression=angry?", "fierce, fiercely, hostile, annoyed, displeased, irritated"),
    (
        "expression=angry mouth=open?",
        "yelling, shouting angrily, screaming angrily, baring his teeth",
    ),
    (
        "expression=surprised",
        "surprised, surprise, shocked, astonished, startled, amazed, astonishment",
    ),
    ("expression=surprised", "amazement, shock, stunned, astounded, alarmed, gasping, wonderment"),
    ("expression=surprised?", "in awe, terrified, frightened, scared, disbelief, awestruck"),
    ("expression=surprised?", "bewildered, in fear"),
    (
        "expression=other mouth=open?",
        "sticking out his tongue, sticking out her tongue, tongue out",
    ),
    (
        "expression=other mouth=open?",
        "sticking out its tongue, sticking out the tongue, tongue sticking out",
    ),
    (
        "expression=other mouth=open?",
        "sticking his tongue out, sticking her tongue out, tongue showing",
    ),
    (
        "expression=other mouth=open?",
        "tongue poking out, sticking out a tongue, poking out his tongue",
    ),
    ("expression=other mouth=open?", "sticking out their tongue, tongue hanging out"),
    ("expression=other? mouth=open?", "his tongue, her tongue, its tongue, their tongue"),
    (
        "expression=other",
        "grimace, grimacing, making a face, funny face, silly face, odd expression, pulling a face",
    ),
    (
        "expression=other",
        "strange expression, odd face, kissing, puckered lips, winking, goofy face",
    ),
    (
        "!expression=smile !expression=laugh",
        "frown, frowning, frowns, grumpy, pouting, pout, pouty",
    ),
    (
        "!expression=smile !expression=laugh",
        "grim, sulky, tense, tired, weary, brooding, furrowed brows, furrowed brow, sullen",
    ),
    ("", "smile lines, laugh lines, cool light, cool tones, cool blue light, mad hatter"),
    # Mouth.
    (
        "mouth=open",
        "mouth open, open mouth, open mouthed, mouth wide open, mouth a bit open, agape",
    ),
    ("mouth=open", "lips parted, parted lips, lips apart, mouth slightly open, mouth is open"),
    ("mouth=open", "lips slightly parted, slightly parted lips, mouth ajar, lips are parted"),
    (
        "mouth=open",
        "slightly open mouth, mouth half open, mouth a little open, mouth partly open, lips"
        " slightly apart, lips softly parted",
    ),
    (
        "mouth=open?",
        "jaw dropped, speaking, talking, screaming, shouting, singing, yawning, showing teeth",
    ),
    ("mouth=open?", "showing his teeth, showing her teeth, baring teeth, gasping, teeth showing"),
    (
        "mouth=closed",
        "mouth closed, closed mouth, lips closed, closed lips, mouth shut, lips together",
    ),
    (
        "mouth=closed",
        "lips are closed, lips pressed together, lips sealed, mouth is closed, closed lipped,"
        " tight lips",
    ),
    ("expression=smile mouth=open", "open smile, open grin, open mouth smile"),
    ("expression=laugh mouth=open", "open laugh"),
    ("mouth=open", "wide open mouth, teeth bared"),
    ("expression=smile mouth=closed", "closed smile, closed lip smile, closed mouth smile"),
    ("mouth=closed", "tight lipped, lips shut, pressed lips"),
    # Eyes.
    (
        "eyes=closed",
        "eyes closed, closed eyes, eyes shut, shut eyes, sleeping, asleep, shut eyelids",
    ),
    ("eyes=closed", "eyes are closed, eyes squeezed shut, eyes gently closed, with eyes closed"),
    ("eyes=closed", "eyes softly closed, eyes tightly shut, closed eyelids, eyes are shut"),
    ("eyes=open", "eyes open, open eyes, eyes wide open, eyes are open, wide open eyes, awake"),
    # Makeup and earrings.
    ("makeup=1", "makeup, make up, lipstick, eyeliner, eyeshadow, eye shadow, mascara, red lips"),
    (
        "makeup=1",
        "smoky eyes, smoky eye, made up, pink lips, glossy lips, rouge, painted lips, lip gloss",
    ),
    ("makeup=1", "purple lips, dark lips, kohl, false lashes, fake lashes"),
    ("makeup=0", "bare faced, barefaced, no makeup, without makeup, makeup free, unmade up"),
    ("makeup=0", "no make up, free of makeup"),
    ("earrings=1", "earring, earrings, ear stud, ear studs, studs, hoops, ear ring, ear rings"),
    ("earrings=1", "ear piercings, ear piercing, hoop earrings, gauges, ear jewelry"),
    ("earrings=0", "no earrings, without earrings, bare ears, earringless, bare earlobes"),
    ("", "nose studs, made up of"),
    # Pose.
    (
        "pose=profile",
        "profile, side view, seen from the side, sideview, side profile",
    ),
    (
        "pose=left",
        "turned to the left, looking left, to the left, facing left, turned left, turns left",
    ),
    ("pose=left", "looks left, looking off left, gazing left, glancing left, facing the left"),
    ("pose=right", "turned to the right, looking right, to the right, facing right, turned right"),
    ("pose=right", "looks right, gazing right, glancing right, facing the right, turns right"),
    ("pose=down", "head is lowered, head is bowed, head is down"),
    ("pose=down", "head lowered, head bowed, lowered head, bowed head, head down, face lowered"),
    ("pose=down", "head tilted down, lowering the head, chin lowered, head hanging"),
    ("pose=down", "face turned down, looking down at the ground"),
    ("pose=up", "upward, upwards, head tilted up, head tilted back, face turned up, looking up at"),
    ("pose=up", "head raised, looking upward, face lifted, up at the sky, lifting the head"),
    (
        "pose=front",
        "facing the camera, facing forward, straight ahead, front view, frontal, face on",
    ),
    ("pose=front", "facing front, straight at the camera, looking into the camera, head on"),
    (
        "pose=front",
        "seen from the front, directly at the camera, looking at the camera, head straight",
    ),
    ("", "profile ish, high profile, low profile, hair swept to the left, hair swept to the right"),
    ("", "parted to the right, parted to the left, right now"),
    ("", "combed to the left, combed to the right"),
)
"""What each phrase says; see the module's text for the notation."""
