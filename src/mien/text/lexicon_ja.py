"""Japanese: the words by which people describe a face; the notation is that of ``lexicon.SAYS``.

No spaces stand between words: the longest match at each place is taken, and endings of verbs and
particles are words of their own, since *ない* behind them denies.
"""

from __future__ import annotations

from mien.text.foreign import Words

SAYS: tuple[tuple[str, str], ...] = (
    # People.
    ("gender=f !age=baby? !age=child?", "女性, 女の人, 婦人, 女, 女子, 熟女"),
    ("gender=f", "彼女, 母, 母親, お母さん, 女優, 女王, 姫, 花嫁, 女の子, 姉, 妹, 主婦"),
    ("gender=m !age=baby? !age=child?", "男性, 男の人, 紳士, 男, 男子"),
    ("gender=m", "彼, 父, 父親, お父さん, 俳優, 王, 王子, 花婿, 僧侶, 兄, 弟"),
    ("gender=m age=child", "男の子, 少年"),
    ("gender=f age=child", "少女, 幼い女の子, 小さな女の子, 幼女"),
    ("gender=m age=young", "青年"),
    ("gender=f age=old", "おばあさん, 老婆, 老婦人, お婆さん, おばあちゃん, 祖母, 老女"),
    ("gender=m age=old", "おじいさん, お爺さん, 老紳士, おじいちゃん, 祖父"),
    ("gender=m age=middle", "おじさん, 中年男"),
    ("gender=f age=middle", "おばさん, 中年女"),
    (
        "age=old",
        "老人, 高齢, 高齢者, 年配, 年老いた, 年取った, お年寄り, シニア, 老いた, しわだらけ",
    ),
    ("age=middle", "中年, 壮年, 四十代, 五十代"),
    ("age=young", "若い, 若者, 若く, 二十代, 三十代, 大学生, 若々しい, 若"),
    ("age=teen", "十代, ティーンエイジャー, 中学生, 高校生, 思春期"),
    ("gender=f age=teen", "女子高生"),
    ("age=baby", "赤ちゃん, 赤ん坊, 乳児, 新生児"),
    ("age=child", "子供, 子ども, 幼児, 小学生, 幼い, こども"),
    ("age=old", "六十代, 七十代, 八十代"),
    # Skin.
    ("skin=dark", "黒人, 黒い肌, 色黒, 濃い肌"),
    ("skin=light", "白人, 色白, 白い肌, 美白"),
    ("skin=tan", "日焼け, 褐色の肌, 小麦色, 小麦色の肌, 褐色肌"),
    ("skin=medium", "オリーブ色の肌"),
    # Hair.
    ("hair_color=black", "黒髪"),
    ("hair_color=brown", "茶髪, 栗毛, 栗色の髪"),
    ("hair_color=blonde", "金髪, ブロンド, プラチナブロンド"),
    ("hair_color=red", "赤毛, 赤髪"),
    ("hair_color=gray", "白髪交じり, 白髪まじり, 灰髪, 銀髪, グレーヘア, ごま塩頭"),
    ("hair_color=white", "白髪, 白髪頭"),
    ("hair_color=blue", "青髪"),
    ("hair_color=green", "緑髪"),
    ("hair_color=purple", "紫髪"),
    ("hair_color=pink", "ピンク髪"),
    ("hair_length=short", "短髪, ショートヘア, ショートカット, 坊主頭, 丸刈り, 角刈り"),
    ("hair_length=medium", "ミディアムヘア, ボブ, セミロング, 肩までの髪"),
    ("hair_length=long", "長髪, ロングヘア, ロングヘアー"),
    (
        "hair_length=bald hair_color=none hair_texture=na",
        "禿げ, はげ, ハゲ, 禿頭, スキンヘッド, 禿",
    ),
    ("hair_texture=straight", "直毛, ストレート, ストレートヘア, サラサラ"),
    ("hair_texture=wavy", "ウェーブ, ウェーブヘア, 波打つ"),
    ("hair_texture=curly", "巻き毛, 縮れ毛, カーリー, カール, 巻き髪, くせ毛, 天然パーマ, パーマ"),
    ("hair_texture=afro", "アフロ, アフロヘア"),
    ("hair_texture=braided", "三つ編み, 編み込み, ドレッド, ドレッドヘア, おさげ"),
    ("hair_texture=tied", "ポニーテール, お団子, お団子ヘア, ツインテール, 結んだ, 束ねた, 結んで"),
    ("hair_texture=tied", "束ねて, まとめ髪, 結い上げた"),
    ("bangs=1", "前髪"),
    (
        "hair_color=hidden hair_length=hidden hair_texture=na",
        "髪が見えない, 髪を隠した, 髪が隠れた",
    ),
    # Facial hair.
    ("facial_hair=beard", "ひげ, 髭, あごひげ, 顎髭, ヒゲ, 顎ひげ, 髯, 鬚"),
    ("facial_hair=mustache", "口ひげ, 口髭, 口ヒゲ, ちょび髭"),
    ("facial_hair=goatee", "山羊ひげ, ヤギひげ, 山羊髭, ヤギ髭"),
    ("facial_hair=stubble", "無精ひげ, 無精髭, 無精ヒゲ"),
    ("facial_hair=none", "ひげを剃った, 髭を剃った, ひげをそった, きれいに剃った"),
    # Worn.
    ("glasses=glasses", "眼鏡, メガネ, めがね, 丸眼鏡, 老眼鏡"),
    ("glasses=sunglasses", "サングラス, 色眼鏡"),
    ("headwear=hat", "帽子, ハット, ニット帽, 麦わら帽子, ベレー帽, ヘルメット"),
    ("headwear=cap", "キャップ, 野球帽"),
    ("headwear=headband", "ヘッドバンド, ヘアバンド, カチューシャ, バンダナ, 鉢巻, はちまき"),
    ("headwear=scarf", "ヒジャブ, ターバン, 頭巾, ヘッドスカーフ, ベール, ずきん"),
    ("headwear=hood", "フード"),
    ("headwear=crown", "王冠, 冠, ティアラ"),
    ("headwear=other", "ヘッドホン, ヘッドフォン, 羽飾り"),
    ("headwear=none", "無帽"),
    ("earrings=1", "イヤリング, ピアス, 耳飾り"),
    ("makeup=1", "化粧, メイク, 口紅, アイライナー, アイシャドウ, 厚化粧, メーク"),
    ("makeup=0", "すっぴん, ノーメイク, 素顔"),
    # Expression.
    (
        "expression=smile",
        "笑顔, 微笑み, 微笑, 微笑んで, 微笑んだ, ほほえみ, ほほえんで, 笑み, にっこり",
    ),
    (
        "expression=smile",
        "笑って, 笑った, 笑う, 微笑む, 嬉しそう, 楽しそう, 幸せそう, ニコニコ, にこにこ",
    ),
    ("expression=laugh mouth=open?", "大笑い, 爆笑, 声を出して笑って, 声を上げて笑って, 大爆笑"),
    ("expression=neutral", "真顔, 無表情, 真剣, 真面目, 冷静, 落ち着いた, 穏やか, まじめ"),
    ("expression=sad", "悲しい, 悲しそう, 悲しげ, 泣いて, 泣く, 泣き, 涙, 泣いた, 悲しみ, 憂鬱"),
    ("expression=angry", "怒って, 怒った, 怒り, 怒る, 不機嫌, 激怒, にらんで, 睨んで"),
    ("expression=surprised", "驚いて, 驚いた, 驚き, 驚く, びっくり, 唖然"),
    ("expression=other mouth=open?", "舌を出して, 舌を出した"),
    ("expression=other", "変顔, ウインク, しかめっ面"),
    ("mouth=open", "口を開けて, 口を開けた, 口を開いて, 口を開いた, 口が開いて, 口を大きく開けた"),
    ("mouth=closed", "口を閉じて, 口を閉じた, 口が閉じて, 唇を閉じた"),
    ("eyes=closed", "目を閉じて, 目を閉じた, 目をつぶって, 目をつぶった, 閉じた目, 眠って, 寝て"),
    ("eyes=closed", "目をつむって, 目をつむった"),
    ("eyes=open", "目を開けて, 目を開けた, 目を開いて, 目を見開いた"),
    # Pose.
    ("pose=left", "左向き, 左を向いて, 左を向いた, 左を見て, 左を見た"),
    ("pose=right", "右向き, 右を向いて, 右を向いた, 右を見て, 右を見た"),
    ("pose=front", "正面, 正面を向いて, 正面を向いた, カメラ目線, 正面を見て"),
    ("pose=profile", "横顔, 真横, 横向き"),
    ("pose=down", "うつむいて, うつむいた, 下を向いて, 下を向いた, 俯いて, 下を見て, 俯いた"),
    ("pose=up", "上を向いて, 上を向いた, 見上げて, 上を見て, 見上げた"),
)

