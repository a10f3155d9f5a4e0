/** The allergens a dish may name: the eight groups of GB 7718, and sesame. */
export const ALLERGENS = {
  gluten: '麸质',
  crustacean: '甲壳类',
  fish: '鱼',
  egg: '蛋',
  peanut: '花生',
  soy: '大豆',
  milk: '乳',
  nuts: '坚果',
  sesame: '芝麻',
}

export const allergenNames = (allergens = []) => allergens.map((name) => ALLERGENS[name] || name)
