// What comes too near to a flight or reservation and was not admitted there, in words.
import { say, type Key } from "../phrases/phrases";
import { element, literal } from "../web/elements";
import type { TouchedBy } from "../wire";

function whatKey({ kind }: TouchedBy): Key {
  if (kind === "FLIGHT" || kind === "RESERVATION" || kind === "IMPOSED" || kind === "DRONES") return `touched.${kind}`;
  return "touched.unknown"; // the viewer may not know, or from a newer node
}

/** In one sentence without names, as it is read out. */
function sentence(each: TouchedBy): string {
  const what = say(whatKey(each));
  return each.why === null || each.kind === "DRONES" ? what : say("touched.why", { what, why: say(`imposed.${each.why}`) });
}

/** One line of a row for each, with whose it is and its id where they may be known. */
export function touchedLines(found: readonly TouchedBy[]): HTMLElement[] {
  return found.map((each) => {
    const line = element("p", { class: "row-line is-warning", "data-touched": each.why ?? each.kind ?? "" }, sentence(each));
    if (each.id !== null) line.append(" ", literal(each.id));
    if (each.party !== null) line.append(" ", element("bdi", {}, each.party));
    return line;
  });
}

/** Reads out, once, what something has begun to come too near to. */
export class TouchedSpoken {
  readonly root = element("p", { class: "unseen", role: "alert" });
  private known = new Set<string>();

  show(rows: readonly { name: string; touched_by: readonly TouchedBy[] }[]): void {
    const all = rows.flatMap(({ name, touched_by }) => touched_by.map((each) => ({ key: JSON.stringify([name, each]), says: `${name}: ${sentence(each)}` })));
    const begun = all.filter(({ key }) => !this.known.has(key));
    this.known = new Set(all.map(({ key }) => key));
    if (begun.length > 0) this.root.textContent = begun.map(({ says }) => says).join(". ");
    else if (all.length === 0) this.root.textContent = "";
  }
}
