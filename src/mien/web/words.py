"""What the studio says, in English (``/``) and in Vietnamese (``/vi``).

    say = Say("vi")
    say("describe")  # Mô tả

What the library itself says (remarks, errors) stays English.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LANGUAGES: Mapping[str, str] = {"en": "English", "vi": "Tiếng Việt"}
"""Code -> the language's own name."""

WORDS: Mapping[str, tuple[str, str]] = {
    # The page.
    "tagline": ("Faces in latent space", "Khuôn mặt trong không gian ẩn"),
    "skip": ("Skip to the panels", "Tới thẳng các bảng"),
    "language": ("Language", "Ngôn ngữ"),
    "dark": ("Light or dark", "Sáng hay tối"),
    "note": (
        "The people shown here do not exist, or were changed by a network. Every picture carries "
        "what made it. Do not pass them off as photographs of real people.",
        "Những người ở đây không có thật, hoặc đã được mạng nơ-ron chỉnh sửa. Mỗi ảnh đều mang "
        "theo công thức đã tạo ra nó. Đừng dùng chúng như ảnh chụp người thật.",
    ),
    "at_hand": ("Face at hand", "Khuôn mặt đang dùng"),
    "opening": (
        "The studio is opening; what you press now is done in a moment.",
        "Xưởng đang mở; những gì bạn bấm bây giờ sẽ được làm ngay sau đó.",
    ),
    "none_at_hand": (
        "No face at hand yet. Describe one, send a photo, or draw one at random.",
        "Chưa có khuôn mặt nào. Hãy mô tả, gửi một tấm ảnh, hoặc lấy ngẫu nhiên.",
    ),
    "random_face": ("A random face", "Khuôn mặt ngẫu nhiên"),
    "recent": ("Recent faces", "Các khuôn mặt gần đây"),
    "describe": ("Describe", "Mô tả"),
    "edit": ("Edit", "Chỉnh sửa"),
    "compose": ("Compose", "Phối hợp"),
    "sketch": ("Sketch", "Phác hoạ"),
    "anime": ("Anime", "Anime"),
    "explore": ("Explore", "Khám phá"),
    "models": ("Models", "Mô hình"),
    "gallery": ("Gallery", "Bộ sưu tập"),
    # What is going on.
    "cancel": ("Cancel", "Huỷ"),
    "close": ("Close", "Đóng"),
    "progress": ("Progress", "Tiến độ"),
    "waiting": ("Waiting: {} before you", "Đang chờ: còn {} lượt trước bạn"),
    "of": ("{} of {}", "{} trên {}"),
    "left_s": ("about {} s left", "còn khoảng {} giây"),
    "left_min": ("about {} min left", "còn khoảng {} phút"),
    "busy": (
        "The studio is busy; too many are waiting. Try again in a moment.",
        "Xưởng đang bận, có quá nhiều người chờ. Xin thử lại sau giây lát.",
    ),
    "expired": (
        "This session has expired. Load the page again.",
        "Phiên làm việc đã hết hạn. Xin tải lại trang.",
    ),
    "failed": ("Something went wrong here.", "Đã có lỗi xảy ra ở đây."),
    "no_face": (
        "There is no face at hand; pick one first.",
        "Chưa có khuôn mặt nào đang dùng; hãy chọn một khuôn mặt trước.",
    ),
    "no_photo": ("There is no photo yet; send one first.", "Chưa có ảnh; hãy gửi một tấm trước."),
    # What many panels say.
    "seed": ("Seed", "Hạt giống"),
    "seed_n": ("seed {}", "hạt giống {}"),
    "style_n": ("style {}", "kiểu {}"),
    "dice": ("Another seed", "Hạt giống khác"),
    "count": ("How many", "Số lượng"),
    "variety": ("Variety", "Độ đa dạng"),
    "variety_info": (
        "Small: near the average face. Large: more different, at times odd.",
        "Nhỏ: gần khuôn mặt trung bình. Lớn: khác nhau hơn, đôi khi kỳ lạ.",
    ),
    "more": ("More settings", "Thiết lập thêm"),
    "photo": ("Photo", "Ảnh"),
    "photo_here": (
        "Drop a photo here, or press to choose one",
        "Thả ảnh vào đây, hoặc bấm để chọn",
    ),
    "which_face": ("Which face", "Khuôn mặt nào"),
    "which_face_info": (
        "Several were found; they are numbered in the photo.",
        "Tìm thấy nhiều khuôn mặt; chúng được đánh số trong ảnh.",
    ),
    "found_faces": ("Faces that were found", "Các khuôn mặt tìm thấy"),
    "before": ("Before", "Trước"),
    "after": ("After", "Sau"),
    "before_after": ("Before and after", "Trước và sau"),
    "download_png": ("PNG", "PNG"),
    "download_npz": ("Latent (NPZ)", "Vectơ ẩn (NPZ)"),
    "download_mp4": ("Clip (MP4)", "Đoạn phim (MP4)"),
    "download": ("Download", "Tải về"),
    "remarks": ("Remarks", "Ghi chú"),
    "pens": ("Pens", "Bút"),
    "width": ("Width", "Nét"),
    "rub": ("Rub out", "Tẩy"),
    "undo": ("Undo", "Hoàn tác"),
    "redo": ("Redo", "Làm lại"),
    "clear": ("Clear", "Xoá hết"),
    # Describe.
    "sentence": ("Describe a face", "Mô tả một khuôn mặt"),
    "sentence_info": (
        "English, Vietnamese, French or Japanese.",
        "Tiếng Anh, Việt, Pháp hoặc Nhật.",
    ),
    "sentence_hint": (
        "an old man with a white beard and glasses",
        "một ông già râu trắng đeo kính",
    ),
    "draw": ("Draw faces", "Vẽ khuôn mặt"),
    "try": ("Try", "Thử"),
    "without": ("Without", "Không có"),
    "without_info": (
        "What they shall not have, in English.",
        "Những gì không được có, bằng tiếng Anh.",
    ),
    "without_hint": ("glasses, a beard", "glasses, a beard"),
    "guidance": ("How closely the sentence is followed", "Bám sát câu mô tả đến đâu"),
    "faces": ("Faces", "Các khuôn mặt"),
    "faces_empty": (
        "Faces appear here. Press one to take it along to the other panels.",
        "Khuôn mặt sẽ hiện ở đây. Bấm vào một khuôn mặt để mang nó sang các bảng khác.",
    ),
    "was_read": ("Read", "Đã hiểu"),
    "was_denied": ("Ruled out", "Loại trừ"),
    "not_read": ("Not read", "Chưa hiểu"),
    "mended": ("Taken as", "Hiểu là"),
    "nothing_read": ("nothing about a face", "không có gì về khuôn mặt"),
    # Edit.
    "photo_or_face": ("A photo instead", "Hoặc dùng ảnh"),
    "directions": ("What to change", "Thay đổi điều gì"),
    "more_directions": ("More", "Thêm"),
    "say_edit": ("Say it in words", "Nói bằng lời"),
    "say_edit_hint": ("old, with glasses and a smile", "già, đeo kính và mỉm cười"),
    "apply": ("Apply", "Áp dụng"),
    "reset": ("Start over", "Làm lại từ đầu"),
    "keep": ("Keep this face", "Giữ khuôn mặt này"),
    "history": ("Steps", "Các bước"),
    "history_start": ("as it was", "như ban đầu"),
    "paste": ("Put it back into the photo", "Ghép trở lại vào ảnh"),
    # Compose.
    "paint_regions": ("Paint the regions of a face", "Tô các vùng của khuôn mặt"),
    "compose_strength": (
        "How closely drawing, regions and photo are followed",
        "Bám sát nét vẽ, vùng tô và ảnh đến đâu",
    ),
    "compose_empty": (
        "Give words, a drawing, regions or a photo, any of them; faces appear here.",
        "Hãy cho lời mô tả, nét vẽ, vùng tô hoặc ảnh, một hay nhiều thứ; khuôn mặt sẽ hiện ở đây.",
    ),
    # Sketch.
    "to_sketch": ("Photo to sketch", "Ảnh thành phác hoạ"),
    "to_photo": ("Sketch to photo", "Phác hoạ thành ảnh"),
    "which_way": ("Which way", "Theo chiều nào"),
    "draw_sketch": ("Draw the sketch yourself", "Tự vẽ phác hoạ"),
    "sketch_go": ("Translate", "Chuyển đổi"),
    "sketch_empty": (
        "Each method's result appears here, side by side.",
        "Kết quả của từng phương pháp sẽ hiện ở đây, cạnh nhau.",
    ),
    "given": ("What was given", "Ảnh đưa vào"),
    "method": ("Method", "Phương pháp"),
    "pencil": ("Pencil, no network", "Bút chì, không dùng mạng"),
    "xdog": ("Ink lines, no network", "Nét mực, không dùng mạng"),
    "strength": ("Strength of the lines", "Độ đậm của nét"),
    # Anime.
    "styles": ("Styles", "Kiểu"),
    "first_style": ("First style", "Kiểu đầu tiên"),
    "anime_go": ("Draw as anime", "Vẽ thành anime"),
    "palette": ("Styles: press one to change it", "Các kiểu: bấm một kiểu để chỉnh"),
    "palette_empty": (
        "The face in several styles appears here.",
        "Khuôn mặt theo nhiều kiểu sẽ hiện ở đây.",
    ),
    "another_direction": ("Something else", "Điều khác"),
    "none": ("nothing", "không"),
    "video": ("Video", "Phim"),
    "video_go": ("Draw the clip", "Vẽ đoạn phim"),
    "clip": ("Clip", "Đoạn phim"),
    "no_clip": ("There is no clip yet; send one first.", "Chưa có phim; hãy gửi một đoạn trước."),
    "clip_info": (
        "Up to {} s are drawn, in the style that was pressed, or in the first one.",
        "Vẽ tối đa {} giây, theo kiểu đã bấm chọn, hoặc kiểu đầu tiên.",
    ),
    # What cannot be done.
    "no_face_found": ("No face was found in the photo.", "Không thấy khuôn mặt nào trong ảnh."),
    "too_long": ("{} frames; up to {} are drawn here.", "{} khung hình; ở đây vẽ tối đa {}."),
    "too_many": ("{} mixtures; up to {} are drawn here.", "{} ảnh trộn; ở đây vẽ tối đa {}."),
    "no_seed": (
        "{!r} is no seed; write 0, 7, 42.",
        "{!r} không phải hạt giống; hãy viết 0, 7, 42.",
    ),
    "no_model": (
        "There is no model for this on this disk.",
        "Trên máy chưa có mô hình cho việc này.",
    ),
    # Explore.
    "walk": ("Walk", "Dạo bước"),
    "walk_go": ("Draw the walk", "Vẽ đoạn dạo bước"),
    "stops": ("Faces to pass", "Các khuôn mặt đi qua"),
    "stops_info": (
        "Seeds, with commas. The face at hand comes first, if there is one.",
        "Các hạt giống, cách nhau bằng dấu phẩy. Khuôn mặt đang dùng đứng đầu, nếu có.",
    ),
    "seconds": ("Seconds", "Số giây"),
    "fps": ("Frames a second", "Số hình mỗi giây"),
    "loop": ("Back to the first", "Quay lại khuôn mặt đầu"),
    "walk_empty": ("The clip appears here.", "Đoạn phim sẽ hiện ở đây."),
    "mixing": ("Mixing", "Pha trộn"),
    "mixing_go": ("Mix", "Trộn"),
    "rows": ("Rows (seeds)", "Hàng (hạt giống)"),
    "rows_info": (
        "The face at hand is the first row, if there is one.",
        "Khuôn mặt đang dùng là hàng đầu, nếu có.",
    ),
    "columns": ("Columns (seeds)", "Cột (hạt giống)"),
    "layers": ("Layers taken from the columns", "Các lớp lấy từ cột"),
    "coarse": ("coarse: pose, shape", "thô: dáng, hình khối"),
    "middle": ("middle: features, hair", "giữa: đường nét, tóc"),
    "fine": ("fine: colours", "mịn: màu sắc"),
    "layer_map": ("Layers", "Các lớp"),
    "layer_map_go": ("Measure the layers", "Đo các lớp"),
    "layer_map_info": (
        "One layer at a time is replaced by another face's: what moves?",
        "Lần lượt thay từng lớp bằng lớp của khuôn mặt khác: điều gì thay đổi?",
    ),
    "pairs": ("Pairs of faces", "Số cặp khuôn mặt"),
    "pad": ("Pad", "Bảng kéo"),
    "pad_help": (
        "Drag the point, or use the arrow keys; Home puts it back.",
        "Kéo điểm, hoặc dùng phím mũi tên; phím Home đưa về giữa.",
    ),
    "pad_unmoved": ("The point was not moved yet.", "Điểm chưa được kéo đi."),
    "layer": ("layer", "lớp"),
    "across": ("Across", "Chiều ngang"),
    "upwards": ("Upwards", "Chiều dọc"),
    # Models.
    "model": ("Model", "Mô hình"),
    "card": ("Card", "Thẻ mô tả"),
    "on_disk": ("on this disk", "đã có trên máy"),
    "not_on_disk": ("not here yet", "chưa có"),
    "pull": ("Fetch", "Tải về"),
    "pulled": ("It is on this disk: {}", "Đã có trên máy: {}"),
    "engine_go": ("Measure the engines", "Đo tốc độ"),
    "engine_head": (
        "engine|precision|ms an image|start, s|start again, s|same pixels",
        "bộ máy|độ chính xác|ms mỗi ảnh|khởi động, s|khởi động lại, s|điểm ảnh trùng",
    ),
    "adopt": ("Adopt a generator of your own", "Nhận một bộ sinh của riêng bạn"),
    "adopt_info": (
        "Put a StyleGAN2 file into {}; sentences, edits and layers are then "
        "made for it. It takes minutes to an hour and ends with this page; the next time it goes "
        "on from there.",
        "Đặt tệp StyleGAN2 vào {}; câu mô tả, chỉnh sửa và các lớp sẽ được "
        "tạo cho nó. Mất vài phút đến một giờ và dừng khi đóng trang; lần sau sẽ tiếp tục "
        "từ chỗ đó.",
    ),
    "own_generator": ("Generator", "Bộ sinh"),
    "samples": ("Samples", "Số mẫu"),
    "adopt_go": ("Adopt", "Nhận"),
    "adopt_goes_on": (
        "goes on as it was begun: {} pictures",
        "tiếp tục như lúc bắt đầu: {} ảnh",
    ),
    "adopted": (
        "{0} has all its parts; mien web --model {0} opens the studio with it.",
        "{0} đã có đủ mọi phần; mien web --model {0} mở xưởng với nó.",
    ),
    "no_own": ("There is no generator of your own yet.", "Chưa có bộ sinh nào của riêng bạn."),
    # Gallery.
    "gallery_empty": ("Nothing has been made yet.", "Chưa có gì được tạo ra."),
    "all_zip": ("All of this session as ZIP", "Toàn bộ phiên này (ZIP)"),
    "recipe": ("Recipe", "Công thức"),
    "recipe_empty": (
        "Press a picture to see what made it.",
        "Bấm vào một ảnh để xem nó được tạo ra thế nào.",
    ),
    "take": ("Take it along", "Mang theo"),
    "again": ("Its settings again", "Lấy lại thiết lập"),
    "drop_back": ("Drop a picture back in", "Thả một ảnh trở lại"),
    "drop_back_here": (
        "A PNG that mien made; its settings return",
        "Một ảnh PNG do mien tạo ra; các thiết lập sẽ trở lại",
    ),
    "came_back": ("Made by “{}”; its settings are back.", "Tạo bằng “{}”; thiết lập đã trở lại."),
    "no_recipe": (
        "This picture does not say what made it; only those that mien writes do.",
        "Ảnh này không cho biết nó được tạo ra thế nào; chỉ ảnh do mien ghi mới có.",
    ),
}
"""Key -> English, Vietnamese."""

