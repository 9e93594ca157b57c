"""French: the words by which people describe a face; the notation is that of ``lexicon.SAYS``."""

from __future__ import annotations

from mien.text.foreign import Words

SAYS: tuple[tuple[str, str], ...] = (
    # People.
    ("gender=f !age=baby? !age=child?", "femme, dame, femmes, nana"),
    ("gender=f", "mère, maman, sœur, soeur, fille adulte, actrice, reine, princesse, mariée, elle"),
    ("gender=f age=young", "jeune fille, demoiselle"),
    ("gender=f !age=middle? !age=old?", "fille"),
    ("gender=f age=child", "petite fille, fillette, gamine, écolière"),
    ("gender=m !age=baby? !age=child?", "homme, monsieur, mec, type, gars, hommes"),
    ("gender=m", "père, papa, frère, acteur, roi, prince, moine, il, masculin"),
    ("gender=f", "féminin, féminine"),
    ("gender=m age=child", "garçon, petit garçon, garçonnet, gamin, écolier"),
    ("gender=m age=young", "jeune homme"),
    ("gender=f age=old", "grand-mère, mamie, vieille dame, vieille, vieille femme"),
    ("gender=m age=old", "grand-père, papi, papy, vieillard, vieux monsieur, vieil homme"),
    (
        "age=old",
        "vieux, vieil, âgé, âgée, aîné, du troisième âge, ridé, ridée, retraité, retraitée",
    ),
    ("age=middle", "d'âge moyen, d'âge mûr, d'un certain âge, quadragénaire, quinquagénaire, mûr"),
    ("age=middle", "la quarantaine, la cinquantaine, mûre"),
    ("age=old", "sexagénaire, septuagénaire, octogénaire, la soixantaine, personne âgée"),
    ("age=young", "jeune, jeunes, trentenaire, la trentaine, la vingtaine, étudiant, étudiante"),
    ("age=teen", "adolescent, adolescente, ado, teenager"),
    ("age=baby", "bébé, nourrisson, nouveau-né"),
    ("age=child", "enfant, enfants, gosse, bambin"),
    # Skin.
    ("skin=dark", "africain, africaine, à la peau noire"),
    ("skin=tan", "bronzé, bronzée, hâlé, hâlée, métis, métisse, indien, indienne"),
    ("skin=light", "teint pâle, teint clair, européen, européenne"),
    ("skin=medium", "teint mat, peau mate, teint olivâtre"),
    # Hair.
    ("hair_length=bald hair_color=none hair_texture=na", "chauve, crâne rasé, sans cheveux"),
    ("gender=m? hair_color=blonde", "blondinet"),
    ("gender=f? hair_color=blonde", "blondinette"),
    ("hair_color=red", "rouquin, rouquine, poil de carotte"),
    ("hair_color=gray", "poivre et sel"),
    ("hair_length=medium", "mi-longs, mi-long, carré, aux épaules"),
    ("hair_texture=curly", "boucles, frisettes, bouclettes"),
    ("hair_texture=afro", "afro, coupe afro"),
    ("hair_texture=braided", "tresses, tresse, nattes, natte, dreadlocks, tressés"),
    ("hair_texture=tied", "queue de cheval, chignon, couettes, attachés, noués, relevés"),
    ("bangs=1", "frange"),
    ("hair_color=hidden hair_length=hidden hair_texture=na", "cheveux cachés, cheveux couverts"),
    # Facial hair.
    ("facial_hair=beard", "barbe, barbu, barbue"),
    ("facial_hair=goatee", "bouc, barbichette"),
    ("facial_hair=mustache", "moustache, moustachu, moustaches"),
    ("facial_hair=stubble", "mal rasé, barbe de trois jours, barbe naissante"),
    ("facial_hair=none", "rasé de près, imberbe, glabre, bien rasé"),
    # Worn.
    ("glasses=glasses", "lunettes, binocles, lunettes de vue"),
    ("glasses=sunglasses", "lunettes de soleil, lunettes noires"),
    ("headwear=hat", "chapeau, bonnet, béret, casque, chapeau de paille"),
    ("headwear=cap", "casquette"),
    ("headwear=headband", "bandeau, serre-tête, bandana"),
    ("headwear=scarf", "foulard sur la tête, voile, voilée, hijab, turban, foulard"),
    ("headwear=hood", "capuche, capuchon"),
    ("headwear=crown", "couronne, diadème, tiare"),
    ("headwear=other", "écouteurs, casque audio, coiffe"),
    ("headwear=none", "tête nue"),
    ("earrings=1", "boucles d'oreilles, boucle d'oreille, boucles d'oreille, créoles"),
    ("makeup=1", "maquillage, maquillé, maquillée, rouge à lèvres, mascara, fard, eye-liner"),
    ("makeup=0", "au naturel, démaquillée"),
    # Expression.
    (
        "expression=smile",
        "sourire, souriant, souriante, sourit, heureux, heureuse, joyeux, joyeuse",
    ),
    ("expression=smile", "content, contente, en souriant, gai, gaie"),
    ("expression=laugh mouth=open?", "rit, riant, rire, rires, rigole, éclat de rire, hilare"),
    ("expression=laugh mouth=open?", "en riant, aux éclats"),
    ("expression=neutral", "sérieux, sérieuse, neutre, calme, impassible, inexpressif"),
    (
        "expression=sad",
        "triste, pleure, en larmes, malheureux, malheureuse, pleurant, mélancolique",
    ),
    ("expression=angry", "en colère, fâché, fâchée, furieux, furieuse, énervé, énervée"),
    ("expression=surprised", "surpris, surprise, étonné, étonnée, stupéfait, stupéfaite, choqué"),
    ("expression=other mouth=open?", "tire la langue, tirant la langue"),
    ("expression=other", "grimace, fait la moue"),
    ("mouth=open", "bouche ouverte, bouche bée, lèvres entrouvertes, bouche entrouverte"),
    ("mouth=closed", "bouche fermée, lèvres fermées"),
    ("eyes=closed", "yeux fermés, paupières closes, les yeux clos, yeux clos"),
    ("eyes=open", "yeux ouverts"),
    # Pose.
    ("pose=profile", "de profil, vu de côté, vue de côté"),
    ("pose=front", "de face, regarde l'objectif, regardant l'objectif, regarde la caméra"),
    ("pose=left", "à gauche, vers la gauche"),
    ("pose=right", "à droite, vers la droite"),
    ("pose=down", "tête baissée, vers le bas"),
    ("pose=up", "tête levée, vers le haut, vers le ciel"),
    ("", "non seulement, sans doute, pas seulement"),
)

