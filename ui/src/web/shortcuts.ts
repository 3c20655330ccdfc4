// Single keys, and the help that lists them. None fires while someone types, and they can be switched off.
import type { Key } from "../phrases/phrases";
import { recall, remember, spoken } from "../phrases/phrases";
import { element } from "./elements";

const REMEMBERED_AS = "mamarr.single_keys";

/** A key of the page. Letters of its own have the rows of the flights besides, while one has the focus. */
export interface Shortcut {
  key: string;
  says: Key;
  run: () => void;
}

let single_keys_work = recall(REMEMBERED_AS) !== "off";

/** Whether single keys are switched on. */
export function singleKeysWork(): boolean {
  return single_keys_work;
}

/** Whether keys typed here are text or choices of the element itself. */
function isTyping(where: Element | null): boolean {
  if (where instanceof HTMLInputElement) return !["checkbox", "radio", "button"].includes(where.type);
  return where instanceof HTMLTextAreaElement || where instanceof HTMLSelectElement;
}

/** The Latin letter pressed, also on Arabic and Cyrillic layouts, which have it on the same key. */
function letter(event: KeyboardEvent): string {
  const typed = event.key.toLowerCase();
  return /^[a-z0-9]$/.test(typed) ? typed : event.code.replace(/^(Key|Digit)/, "").toLowerCase();
}

export class Shortcuts {
  readonly dialog = element("dialog", { class: "help", id: "help", "aria-labelledby": "help-title" });
  private readonly enabled = element("input", { type: "checkbox", id: "single-keys" });

  constructor(
    private readonly shortcuts: readonly Shortcut[],
    private readonly rows: readonly { title: Key; keys: readonly { key: string; says: Key }[] }[],
    private readonly escape: () => void,
    private readonly data: Key = "help.data",
  ) {
    this.enabled.checked = singleKeysWork();
    this.enabled.addEventListener("change", () => {
      single_keys_work = this.enabled.checked;
      remember(REMEMBERED_AS, single_keys_work ? "on" : "off");
    });
    this.fillDialog();
    document.addEventListener("keydown", (event) => this.pressed(event));
  }

  show(): void {
    if (!this.dialog.open) {
      this.dialog.showModal();
      this.dialog.scrollTop = 0; // the focus is at its end
    }
  }

  private pressed(event: KeyboardEvent): void {
    if (this.dialog.open || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (event.key === "Escape") {
      this.escape();
      return;
    }
    if (isTyping(document.activeElement) || !this.enabled.checked) return;
    const run =
      event.key === "?" || event.key === "؟"
        ? () => this.show()
        : this.shortcuts.find((shortcut) => shortcut.key === letter(event))?.run;
    if (run === undefined) return;
    event.preventDefault(); // else the letter lands in the field that gets the focus
    run();
  }

  private fillDialog(): void {
    const listed = (all: readonly { key: string; says: Key }[]): HTMLElement => {
      const keys = element("dl", { class: "keys" });
      for (const { key, says } of all) {
        keys.append(element("dt", {}, element("kbd", { dir: "ltr" }, key)), spoken(element("dd"), says));
      }
      return keys;
    };
    const keys = listed([...this.shortcuts, { key: "?", says: "help.keys" }, { key: "Esc", says: "help.escape" }]);
    const rows = this.rows.flatMap((each) => [spoken(element("h3"), each.title), listed(each.keys)]);
    const close = spoken(element("button", { type: "button" }), "help.close");
    close.addEventListener("click", () => this.dialog.close());
    const label = element("label", { class: "choice" }, this.enabled, spoken(element("span"), "help.enabled"));
    const columns = element("div", { class: "help-columns" }, keys, element("div", {}, ...rows));
    const data = spoken(element("p", { class: "note", id: "help-data" }), this.data);
    this.dialog.append(spoken(element("h2", { id: "help-title" }), "help.title"), columns, label, data, close);
  }
}