DOING: Mapping[str, tuple[str, str]] = {
    "waiting": ("Waiting", "Đang chờ"),
    "loading": ("Loading the models", "Đang nạp mô hình"),
    "working": ("Working", "Đang làm"),
    "cancelling": ("Cancelling…", "Đang huỷ…"),
    "drawing": ("Drawing", "Đang vẽ"),
    "refining": ("Refining", "Đang tinh chỉnh"),
    "inverting": ("Reading the photo", "Đang đọc ảnh"),
    "finding faces": ("Finding faces", "Đang tìm khuôn mặt"),
    "fetching": ("Fetching", "Đang tải"),
    "measuring": ("Measuring", "Đang đo"),
    "editing": ("Changing the face", "Đang thay đổi khuôn mặt"),
}
"""What the library says of its work -> what a person reads."""

VERBS: Mapping[str, tuple[str, str]] = {
    "describe": ("described", "mô tả"),
    "generate": ("random", "ngẫu nhiên"),
    "edit": ("edited", "chỉnh sửa"),
    "invert": ("from a photo", "từ ảnh"),
    "mix": ("mixed", "pha trộn"),
    "grid": ("mixed", "pha trộn"),
    "walk": ("walk", "dạo bước"),
    "sketch": ("sketch", "phác hoạ"),
    "photo": ("photo of a sketch", "ảnh từ phác hoạ"),
    "anime": ("anime", "anime"),
    "compose": ("composed", "phối hợp"),
}
"""What made a picture, in a word."""

