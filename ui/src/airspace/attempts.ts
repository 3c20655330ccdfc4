// Who asked often for what it gave up again: a quiet line for the party of the node, gone when the hour is over.
import { onLanguage, say, spoken } from "../phrases/phrases";
import { element } from "../web/elements";
import { clockText } from "../web/moments";
import type { Attempts } from "../wire";

export class AttemptsList {
  readonly root = element("section", { class: "attempts", id: "attempts", "aria-labelledby": "attempts-title", hidden: "" });
  private readonly rows = element("ul", { class: "rows", "aria-labelledby": "attempts-title" });
  private readonly announced = element("p", { class: "unseen", role: "status" });
  private attempts: readonly Attempts[] = [];
  private known = new Set<string>();
  private drawn = "";

  constructor() {
    this.root.append(spoken(element("h2", { id: "attempts-title" }), "attempts.title"), spoken(element("p", { class: "note" }), "attempts.hint"), this.rows);
    onLanguage(() => this.draw(true));
  }

  /** What screen readers are told; it stays in the page while the list is hidden. */
  get spoken(): HTMLElement {
    return this.announced;
  }

  show(attempts: readonly Attempts[]): void {
    this.attempts = attempts;
    this.announce();
    this.draw();
  }

  /** Reads out, once, which party begins to be listed, and which may not ask any more. */
  private announce(): void {
    const keyOf = ({ party, free_at }: Attempts): string => `${party} ${free_at === null}`;
    const begun = this.attempts.filter((each) => !this.known.has(keyOf(each)));
    this.known = new Set(this.attempts.map(keyOf));
    if (begun.length > 0) this.announced.textContent = begun.map((each) => [each.party, ...sentences(each)].join(" ")).join(" ");
    else if (this.attempts.length === 0) this.announced.textContent = "";
  }

  private draw(again = false): void {
    const state = JSON.stringify(this.attempts);
    if (state === this.drawn && !again) return;
    this.drawn = state;
    const focused = this.rows.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset["party"] : undefined;
    this.root.hidden = this.attempts.length === 0;
    this.rows.replaceChildren(...this.attempts.map(row));
    if (focused !== undefined) [...this.rows.querySelectorAll<HTMLElement>("li")].find((each) => each.dataset["party"] === focused)?.focus();
  }
}

function row(each: Attempts): HTMLElement {
  const made = element("li", { class: "row", tabindex: "0", "data-party": each.party, "data-attention": each.free_at === null ? "none" : "warning" });
  const [counted, over] = sentences(each);
  made.append(element("p", { class: "row-line" }, element("strong", {}, element("bdi", {}, each.party)), ` ${counted ?? ""}`));
  if (over !== undefined) made.append(element("p", { class: "row-line is-warning" }, over));
  return made;
}

function sentences({ count, count_max, since, free_at }: Attempts): string[] {
  const time = (moment: string): string => clockText(new Date(moment)).replace(/:\d\dZ$/, "Z");
  const counted = say("attempts.row", { count, count_max, time: time(since) });
  return free_at === null ? [counted] : [counted, say("attempts.over", { time: time(free_at) })];
}
