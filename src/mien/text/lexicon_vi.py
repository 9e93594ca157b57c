"""Vietnamese: the words by which people describe a face; notation of ``lexicon.SAYS``.

Written with its marks; :mod:`mien.text.foreign` adds the spelling without them where that is no
other word of the table.
"""

from __future__ import annotations

from mien.text.foreign import Words

SAYS: tuple[tuple[str, str], ...] = (
    # People.
    ("gender=f !age=baby? !age=child?", "phụ nữ, người phụ nữ, đàn bà, quý bà, chị, người đàn bà"),
    ("gender=f", "nữ, nữ giới, mẹ, nữ hoàng, công chúa, cô dâu, cô ấy, chị ấy, nàng"),
    ("gender=f age=young", "cô gái, thiếu nữ, cô gái trẻ, phụ nữ trẻ, quý cô"),
    ("gender=f age=child", "bé gái, cô bé, em gái"),
    ("gender=m !age=baby? !age=child?", "đàn ông, người đàn ông, quý ông, anh"),
    ("gender=m", "nam, nam giới, bố, nhà vua, hoàng tử, chú rể, anh ấy, ông ấy, nam nhân"),
    ("gender=m age=young", "chàng trai, thanh niên, anh chàng, nam thanh niên, đàn ông trẻ"),
    ("gender=m age=child", "bé trai, cậu bé, con trai"),
    ("gender=f", "con gái"),
    ("gender=m age=old", "ông già, ông lão, cụ ông, ông cụ, người ông, ông nội, ông ngoại"),
    ("gender=f age=old", "bà già, bà lão, cụ bà, bà cụ, bà nội, bà ngoại"),
    ("age=old", "già, lớn tuổi, cao tuổi, người già, cao niên, người cao tuổi, nhăn nheo"),
    ("age=middle", "trung niên, đứng tuổi, tuổi trung niên"),
    ("age=young", "trẻ, trẻ tuổi, trẻ trung, người trẻ, sinh viên"),
    ("age=teen", "thiếu niên, tuổi teen, vị thành niên, tuổi mới lớn"),
    ("age=baby", "em bé, trẻ sơ sinh, sơ sinh, em bé sơ sinh"),
    ("age=child", "trẻ em, đứa trẻ, đứa bé, trẻ con, trẻ nhỏ, thiếu nhi"),
    ("gender=f age=baby", "em bé gái"),
    ("gender=m age=baby", "em bé trai"),
    # Skin.
    ("skin=dark", "da đen, da màu, da sẫm màu, da tối màu, người châu phi, da sẫm"),
    ("skin=light", "da trắng, da sáng, da sáng màu, da nhợt nhạt, trắng trẻo"),
    ("skin=tan", "da nâu, da ngăm, da rám nắng, da ngăm đen, rám nắng, da bánh mật"),
    ("skin=medium", "da vàng, da trung bình"),
    # Hair.
    ("hair_length=bald hair_color=none hair_texture=na", "hói, hói đầu, trọc, trọc đầu, đầu trọc"),
    ("hair_length=bald hair_color=none hair_texture=na", "đầu hói, đầu trọc lóc, không có tóc"),
    ("hair_color=gray", "tóc hoa râm, tóc muối tiêu, hoa râm, muối tiêu"),
    ("hair_length=medium", "tóc ngang vai, ngang vai, dài vừa"),
    ("hair_texture=afro", "tóc afro, tóc xù"),
    ("hair_texture=braided", "tóc tết, tóc bện, bím tóc, thắt bím, tết tóc"),
    (
        "hair_texture=tied",
        "tóc buộc, buộc tóc, tóc đuôi ngựa, đuôi ngựa, búi tóc, tóc búi, cột tóc",
    ),
    ("hair_texture=tied", "tóc buộc cao, buộc đuôi ngựa, tóc cột"),
    ("bangs=1", "tóc mái, mái bằng, tóc mái bằng, mái thưa"),
    ("hair_color=hidden hair_length=hidden hair_texture=na", "che tóc, tóc bị che, tóc che kín"),
    # Facial hair.
    ("facial_hair=beard", "râu, râu quai nón, râu rậm, bộ râu"),
    ("facial_hair=goatee", "râu dê, râu cằm"),
    ("facial_hair=mustache", "ria mép, ria, râu mép"),
    ("facial_hair=stubble", "râu lởm chởm, râu lún phún"),
    ("facial_hair=none", "cạo râu, cạo sạch râu, nhẵn nhụi, mày râu nhẵn nhụi, cạo nhẵn"),
    # Worn.
    ("glasses=glasses", "kính, mắt kính, kính mắt, kính cận, cặp kính, mắt kiếng, kiếng"),
    ("glasses=sunglasses", "kính râm, kính đen, kính mát, mắt kính râm"),
    ("headwear=hat", "mũ, nón, mũ len, nón lá, mũ rơm, mũ bảo hiểm, mũ nồi, nón rơm, mũ rộng vành"),
    ("headwear=cap", "mũ lưỡi trai, nón lưỡi trai, mũ bóng chày, nón kết"),
    ("headwear=headband", "băng đô, bờm tóc, bờm, dải buộc đầu"),
    (
        "headwear=scarf",
        "khăn trùm đầu, khăn đội đầu, khăn quấn đầu, khăn vấn, khăn xếp, khăn hijab",
    ),
    ("headwear=hood", "mũ trùm, mũ trùm đầu, mũ áo"),
    ("headwear=crown", "vương miện"),
    ("headwear=other", "tai nghe, mũ lông chim"),
    ("headwear=none", "đầu trần, để đầu trần"),
    ("earrings=1", "bông tai, hoa tai, khuyên tai, đôi bông tai"),
    ("makeup=1", "trang điểm, son môi, tô son, son, son đỏ, kẻ mắt, phấn mắt, đánh son"),
    ("makeup=0", "mặt mộc, để mặt mộc"),
    # Expression.
    ("expression=smile", "cười, mỉm cười, tươi cười, nụ cười, vui vẻ, hạnh phúc, cười mỉm, vui"),
    ("expression=smile mouth=open?", "cười tươi, cười rạng rỡ, cười tươi rói"),
    ("expression=laugh mouth=open?", "cười to, cười lớn, cười phá lên, cười ha hả, cười lăn"),
    ("expression=neutral", "nghiêm túc, nghiêm nghị, bình thản, vô cảm, điềm tĩnh, nghiêm"),
    ("expression=sad", "buồn, buồn bã, khóc, đang khóc, u sầu, rơi nước mắt, buồn rầu, đau khổ"),
    ("expression=angry", "tức giận, giận dữ, cáu, giận, nổi giận, cau có, phẫn nộ"),
    ("expression=surprised", "ngạc nhiên, bất ngờ, sửng sốt, kinh ngạc, sốc"),
    ("expression=other mouth=open?", "lè lưỡi, thè lưỡi"),
    ("expression=other", "nhăn mặt, làm mặt xấu"),
    ("mouth=open", "mở miệng, há miệng, miệng mở, há hốc mồm, há mồm, miệng há"),
    ("mouth=closed", "ngậm miệng, miệng ngậm, mím môi, khép miệng"),
    ("eyes=closed", "nhắm mắt, mắt nhắm, nhắm nghiền mắt, mắt nhắm nghiền, đang ngủ"),
    ("eyes=open", "mở mắt, mắt mở, mở to mắt, mắt mở to"),
    # Pose.
    ("pose=left", "nhìn sang trái, quay sang trái, quay trái, sang trái, nhìn trái, bên trái"),
    ("pose=right", "nhìn sang phải, quay sang phải, quay phải, sang phải, nhìn phải, bên phải"),
    ("pose=front", "nhìn thẳng, nhìn vào máy ảnh, chính diện, nhìn thẳng vào máy ảnh"),
    ("pose=profile", "nhìn nghiêng, góc nghiêng, mặt nghiêng"),
    ("pose=down", "cúi đầu, nhìn xuống, cúi mặt"),
    ("pose=up", "ngẩng đầu, nhìn lên, ngước lên, ngẩng mặt"),
    ("", "không chỉ, không khí, không gian"),
)