NAMES: Mapping[str, str] = {
    # Directions.
    "age": "tuổi",
    "gender": "giới tính",
    "smile": "nụ cười",
    "mouth open": "há miệng",
    "glasses": "kính",
    "beard": "râu",
    "hair colour": "màu tóc",
    "black hair/blonde hair": "tóc đen/tóc vàng",
    "grey hair/black hair": "tóc bạc/tóc đen",
    "red hair/black hair": "tóc đỏ/tóc đen",
    "hair length": "độ dài tóc",
    "bangs": "tóc mái",
    "yaw": "quay đầu",
    "skin tone": "màu da",
    "makeup": "trang điểm",
    "hat": "mũ",
    "blue hair": "tóc xanh dương",
    "green hair": "tóc xanh lá",
    "pink hair": "tóc hồng",
    "purple hair": "tóc tím",
    "red hair": "tóc đỏ",
    "white hair": "tóc trắng",
    "brown hair": "tóc nâu",
    "curly hair": "tóc xoăn",
    "straight hair": "tóc thẳng",
    "blue eyes": "mắt xanh dương",
    "green eyes": "mắt xanh lá",
    "red eyes": "mắt đỏ",
    "brown eyes": "mắt nâu",
    "twintails": "tóc hai chùm",
    "ponytail": "tóc đuôi ngựa",
    "bob cut": "tóc bob",
    "blushing": "ửng má",
    "with headwear": "đội mũ hay băng đô",
    "with earrings": "đeo khuyên tai",
    # Columns and values that sentences speak of.
    "skin": "da",
    "hair color": "màu tóc",
    "hair texture": "kiểu tóc",
    "facial hair": "râu",
    "headwear": "đội đầu",
    "expression": "biểu cảm",
    "mouth": "miệng",
    "eyes": "mắt",
    "earrings": "khuyên tai",
    "pose": "tư thế",
    "female": "nữ",
    "male": "nam",
    "baby": "em bé",
    "child": "trẻ em",
    "teen": "thiếu niên",
    "young": "trẻ",
    "middle": "trung niên",
    "old": "già",
    "light": "sáng",
    "medium": "vừa",
    "tan": "ngăm",
    "dark": "tối",
    "black": "đen",
    "brown": "nâu",
    "blonde": "vàng",
    "red": "đỏ",
    "gray": "bạc",
    "white": "trắng",
    "bald": "hói",
    "short": "ngắn",
    "long": "dài",
    "straight": "thẳng",
    "wavy": "gợn sóng",
    "curly": "xoăn",
    "none": "không",
    "goatee": "râu dê",
    "mustache": "ria",
    "sunglasses": "kính râm",
    "cap": "mũ lưỡi trai",
    "neutral": "bình thản",
    "laugh": "cười lớn",
    "sad": "buồn",
    "angry": "giận",
    "surprised": "ngạc nhiên",
    "open": "mở",
    "closed": "khép",
    "hair": "tóc",
    "brows": "lông mày",
    "nose": "mũi",
    "lips": "môi",
    "ears": "tai",
    "neck": "cổ",
    "clothes": "quần áo",
    "yes": "có",
    "no": "không",
}
"""Names of the library -> Vietnamese; a name that is not here stays as it is."""


