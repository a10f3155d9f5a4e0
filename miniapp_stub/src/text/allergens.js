/** Allergens a dish may name; a word not listed here is shown as the canteen wrote it. */
export const ALLERGENS = {
  gluten: '麸质',
  crustacean: '甲壳类',
  crustaceans: '甲壳类',
  egg: '蛋',
  eggs: '蛋',
  fish: '鱼',
  peanut: '花生',
  peanuts: '花生',
  soy: '大豆',
  soya: '大豆',
  milk: '乳',
  nuts: '坚果',
  sesame: '芝麻',
}

export const allergenNames = (allergens = []) => allergens.map((name) => ALLERGENS[name] || name)
