/**
 * What a person is putting together on the order page: day, sitting, portions, dishes, place.
 * Prices shown are an estimate; the server decides.
 */
import { computed, reactive } from 'vue'
import { standing } from '@/text/sitting'
import { serverNow } from '@/state/clock'

const USUAL = 'lunch'

export function useChoice(sittings) {
  const choice = reactive({
    date: '',
    canteen: '',
    meal: '',
    sittingId: '',
    portions: 1,
    counts: {},
    place: null,
  })

  const meals = computed(() => unique(sittings().map((s) => s.meal)))
  const canteens = computed(() =>
    unique(
      sittings()
        .filter((s) => s.meal.id === choice.meal)
        .map((s) => s.canteen),
    ),
  )
  const offered = computed(() =>
    sittings().filter((s) => s.meal.id === choice.meal && s.canteen.id === choice.canteen),
  )
  const sitting = computed(() => offered.value.find((s) => s.id === choice.sittingId) || null)
  const categories = computed(() => byCategory(sitting.value?.dishes || []))
  const chosen = computed(() =>
    (sitting.value?.dishes || []).filter((d) => choice.counts[d.id] > 0 && !d.sold_out),
  )
  const total = computed(() => {
    const dishes = chosen.value.reduce((sum, d) => sum + d.price * choice.counts[d.id], 0)
    return (sitting.value?.price || 0) * choice.portions + dishes
  })

  /** After a reload: keep what still exists, otherwise a meal and sitting one can still order, lunch first. */
  function settle() {
    if (!meals.value.some((m) => m.id === choice.meal))
      choice.meal = orderable()?.id || meals.value[0]?.id || ''
    if (!canteens.value.some((c) => c.id === choice.canteen)) choice.canteen = canteens.value[0]?.id || ''
    if (sitting.value) choice.portions = Math.min(choice.portions, sitting.value.max_portions)
    else pick(offered.value.find((s) => standing(s, serverNow()).open && !standing(s, serverNow()).full))
  }

  function orderable() {
    const open = sittings().filter((s) => standing(s, serverNow()).open)
    return (open.find((s) => s.meal.id === USUAL) || open[0])?.meal
  }

  function pick(wanted) {
    choice.sittingId = wanted?.id || ''
  }

  /** Takes over portions, dishes and place of an earlier order, as far as today's menu has them. */
  function repeat({ portions, dishes = [], deliver_to: place }) {
    choice.portions = portions || 1
    choice.place = place || null
    choice.counts = {}
    for (const dish of dishes) choice.counts[dish.id || dish.dish_id] = dish.count
  }

  /** Names of the dishes taken over that this sitting does not have, or has no more of. */
  function missing(dishes = []) {
    const there = (sitting.value?.dishes || []).filter((dish) => !dish.sold_out).map((dish) => dish.id)
    return dishes.filter((dish) => !there.includes(dish.id)).map((dish) => dish.name)
  }

  function body() {
    const dishes = chosen.value.map((d) => ({ dish_id: d.id, count: choice.counts[d.id] }))
    return {
      sitting_id: choice.sittingId,
      portions: choice.portions,
      dishes,
      deliver_to: choice.place?.id ?? null,
    }
  }

  return { choice, meals, canteens, offered, sitting, categories, total, settle, pick, repeat, missing, body }
}

function unique(named) {
  return [...new Map(named.map((thing) => [thing.id, thing])).values()]
}

function byCategory(dishes) {
  const groups = new Map()
  for (const dish of dishes) groups.set(dish.category, [...(groups.get(dish.category) || []), dish])
  return [...groups].map(([name, items]) => ({ name, items }))
}