JAPANESE = Words(
    code="ja",
    says=SAYS,
    colours={
        "black": "黒い, 黒, 黒く, 真っ黒な, 黒色, 漆黒",
        "brown": "茶色い, 茶色, 茶, 栗色, ブラウン, 褐色, 茶色く",
        "blonde": "金色, 黄色い, 黄色, 金",
        "red": "赤い, 赤, 赤く, 赤色, 赤茶色",
        "orange": "オレンジ, オレンジ色, 橙色",
        "gray": "灰色, グレー, 銀色, 銀",
        "white": "白い, 白, 白く, 真っ白な, 真っ白",
        "blue": "青い, 青, 青く, 水色, 紺色, 青色",
        "green": "緑, 緑色, 緑の",
        "purple": "紫, 紫色",
        "pink": "ピンク, ピンク色, 桃色",
    },
    skins={
        "dark": "黒い, 黒, 濃い, 浅黒い",
        "tan": "褐色, 茶色い, 小麦色, 茶色",
        "medium": "オリーブ色",
        "light": "白い, 白, 色白, 青白い, 明るい",
    },
    lengths={
        "short": "短い, 短く, ショート, 短",
        "medium": "肩までの, ミディアム, 肩まで",
        "long": "長い, 長く, ロング, 長",
    },
    textures={
        "straight": "まっすぐな, ストレートの, 真っ直ぐな, サラサラの",
        "wavy": "ウェーブの, ウェーブした, 波打った",
        "curly": "縮れた, 巻いた, カールした, くるくるの",
        "braided": "編んだ",
        "tied": "結んだ, 束ねた",
    },
    hair="髪, 髪の毛, ヘア, 毛, 髪型, 黒髪, 金髪, 茶髪, 前髪, 巻き毛",
    face_hair="眉, 眉毛, まつげ, 睫毛, まゆげ",
    skin="肌, 皮膚",
    person="人, 人物, 顔, 方, ひと, 人間",
    parts="目, 瞳, 唇, 鼻, 耳, 口, 頬, 歯, 服, 背景, シャツ, 首, 額",
    hair_only="",
    skin_of_person="",
    negators="ない, いない, なし, 無し, 無い, いません, ません, なく, なくて, ず, ずに, せず,"
    " ありません,"
    " ではない, じゃない, ではなく, じゃなく, 無しの, なしの, ないで",
    ends="",
    links="と, も, や, か, または, ・, 、, とか, にも",
    mute="の, が, は, を, に, で, へ, から, まで, な, だ, です, ます, た, て, し, い, る,"
    " いる, いて, います,"
    " ある, あり, あって, して, した, する, しており, している, かけて, かけた, かける,"
    " 掛けて, 掛けた, かけ,"
    " かぶって, かぶった, 被って, 被った, かぶる, かぶり, 着けて, つけて, つけた, 着けた,"
    " つけ, 生やして,"
    " 生やした, はやした, 生えた, 生えて, 着て, 着た, 巻いて, とても, 少し, すごく, かなり,"
    " やや, ちょっと,"
    " そして, それ, その, この, あの, ある, 一人, ひとり, 一人の, 写真, 肖像, 肖像画, 画像,"
    " イラスト, 絵,"
    " 描いて, 見て, 見える, 見た, 見, 表情, 様子, さん, 向き, 持つ, 持った, 持って, ような,"
    " そうな, そう, く,"
    " 少ない, 歳, 才, 色, 染めた, 染めて, 入った, おり, ください, こと, もの, よう, 付けた,"
    " 付けて, さ, れ,"
    " られ, ん, 頭, でも, だが, けど, しかし, くて, かった, 状態, 大きな, 小さな, 大きい,"
    " 小さい, 濃く,"
    " している, され, いた, 姿",
    years=(r"NUMBER ?(?:歳|才)",),
    numbers={
        "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10,
        "十二": 12, "十五": 15, "十六": 16, "十八": 18, "二十": 20, "二十五": 25, "三十": 30,
        "四十": 40, "四十五": 45, "五十": 50, "六十": 60, "七十": 70, "八十": 80, "九十": 90,
    },
    unread="そばかす, ほくろ, えくぼ, しみ, にきび, あざ, きず, いれずみ, まぶた",
    backward=True,
    before=True,
    joined=True,
)  # fmt: skip
