// What a plan says beyond where, when and how high it flies: what rules, why it is handled otherwise, with whom.
import { levelFrom, levelText } from "../geometry/levels";
import { numberFrom } from "../geometry/units";
import { say } from "../phrases/phrases";
import { fillChoice, type Fields } from "../web/fields";
import type { Flight, Plan, RoutePoint, SpecialHandling } from "../wire";
import type { Name } from "./plan";

export const HANDLING: readonly SpecialHandling[] = ["ALTRV", "FFR", "HEAD", "HOSP", "HUM", "MARSA", "MEDEVAC", "NONRVSM", "SAR", "STATE"];
const ON_QNH = /^[AM]/; // altitudes; flight levels and metric levels are on the standard pressure
const ADDRESS = /^[0-9a-f]{6}$/i;
const NOBODY = "";

export const PARTICULARS = ["level_upper", "qnh_hpa", "stay_min", "handling", "icao_address", "traffic", "joins", "splits_from"] as const;

/** As typed: `handling` as in item 18 of a flight plan, codes with blanks between. */
export type TypedParticulars = Record<(typeof PARTICULARS)[number], string>;

export interface Particulars {
  of_plan: Pick<Plan, "traffic" | "handling" | "qnh_hpa" | "icao_address" | "joins" | "splits_from">;
  level_upper: string | null; // the block reaches to it, all along the route
  stay_s: number; // at the last point
}

/** What was typed, or null where some of it cannot be read; `wrong` is told what and where. */
export function particularsFrom(typed: TypedParticulars, level: string | null, wrong: (at: Name, what: string) => void): Particulars | null {
  let is_right = true;
  const fault = (at: Name, what: string): null => {
    is_right = false;
    wrong(at, what);
    return null;
  };
  const number = (name: "qnh_hpa" | "stay_min", example: string): number | null =>
    typed[name] === "" ? null : (numberFrom(typed[name]) ?? fault(name, say("form.not_a_number", { example })));
  const level_upper = typed.level_upper === "" ? null : (levelFrom(typed.level_upper) ?? fault("level_upper", say("flight.not_a_level", { example: "FL350" })));
  const qnh_hpa = number("qnh_hpa", "1013.25");
  const is_on_qnh = [level, level_upper].some((each) => each !== null && ON_QNH.test(each));
  if (is_on_qnh && typed.qnh_hpa === "") fault("qnh_hpa", say("form.needed"));
  const stay_min = number("stay_min", "15") ?? 0;
  if (stay_min < 0) fault("stay_min", say("form.not_a_number", { example: "15" }));
  const codes = typed.handling.toUpperCase().split(/[\s,/]+/).filter(Boolean);
  const handling = codes.flatMap((code) => HANDLING.find((known) => known === code) ?? []);
  if (handling.length < codes.length) fault("handling", say("form.allowed", { allowed: HANDLING.join(" ") }));
  if (typed.icao_address !== "" && !ADDRESS.test(typed.icao_address)) fault("icao_address", say("flight.not_an_address", { example: "738065" }));
  if (!is_right) return null;
  const of_plan: Particulars["of_plan"] = {
    traffic: typed.traffic === "OAT" ? "OAT" : "GAT",
    handling,
    qnh_hpa,
    icao_address: typed.icao_address === "" ? null : typed.icao_address.toLowerCase(),
    joins: typed.joins === NOBODY ? null : typed.joins,
    splits_from: typed.splits_from === NOBODY ? null : typed.splits_from,
  };
  return { of_plan, level_upper, stay_s: Math.round(stay_min * 60) };
}

/** The particulars of a plan as they are typed. */
export function particularsOf(plan: Plan): TypedParticulars {
  const [first, last] = [plan.route[0], plan.route.at(-1)];
  return {
    level_upper: first?.level_upper == null ? "" : levelText(first.level_upper),
    qnh_hpa: plan.qnh_hpa == null ? "" : String(plan.qnh_hpa),
    stay_min: last?.stay_s ? String(Number((last.stay_s / 60).toFixed(3))) : "",
    handling: (plan.handling ?? []).join(" "),
    icao_address: plan.icao_address ?? "",
    traffic: plan.traffic ?? "GAT",
    joins: plan.joins ?? NOBODY,
    splits_from: plan.splits_from ?? NOBODY,
  };
}

/** The route with the stay at its last point. */
export function withStay(route: readonly RoutePoint[], { stay_s }: Particulars): RoutePoint[] {
  const last = route.length - 1;
  return route.map((point, index) => (index < last || stay_s === (point.stay_s ?? 0) ? point : { ...point, stay_s }));
}

/** Whose formations; not the flight itself; ids that are offered in any case. */
interface Offered {
  party: string;
  but: string | null;
  also: readonly unknown[];
}

/** Offers the formations of the party, which may be joined or left. What is chosen stays, whatever becomes of it. */
export function offerFormations(fields: Fields<Name>, flights: readonly Flight[], { party, but, also }: Offered): void {
  const formations = flights.filter(({ flight_id, plan, party: whose }) => whose === party && flight_id !== but && (plan.aircraft_count ?? 1) > 1);
  const ids = formations.map(({ flight_id, plan }) => ({ value: flight_id, words: `${plan.identification} · ${flight_id}` }));
  for (const name of ["joins", "splits_from"] as const) {
    const wanted = [fields.value(name), ...also].filter((id): id is string => typeof id === "string" && id !== NOBODY);
    const gone = [...new Set(wanted)].filter((id) => ids.every(({ value }) => value !== id)).map((id) => ({ value: id, words: id }));
    fillChoice(fields.select(name), [{ value: NOBODY, words: say("flight.nobody") }, ...ids, ...gone]);
  }
}

/** What of a plan is out of the ordinary, as the codes a controller reads. */
export function codesOf({ traffic, handling }: Plan): string[] {
  return [...(traffic === "OAT" ? ["OAT"] : []), ...(handling ?? [])];
}
