// A list whose rows are drawn anew only when what they say changes; the focus stays where it was, and ages go on.
import { onLanguage, say, spoken, type Key } from "../phrases/phrases";
import { element, setText } from "../web/elements";

/** A row: its key, and how it is made. Elements in it with `data-live` say what `live` says of them. */
export interface Entry {
  key: string;
  make: () => HTMLElement;
}

export class Rows {
  readonly root: HTMLElement;
  private readonly title = element("h2");
  private readonly rows: HTMLElement;
  private readonly old = element("p", { class: "list-old" });
  private readonly empty = element("p", { class: "empty" });
  private readonly cut = element("p", { class: "message is-warning", hidden: true });
  private drawn = "";

  /** none: said of an empty list. `live`: the text of a part that ages, by its `data-live`. */
  constructor(
    id: string,
    private readonly title_key: Key,
    private readonly none: () => string,
    private readonly live: (name: string, key: string) => string,
  ) {
    this.title.id = `${id}-title`;
    this.rows = element("ul", { class: "rows", tabindex: "-1", "aria-labelledby": `${id}-title` });
    this.root = element("section", { class: "flights", id, "aria-labelledby": `${id}-title` });
    this.root.append(this.title, this.old, this.cut, this.rows, this.empty);
    onLanguage(() => (this.drawn = ""));
  }

  /** What stands between the title and the rows. */
  note(key: Key): void {
    this.old.before(spoken(element("p", { class: "note" }), key));
  }

  before(...nodes: Node[]): void {
    this.cut.before(...nodes);
  }

  /** entries: null until a picture was heard. count: how many there are. state: what the rows say, but for what ages. */
  show(entries: readonly Entry[] | null, count: number, state: string): void {
    setText(this.title, say(this.title_key, { count }));
    const is_cut = entries !== null && entries.length < count;
    this.cut.hidden = !is_cut;
    setText(this.cut, is_cut ? say("uss.cut", { shown: entries.length, count }) : "");
    setText(this.empty, entries === null ? say("list.waiting") : entries.length === 0 ? this.none() : "");
    this.empty.hidden = this.empty.textContent === "";
    if (state !== this.drawn) {
      this.drawn = state;
      this.redraw(entries ?? []);
    }
    this.tick();
  }

  /** Says since when the list is old; null when it is not. */
  veil(text: string | null): void {
    setText(this.old, text ?? "");
  }

  /** Lets what ages go on. */
  tick(): void {
    for (const each of this.rows.querySelectorAll<HTMLElement>("[data-live]")) {
      setText(each, this.live(each.dataset["live"] ?? "", each.closest("li")?.dataset["key"] ?? ""));
    }
  }

  focus(): void {
    this.root.scrollIntoView({ block: "nearest" });
    (this.rows.querySelector<HTMLElement>("li") ?? this.rows).focus();
  }

  /** Goes to a row, or to a button of it. */
  focusOn(key: string, act = ""): void {
    const row = [...this.rows.querySelectorAll<HTMLElement>("li")].find((each) => each.dataset["key"] === key);
    const there = (act === "" ? row : row?.querySelector<HTMLElement>(`[data-act="${act}"]`)) ?? row ?? this.rows;
    there.scrollIntoView({ block: "nearest" });
    there.focus();
  }

  has(key: string): boolean {
    return [...this.rows.querySelectorAll<HTMLElement>("li")].some((each) => each.dataset["key"] === key);
  }

  private redraw(entries: readonly Entry[]): void {
    const focused = this.rows.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null;
    const [key, act] = [focused?.closest("li")?.dataset["key"], focused?.dataset["act"]];
    this.rows.replaceChildren(
      ...entries.map(({ key: name, make }) => {
        const row = make();
        row.dataset["key"] = name;
        row.tabIndex = 0;
        return row;
      }),
    );
    if (focused !== null) this.focusOn(key ?? "", act);
  }
}
