"""Words of titles in many scripts, the rules by their names, and the places of words in a title."""

from __future__ import annotations

import re
import sys
import unicodedata
from pathlib import Path

import pytest

from nrms_np.config import Config
from nrms_np.data.tokens import NEWEST, RULES, pieces, tokenize
from nrms_np.errors import ConfigError

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "real"

HEADLINES = {
    "Chinese, simplified": (
        "中国女排3:0战胜日本队，晋级AI杯决赛！",
        "中 国 女 排 3 0 战 胜 日 本 队 ， 晋 级 ai 杯 决 赛 ！",
    ),
    "Chinese, traditional": ("颱風明天登陸，台北停班停課？", "颱 風 明 天 登 陸 ， 台 北 停 班 停 課 ？"),
    "Japanese": (
        "東京で初雪、テレビも速報。すごーーい100円セール",
        "東 京 で 初 雪 、 テ レ ビ も 速 報 。 す ご ー ー い 100 円 セ ー ル",
    ),
    "Korean": ("삼성전자, 3분기 영업이익 12조원…美 증시 급락", "삼성전자 , 3분기 영업이익 12조원 美 증시 급락"),
    "Thai": ("กรุงเทพฯ น้ำท่วม ปี ๒๕๖๗", "ก รุ ง เ ท พ ฯ น้ำ ท่ ว ม ปี ๒๕๖๗"),
    "Lao": ("ນ້ຳຖ້ວມ ວຽງຈັນ", "ນ້ຳ ຖ້ ວ ມ ວ ຽ ງ ຈັ ນ"),
    "Khmer": ("កម្ពុជា ឈ្នះ ថៃ ២-០។", "ក ម្ពុ ជា ឈ្នះ ថៃ ២ ០ ។"),
    "Burmese": ("မန္တလေးမှာ မိုးကြီး၊ ရေကြီး။", "မ န္တ လေး မှာ မိုး ကြီး ၊ ရေ ကြီး ။"),
    "Hindi": ("दिल्ली में भारी बारिश, स्कूल बंद।", "दिल्ली में भारी बारिश , स्कूल बंद ।"),
    "Bengali": ("বাংলাদেশের জয়, সিরিজ এখন ২–১।", "বাংলাদেশের জয় , সিরিজ এখন ২ ১ ।"),
    "Tamil": ("சென்னையில் கனமழை: பள்ளிகளுக்கு விடுமுறை", "சென்னையில் கனமழை பள்ளிகளுக்கு விடுமுறை"),
    "Arabic": ("المنتخبُ يفوز، فهل يتأهّل؟", "المنتخبُ يفوز ، فهل يتأهّل ؟"),
    "Persian": ("تیم ملی فردا می\u200cرود؛ کی برمی\u200cگردد؟", "تیم ملی فردا میرود ؛ کی برمیگردد ؟"),
    "Hebrew": ("צה״ל: הגשם מגיע, כבישים נחסמו", "צה ל הגשם מגיע , כבישים נחסמו"),
    "Russian": ("«Зенит» обыграл ЦСКА — 2:1, тренер ушёл", "зенит обыграл цска 2 1 , тренер ушёл"),
    "Greek": ("Ο ΠΡΩΘΥΠΟΥΡΓΟΣ στη Βουλή· τι είπε;", "ο πρωθυπουργοσ στη βουλή τι είπε ;"),
    "Turkish": ("İstanbul'da kar yağışı: okullar tatil", "istanbul da kar yağışı okullar tatil"),
    "Vietnamese": ("Hà Nội mưa lớn, đường phố ngập", "hà nội mưa lớn , đường phố ngập"),
    "German": ("Münchner Straße gesperrt: Ärger für Fuß\u00adgänger", "münchner strasse gesperrt ärger für fussgänger"),
    "French": ("L'été arrive à Besançon, enfin !", "l été arrive à besançon , enfin !"),
    "Amharic": ("አዲስ አበባ ዛሬ ዝናብ ጣለ። ለምን፧", "አዲስ አበባ ዛሬ ዝናብ ጣለ ። ለምን ፧"),
    "Georgian": ("თბილისში თოვს, სკოლები დაკეტილია", "თბილისში თოვს , სკოლები დაკეტილია"),
    "Armenian": ("Երևանում ձյուն է գալիս։", "երեւանում ձյուն է գալիս ։"),
}


@pytest.mark.parametrize("form", ["as typed", "NFC", "NFD"])
@pytest.mark.parametrize("language", HEADLINES)
def test_a_headline_is_cut_into_its_words_however_it_is_composed(language: str, form: str) -> None:
    title, words = HEADLINES[language]
    written = title if form == "as typed" else unicodedata.normalize(form, title)
    expected = [unicodedata.normalize("NFC", word) for word in words.split()]
    assert tokenize(written) == expected
    assert tokenize(f"  {written} ") == expected