VIETNAMESE = Words(
    code="vi",
    says=SAYS,
    colours={
        "black": "đen, đen nhánh, đen tuyền, đen huyền",
        "brown": "nâu, hạt dẻ, nâu sẫm, nâu nhạt, màu hạt dẻ, nâu đen",
        "blonde": "vàng, vàng hoe, bạch kim, vàng óng",
        "red": "đỏ, hung, hung đỏ, đỏ hoe, nâu đỏ",
        "orange": "cam",
        "gray": "xám, bạc, hoa râm",
        "white": "trắng, bạc trắng, bạc phơ, trắng xóa",
        "blue": "xanh dương, xanh, xanh da trời, xanh lam, xanh nước biển",
        "green": "xanh lá, xanh lục, xanh lá cây",
        "purple": "tím",
        "pink": "hồng",
    },
    skins={
        "dark": "đen, sẫm, tối",
        "tan": "nâu, ngăm, ngăm đen, rám nắng",
        "medium": "vàng",
        "light": "trắng, sáng, nhợt nhạt",
    },
    lengths={"short": "ngắn, cắt ngắn, cụt", "medium": "ngang vai", "long": "dài"},
    textures={
        "straight": "thẳng, suôn, duỗi",
        "wavy": "gợn sóng, lượn sóng, dợn sóng",
        "curly": "xoăn, quăn, xoăn tít",
        "afro": "xù",
        "braided": "tết, bện",
        "tied": "buộc, búi, cột, buộc cao",
    },
    hair="tóc, mái tóc",
    face_hair="râu, ria, lông mày, lông mi, chân mày",
    skin="da, làn da, nước da",
    person="người, khuôn mặt, gương mặt, mặt, ai đó, một người",
    parts="mắt, môi, mũi, tai, miệng, má, trán, cằm, áo, nền, phông nền, áo sơ mi, đôi mắt,"
    " răng, cổ",
    hair_only="",
    skin_of_person="",
    negators="không, không có, chẳng, chưa, không phải, không hề, đừng, chẳng có, không phải là",
    ends="và, nhưng, mà, có, với, đang, đeo, đội, mặc, để, lại, còn, là",
    links="và, hay, hoặc, cũng",
    mute="một, các, những, cái, chiếc, con, vị, đôi, cặp, của, cho, ở, trong, trên, dưới,"
    " ngoài, từ,"
    " đến, này, đó, kia, ấy, rất, hơi, khá, quá, lắm, màu, sắc, kiểu, mọc, rậm, bị, được, ảnh, bức,"
    " bức ảnh, chân dung, hình, hình ảnh, tấm, nhìn, trông, vẻ, vẻ mặt, biểu cảm, tuổi,"
    " khoảng, thì,"
    " cùng, nhuộm, cắt, người ta, về, ra, đi, xin, hãy, vẽ, cô, ông, bà, cậu, bé, em, chú,"
    " đầu, nét,"
    " nở, tươi, trùm, quấn, choàng",
    years=(r"(?:khoảng |tầm )?NUMBER tuổi",),
    numbers={
        "một": 1, "hai": 2, "ba": 3, "bốn": 4, "năm": 5, "sáu": 6, "bảy": 7, "tám": 8, "chín": 9,
        "mười": 10, "mười hai": 12, "mười lăm": 15, "mười sáu": 16, "mười bảy": 17, "mười tám": 18,
        "hai mươi": 20, "hai mươi lăm": 25, "ba mươi": 30, "ba mươi lăm": 35, "bốn mươi": 40,
        "bốn mươi lăm": 45, "năm mươi": 50, "sáu mươi": 60, "bảy mươi": 70, "tám mươi": 80,
        "chín mươi": 90,
    },
    fold=True,
    not_folded="anh, nam, mẹ, bố, buồn, nàng, cam, sốc, son, ria, hung, chị, bờm",
)  # fmt: skip
