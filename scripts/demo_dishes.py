"""The dishes of the demo's two canteens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from models.meals.dishes import Allergen
from scripts.demo_pictures import Look


@dataclass(frozen=True, slots=True)
class DemoDish:
    """A dish; `price` in fen on top of the meal, `allergens` empty means free of them."""

    name: str
    category: str
    look: Look
    allergens: tuple[Allergen, ...] = ()
    price: int = 0
    limit: int = 2


SAND, AMBER, CLAY, ROSE, OLIVE = "#e8b27a", "#e7a15c", "#d08c62", "#dd9a8a", "#c9b27c"
MEAT, GREENS, SOUP, STAPLE, EXTRA = "荤菜", "素菜", "汤", "主食", "小份加菜"
BREAKFAST: Final = "早点"

_BROWN: Final = ("#8c3b1e", "#a4492a", "#6e2c16")
_LEAVES: Final = ("#5f9440", "#79ab4e", "#4a7a34")

MENU_1: Final = (
    DemoDish("红烧肉", MEAT, Look("pieces", SAND, _BROWN), ("gluten", "soy")),
    DemoDish(
        "宫保鸡丁",
        MEAT,
        Look("pieces", AMBER, ("#c46a2e", "#e0b070", "#b8321f")),
        ("peanut", "soy"),
    ),
    DemoDish(
        "清蒸鲈鱼", MEAT, Look("pieces", OLIVE, ("#f1ece0", "#dcd6c6", "#9aa3a0")), ("fish", "soy")
    ),
    DemoDish(
        "糖醋里脊",
        MEAT,
        Look("pieces", ROSE, ("#c9502a", "#e07a3a", "#a83a1e")),
        ("gluten", "egg", "soy"),
    ),
    DemoDish(
        "番茄炒蛋", GREENS, Look("pieces", AMBER, ("#f6c945", "#dc4a2e", "#f3b62f")), ("egg",)
    ),
    DemoDish("清炒时蔬", GREENS, Look("pieces", SAND, _LEAVES)),
    DemoDish("麻婆豆腐", GREENS, Look("pieces", CLAY, ("#f4e6cc", "#b8321f", "#efd9b4")), ("soy",)),
    DemoDish("蒜蓉西兰花", GREENS, Look("pieces", OLIVE, ("#3f7a35", "#5b9a45", "#e9e2c8"))),
    DemoDish("番茄蛋花汤", SOUP, Look("soup", ROSE, ("#e8683a", "#f6c945", "#d94f2b")), ("egg",)),
    DemoDish("杂粮饭", STAPLE, Look("rice", CLAY, ("#f6e7cf", "#b5673a", "#7a3f2a"))),
    DemoDish(
        "卤牛肉",
        EXTRA,
        Look("pieces", SAND, ("#6a2f1c", "#7d3b24", "#54230f")),
        ("gluten", "soy"),
        800,
    ),
    DemoDish("酸奶", EXTRA, Look("soup", ROSE, ("#fff8ef", "#f3c9c0", "#e59aa0")), ("milk",), 300),
    DemoDish(
        "鲜肉包", BREAKFAST, Look("buns", SAND, ("#fff3e0", "#e8cfae")), ("gluten", "soy"), 0, 3
    ),
    DemoDish("小米粥", BREAKFAST, Look("soup", AMBER, ("#f0cf7c", "#e6bd5c", "#f6dc98"))),
    DemoDish("茶叶蛋", BREAKFAST, Look("buns", CLAY, ("#b9824f", "#7d4f2b")), ("egg", "soy")),
    DemoDish("豆浆", BREAKFAST, Look("soup", OLIVE, ("#f5ead2", "#fbf3e2", "#ead9b8")), ("soy",)),
)

MENU_2: Final = (
    DemoDish(
        "兰州牛肉面",
        STAPLE,
        Look("noodles", CLAY, ("#f0d9a0", "#9c4a25", "#7a3a22")),
        ("gluten", "soy"),
        0,
        1,
    ),
    DemoDish(
        "葱油拌面",
        STAPLE,
        Look("noodles", OLIVE, ("#e9c987", "#8a5a2c", "#5f9440")),
        ("gluten", "soy", "sesame"),
        0,
        1,
    ),
    DemoDish(
        "扬州炒饭",
        STAPLE,
        Look("rice", AMBER, ("#f3d88f", "#f6e3b4", "#cf6a3a", "#7fae55")),
        ("egg", "crustacean"),
        0,
        1,
    ),
    DemoDish(
        "白灼虾", MEAT, Look("pieces", ROSE, ("#ef8a63", "#f6b08f", "#e06a45")), ("crustacean",)
    ),
    DemoDish("土豆炖牛腩", MEAT, Look("pieces", SAND, ("#e6b35a", "#7d3b24", "#d99c43"))),
    DemoDish("香菇滑鸡", MEAT, Look("pieces", OLIVE, ("#e5cda2", "#6b4a30", "#d8b988")), ("soy",)),
    DemoDish("鱼香茄子", GREENS, Look("pieces", CLAY, ("#5b2f4c", "#74405f", "#b8482c")), ("soy",)),
    DemoDish("手撕包菜", GREENS, Look("pieces", SAND, ("#c7d68a", "#aebf6a", "#b8482c"))),
    DemoDish(
        "凉拌木耳", GREENS, Look("pieces", AMBER, ("#33261f", "#4a382d", "#c23b22")), ("sesame",)
    ),
    DemoDish(
        "紫菜虾皮汤", SOUP, Look("soup", OLIVE, ("#d9d2a8", "#3c2f4a", "#f0b49a")), ("crustacean",)
    ),
    DemoDish(
        "核桃糕", EXTRA, Look("buns", ROSE, ("#c08a55", "#8a5a32")), ("gluten", "nuts", "milk"), 400
    ),
    DemoDish(
        "时令水果",
        EXTRA,
        Look("pieces", AMBER, ("#e4572e", "#f3a712", "#8fb339", "#c8553d")),
        (),
        350,
    ),
    DemoDish("油条", BREAKFAST, Look("buns", AMBER, ("#d99a45", "#b5762b")), ("gluten",)),
    DemoDish(
        "皮蛋瘦肉粥", BREAKFAST, Look("soup", SAND, ("#f1e6d2", "#5c5a52", "#c99a7c")), ("egg",)
    ),
    DemoDish(
        "小笼包", BREAKFAST, Look("buns", ROSE, ("#fbeedd", "#dfc3a0")), ("gluten", "soy"), 0, 3
    ),
    DemoDish("牛奶", BREAKFAST, Look("soup", CLAY, ("#fffdf6", "#f7efe0", "#fbf6ea")), ("milk",)),
)