def test_an_english_title_is_split_into_lower_case_words_and_punctuation_marks() -> None:
    expected = ["who", "s", "new", "?", "u", ".", "s", ".", "wins", ",", "3", "1", "|", "msn", "a_b", "!", ";"]
    for rule in RULES:
        assert tokenize("Who's NEW? U.S. wins, 3-1 | MSN: a_b!;", rule) == expected


def test_a_title_without_letters_has_no_words() -> None:
    assert tokenize(" -- () ") == tokenize("— “” \u200d\ufe0f \u0301 ") == tokenize("") == []


def test_spellings_of_one_word_are_one() -> None:
    assert set(tokenize("Straße STRASSE strasse")) == {"strasse"}
    assert set(tokenize("İlk ilk I\u0307lk")) == {"ilk"}
    assert set(tokenize("ὈΔΥΣΣΕΎΣ Ὀδυσσεύς")) == {"ὀδυσσεύσ"}
    assert set(tokenize("K\u00adino KI\u200dNO")) == {"kino"}
    assert tokenize("ガ カ\u3099") == ["ガ", "ガ"]


def test_two_vowel_signs_make_two_words() -> None:
    assert len(set(tokenize("की के का"))) == 3
    assert len(set(tokenize("ทีทูทา"))) == 4


def test_no_letter_of_unicode_is_cut_otherwise_when_it_is_composed_otherwise() -> None:
    """In the middle of a word, at its start, and before a mark."""
    differing = 0
    for code in range(sys.maxunicode + 1):
        letter = chr(code)
        if (
            apart := unicodedata.normalize("NFD", letter)
        ) == letter or 0xAC01 <= code <= 0xD7A0:  # most of Hangul is alike
            continue
        differing += 1
        for title in (f"a{letter}b", f"x {letter}\u0323 y"):
            assert tokenize(title) == tokenize(unicodedata.normalize("NFD", title)), hex(code)
            assert tokenize(title) == tokenize(title.replace(letter, apart)), hex(code)
    assert differing > 2000


@pytest.mark.parametrize("rule", RULES)
def test_pieces_tell_where_each_word_stands(rule: str) -> None:
    for title, _ in HEADLINES.values():
        found = pieces(title, rule)
        assert [word for word, _, _ in found] == tokenize(title, rule)
        ends = [0, *(end for _, _, end in found)]
        for (word, start, end), before in zip(found, ends[:-1], strict=True):
            assert before <= start < end <= len(title)
            alone = tokenize(title[start:end], rule)
            assert alone == [word] or (rule == "mind" and "İ" in title), title[start:end]


def test_the_older_rule_reads_titles_as_before() -> None:
    assert tokenize("Mu\u0308nchen 東京だ। İstanbul", "mind") == ["mu", "nchen", "東京だ", "i", "stanbul"]
    assert pieces("aİstanbul x", "mind") == [("ai", 0, 2), ("stanbul", 2, 9), ("x", 10, 11)]
    for title, _ in HEADLINES.values():
        assert tokenize(title, "mind") == re.findall(r"[\w]+|[.,!?;|]", title.lower())


def test_a_rule_that_does_not_exist_is_named() -> None:
    for title in ("plain", "plaïn"):
        with pytest.raises(ConfigError, match="tokens must be unicode or mind, not 'letters'"):
            tokenize(title, "letters")
    with pytest.raises(ConfigError, match="tokens must be unicode or mind, not 'letters'"):
        Config.from_json('{"tokens": "letters"}')


def test_settings_from_before_there_was_a_choice_mean_the_older_rule() -> None:
    assert Config.from_json('{"heads": 3}').tokens == "mind"
    assert Config.from_json(Config().to_json()).tokens == Config().tokens == NEWEST == "unicode"


@pytest.mark.parametrize("name", ["mind-sample", "bing-clicks/train", "bing-clicks/dev"])
def test_real_english_titles_have_the_same_words_by_both_rules(name: str) -> None:
    path = REAL / name / "news.tsv"
    if not path.is_file():
        pytest.skip(f"there is no {path}")
    titles = [line.split("\t")[3] for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(titles) > 500
    for title in titles:
        assert tokenize(title) == tokenize(title, "mind") == re.findall(r"[\w]+|[.,!?;|]", title.lower())


def test_english_titles_with_accents_and_typographic_marks_have_the_same_words_by_both_rules() -> None:
    for title in (
        "Beyoncé’s café — 50% off…",
        "‘Señor’ Nuñez: naïve? Déjà vu!",
        "€5 “crème brûlée”, 70° | ½ price",
        "🎃 Zoë‘s 2nd™",
    ):
        assert tokenize(title) == re.findall(r"[\w]+|[.,!?;|]", title.lower())