FRENCH = Words(
    code="fr",
    says=SAYS,
    colours={
        "black": "noir, noirs, noire, noires, ébène, sombres",
        "brown": "brun, bruns, brune, brunes, châtain, châtains, marron, châtaine, brun foncé",
        "blonde": "blond, blonds, blonde, blondes, dorés, platine",
        "red": "roux, rousse, rousses, rouge, rouges, auburn, cuivrés",
        "orange": "orange, oranges",
        "gray": "gris, grise, grises, argentés, grisonnants, grisonnant",
        "white": "blanc, blancs, blanche, blanches",
        "blue": "bleu, bleus, bleue, bleues",
        "green": "vert, verts, verte, vertes",
        "purple": "violet, violets, violette, violettes, mauve, mauves",
        "pink": "rose, roses",
    },
    skins={
        "dark": "noir, noire, noirs, noires, foncé, foncée, ébène, sombre",
        "tan": "bronzé, bronzée, brune, hâlée, basanée, basané",
        "medium": "mate, mat, olivâtre",
        "light": "blanc, blanche, clair, claire, pâle",
    },
    lengths={
        "short": "court, courts, courte, courtes, ras",
        "medium": "mi-longs, mi-long",
        "long": "long, longs, longue, longues",
    },
    textures={
        "straight": "raide, raides, lisse, lisses",
        "wavy": "ondulé, ondulés, ondulée",
        "curly": "bouclé, bouclés, bouclée, frisé, frisés, frisée, crépu, crépus",
        "afro": "afro",
        "braided": "tressés",
        "tied": "attachés, noués",
    },
    hair="cheveux, chevelure, cheveu, boucles, coupe, tresses, frange, queue de cheval, chignon,"
    " mèches",
    face_hair="barbe, moustache, bouc, sourcils, cils, barbu",
    skin="peau, teint",
    person="personne, individu, visage, portrait d'une personne, gens",
    parts="yeux, œil, oeil, lèvres, nez, joues, front, bouche, oreilles, menton, regard, fond,"
    " arrière-plan, chemise, pull, veste, manteau, dents, cou",
    hair_only="blond, blonde, blonds, blondes, roux, rousse, brun, brune, châtain, châtaine,"
    " rousses, brunes",
    skin_of_person="noir, noire, noirs, noires, blanc, blanche, pâle, bronzé, bronzée, mat",
    negators="sans, pas, ne, n, ni, aucun, aucune, jamais, non, point",
    ends="et, mais, avec, qui, porte, portant, a, ayant, est, il, elle, souriant, dont",
    links="et, ou, ni",
    mute="le, la, les, l, un, une, des, de, du, d, à, au, aux, en, dans, sur, sous, par,"
    " pour, chez,"
    " se, s, sa, son, ses, leur, leurs, ce, cet, cette, ces, que, qu, très, plutôt, assez, un peu,"
    " bien, plus, moins, tout, toute, presque, sont, ont, y, lui, on, je, tu, nous, vous, m, j, c,"
    " portrait, photo, image, photographie, gros plan, dessin, porter, portent, avoir, être, était,"
    " air, l'air, expression, regarde, regardant, tourné, tournée, tête, vu, vue, coiffé, coiffée,"
    " légèrement, légers, teints en, teints, teintés, couleur, ans, an, année, années, âge, style,"
    " grand, grande, petit, petite, vers, gauche, droite, devant, deux, tient, mon, ma",
    years=(r"NUMBER(?:[ -](?:et )?(?:un|deux|trois|quatre|cinq|six|sept|huit|neuf))? ans",),
    numbers={
        "un": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8,
        "neuf": 9, "dix": 10, "onze": 11, "douze": 12, "treize": 13, "quatorze": 14, "quinze": 15,
        "seize": 16, "dix-sept": 17, "dix-huit": 18, "dix-neuf": 19, "vingt": 20, "trente": 30,
        "quarante": 40, "cinquante": 50, "soixante": 60, "soixante-dix": 70, "quatre-vingts": 80,
        "quatre-vingt": 80, "quatre-vingt-dix": 90,
    },
    fold=True,
    not_folded="mûr, mûre, hâlé, fâché, côté, ado, rasé de près, pâle, maquillé, frisé",
)  # fmt: skip
