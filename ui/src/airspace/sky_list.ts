// The list of others' sky and imposed sky: the map in words, imposed first; what may only be known to exist, said so.
import { onLanguage, say, spoken } from "../phrases/phrases";
import { element, literal, setText } from "../web/elements";
import type { Other } from "../wire";
import { isOnlyKnownToExist, keyOf, levelsText, nameOf, timesOf, whatText, type Sky } from "./sky";

const EXISTS = { FLIGHT: "others.exists_FLIGHT", RESERVATION: "others.exists_RESERVATION", IMPOSED: "others.exists_IMPOSED", CONSTRAINT: "others.exists_RESERVATION", DRONES: "others.exists_IMPOSED" } as const;

export class SkyList {
  readonly root = element("section", { class: "sky", id: "sky", "aria-labelledby": "sky-title" });
  private readonly title = element("h2", { id: "sky-title" });
  private readonly rows = element("ul", { class: "rows", tabindex: "-1", "aria-labelledby": "sky-title" });
  private readonly empty = element("p", { class: "empty", id: "sky-empty" });
  private readonly old = element("p", { class: "list-old" });
  private sky: Sky | null = null; // null until a picture was heard
  private drawn = "";

  constructor(private readonly goTo: (each: Other) => void) {
    this.root.append(this.title, spoken(element("p", { class: "note" }), "sky.hint"), this.old, this.rows, this.empty);
    this.rows.addEventListener("keydown", (event) => this.pressed(event));
    onLanguage(() => this.draw(true));
  }

  show(sky: Sky | null): void {
    this.sky = sky;
    this.draw();
  }

  veil(text: string | null): void {
    setText(this.old, text ?? "");
  }

  focus(): void {
    this.root.scrollIntoView({ block: "nearest" });
    (this.rows.querySelector<HTMLElement>("li") ?? this.rows).focus();
  }

  /** Gives the row of what was pressed on the map the focus. */
  select(key: string): void {
    const row = this.rowOf(key);
    row?.scrollIntoView({ block: "nearest" });
    row?.focus();
  }

  private rowOf(key: string | undefined): HTMLElement | undefined {
    return [...this.rows.querySelectorAll<HTMLElement>("li")].find((row) => row.dataset["sky"] === key);
  }

  private draw(again = false): void {
    const all = this.sky === null ? [] : [...this.sky.imposed, ...this.sky.others];
    const names = all.map((each) => nameOf(each, this.sky?.flights ?? []));
    const state = JSON.stringify([this.sky === null, all, names]);
    if (state === this.drawn && !again) return;
    this.drawn = state;
    setText(this.title, say("sky.title", { count: all.filter((each) => !isOnlyKnownToExist(each)).length }));
    setText(this.empty, this.sky === null ? say("list.waiting") : all.length === 0 ? say("sky.none") : "");
    this.empty.hidden = this.empty.textContent === "";
    const focused = this.rows.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null;
    const [key, is_name] = [focused?.closest("li")?.dataset["sky"], focused?.tagName === "BUTTON"];
    this.rows.replaceChildren(...all.map((each, index) => this.row(each, names[index] ?? null)));
    if (focused === null) return;
    const row = this.rowOf(key);
    ((is_name ? row?.querySelector<HTMLElement>("button") : null) ?? row ?? this.rows).focus();
  }

  private row(each: Other, name: string | null): HTMLElement {
    const is_imposed = each.why != null;
    const row = element("li", { class: is_imposed ? "row is-imposed" : "row", tabindex: "0", "data-sky": keyOf(each), "data-kind": each.kind });
    if (is_imposed) row.dataset["why"] = each.why ?? "";
    if (isOnlyKnownToExist(each)) {
      const tag = element("span", { class: "tag" }, say("others.exists"));
      row.append(element("div", { class: "row-head" }, tag), element("p", { class: "row-line" }, say(EXISTS[each.kind])));
      return row;
    }
    row.append(this.head(each, name));
    const levels = element("span", {}, `${say("sky.levels")} `, literal(levelsText(each.regions), "level"));
    row.append(element("p", { class: "row-line" }, levels), element("p", { class: "row-line" }, ...timesWords(each)));
    const whose = each.party === null ? [say("others.unknown")] : [`${say("sky.party")} `, element("bdi", {}, each.party)];
    row.append(element("p", { class: "row-line" }, ...whose));
    if (each.contact != null) row.append(element("p", { class: "row-line" }, `${say("sky.contact")} `, element("bdi", {}, each.contact)));
    if (each.note != null) row.append(element("p", { class: "row-line" }, element("bdi", {}, each.note)));
    return row;
  }

  private head(each: Other, name: string | null): HTMLElement {
    const button = element("button", { type: "button", class: "name", title: say("list.show", { id: name ?? whatText(each) }) });
    button.append(name === null ? say("others.unnamed") : literal(name));
    button.addEventListener("click", () => this.goTo(each));
    const swatch = element("span", { class: `swatch swatch-${each.why == null ? "others" : "imposed"}`, "aria-hidden": "true" });
    const what = element("span", { class: each.why == null ? "tag" : "tag why" }, whatText(each));
    return element("div", { class: "row-head" }, swatch, button, what);
  }

  private pressed(event: KeyboardEvent): void {
    const row = (event.target as HTMLElement).closest("li");
    if (row === null || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const next = event.key === "ArrowDown" ? row.nextElementSibling : row.previousElementSibling;
      if (next instanceof HTMLElement) next.focus();
      event.preventDefault();
    } else if (event.key === "Enter" && event.target === row) row.querySelector("button")?.click();
  }
}

function timesWords({ regions }: Other): (Node | string)[] {
  const { start, end } = timesOf(regions);
  if (end === null) return [say("sky.until_reported", { time: start.replace(/ –$/, "") })];
  return [`${say("sky.times")} `, element("span", { dir: "ltr", class: "window" }, literal(start), " ", literal(end))];
}