@dataclass(frozen=True)
class Say:
    """The words of one language; call it with a key and what stands in its braces."""

    language: str = "en"

    @property
    def _column(self) -> int:
        return list(LANGUAGES).index(self.language)

    def __call__(self, key: str, *values: object) -> str:
        """A text of :data:`WORDS`."""
        text = WORDS[key][self._column]
        return text.format(*values) if values else text

    def doing(self, what: str) -> str:
        """What is being done; what the library says otherwise stays as it is."""
        known = DOING.get(what)
        return known[self._column] if known else what[:1].upper() + what[1:]

    def verb(self, verb: str) -> str:
        """What made a picture."""
        known = VERBS.get(verb)
        return known[self._column] if known else verb

    def name(self, name: str) -> str:
        """The name of a direction, a column or a value."""
        return NAMES.get(name, name) if self.language == "vi" else name

    def left(self, seconds: float) -> str:
        """How long it will take still."""
        if seconds < 90:
            return self("left_s", max(1, round(seconds)))
        return self("left_min", round(seconds / 60))

    def column_value(self, column: str, value: str) -> str:
        """What a sentence says of a face: ``hair color: gray``."""
        name = self.name(column.replace("_", " "))
        said = {"0": "no", "1": "yes", "f": "female", "m": "male"}.get(value, value)
        return f"{name}: {self.name(said)}"


def spoken(header: str) -> str:
    """The language that a browser asks for (``Accept-Language``), English if it is none of ours."""
    wanted = []
    for part in header.split(","):
        code, _, weight = part.partition(";q=")
        try:
            wanted.append((-float(weight or 1), code.strip().lower()[:2]))
        except ValueError:
            continue
    codes = [code for _, code in sorted(wanted, key=lambda pair: pair[0]) if code in LANGUAGES]
    return codes[0] if codes else "en"
