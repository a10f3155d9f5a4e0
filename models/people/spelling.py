"""Chinese names as they are typed by their sound, surnames read as surnames."""

from __future__ import annotations

from typing import Final

from pypinyin import lazy_pinyin

# What dictionaries read otherwise when it is not a surname.
_SURNAMES: Final = {
    "万俟": "mo qi", "尉迟": "yu chi", "单于": "chan yu", "长孙": "zhang sun", "澹台": "tan tai",
    "欧阳": "ou yang", "上官": "shang guan", "司马": "si ma", "司徒": "si tu", "诸葛": "zhu ge",
    "夏侯": "xia hou", "皇甫": "huang fu", "令狐": "ling hu", "宇文": "yu wen", "慕容": "mu rong",
    "公孙": "gong sun", "东方": "dong fang", "独孤": "du gu", "端木": "duan mu", "呼延": "hu yan",
    "单": "shan", "曾": "zeng", "解": "xie", "仇": "qiu", "区": "ou", "查": "zha", "朴": "piao",
    "盖": "ge", "缪": "miao", "乐": "yue", "翟": "zhai", "覃": "qin", "燕": "yan", "员": "yun",
    "晁": "chao", "隗": "wei", "牟": "mu", "召": "shao", "薄": "bo", "冼": "xian", "洗": "xian",
    "祭": "zhai", "瞿": "qu", "乜": "nie", "种": "chong", "折": "she", "撒": "sa", "句": "gou",
    "车": "che", "纪": "ji", "任": "ren", "华": "hua", "卜": "bu", "宁": "ning", "黑": "he",
    "重": "chong", "尉": "wei", "葛": "ge", "石": "shi", "沈": "shen", "俞": "yu", "郗": "xi",
}  # fmt: skip


def spelled(name: str) -> tuple[str, str]:
    """How a name is typed by its sound, and its initials: ("shanyu", "sy") for 单雨."""
    if name.isascii():
        sounds = name.lower().split()
    else:
        size = 2 if name[:2] in _SURNAMES and len(name) > 2 else 1
        family, given = name[:size], name[size:]
        spoken = _SURNAMES[family].split() if family in _SURNAMES and given else _sounds(family)
        sounds = [*spoken, *_sounds(given)]
    return "".join(sounds), "".join(sound[:1] for sound in sounds)


def _sounds(characters: str) -> list[str]:
    """Each by itself, since names are no words."""
    each = ("".join(lazy_pinyin(character)).lower() for character in characters)
    return [sound for sound in each if sound.isalnum()]
