// The fields of a form: each with its label, its input and the place where an error of it is said.
import { say, spoken, type Key } from "../phrases/phrases";
import type { FieldError } from "../wire";
import { element, setText } from "./elements";

type Input = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

interface Field {
  input: Input;
  error: HTMLElement;
}

export class Fields<Name extends string> {
  private readonly fields = new Map<Name, Field>();

  /** `prefix` keeps the ids of two forms on one page apart. */
  constructor(private readonly prefix: string) {}

  text(name: Name, label: Key, hint = ""): HTMLElement {
    const input = element("input", { type: "text", dir: "ltr", spellcheck: "false", autocomplete: "off" });
    if (hint !== "") input.placeholder = hint;
    return this.add(name, label, input);
  }

  /** Several lines of text. */
  area(name: Name, label: Key): HTMLElement {
    return this.add(name, label, element("textarea", { rows: "4", dir: "ltr", spellcheck: "false", autocomplete: "off" }));
  }

  choice(name: Name, label: Key): HTMLElement {
    return this.add(name, label, element("select", { class: "wide" }));
  }

  yes(name: Name, label: Key): HTMLElement {
    const input = element("input", { type: "checkbox", id: this.prefix + name });
    this.fields.set(name, { input, error: element("span") });
    return element("label", { class: "choice" }, input, spoken(element("span"), label));
  }

  input(name: Name): HTMLInputElement {
    return this.found(name) as HTMLInputElement;
  }

  select(name: Name): HTMLSelectElement {
    return this.found(name) as HTMLSelectElement;
  }

  value(name: Name): string {
    return this.found(name).value.trim();
  }

  put(name: Name, value: string): void {
    this.found(name).value = value;
  }

  /** What stands in every field, to be put back by `restore`. */
  snapshot(): Map<Name, string | boolean> {
    return new Map([...this.fields].map(([name, { input }]) => [name, input instanceof HTMLInputElement && input.type === "checkbox" ? input.checked : input.value]));
  }

  restore(before: ReadonlyMap<Name, string | boolean>): void {
    for (const [name, value] of before) {
      if (typeof value === "boolean") this.input(name).checked = value;
      else this.put(name, value);
    }
  }

  /** The field that an element of the form is the input of. */
  nameOf(where: EventTarget | null): Name | null {
    return [...this.fields].find(([, { input }]) => input === where)?.[0] ?? null;
  }

  /** Takes a field off the form, or puts it back; what stands in it stays. */
  hide(name: Name, is_hidden: boolean): void {
    this.found(name).closest(".field, .choice")?.toggleAttribute("hidden", is_hidden);
  }

  /** Writes each error at its field, clears the others. `nameOf` says which field an error belongs to. Returns the rest. */
  mark(errors: readonly FieldError[], nameOf: (error: FieldError) => Name | null): FieldError[] {
    for (const { input, error } of this.fields.values()) {
      input.removeAttribute("aria-invalid");
      setText(error, "");
    }
    return errors.filter((fault) => {
      const name = nameOf(fault);
      const field = name === null ? undefined : this.fields.get(name);
      if (field === undefined) return true;
      const allowed = fault.allowed === undefined || fault.allowed === "" ? "" : ` — ${say("form.allowed", { allowed: fault.allowed })}`;
      field.input.setAttribute("aria-invalid", "true");
      setText(field.error, `${fault.what}${allowed}`);
      return false;
    });
  }

  /** Gives the first field with an error the focus; whether there is one. */
  focusFirstError(): boolean {
    const wrong = [...this.fields.values()].find(({ input }) => input.hasAttribute("aria-invalid"))?.input;
    wrong?.closest("details")?.setAttribute("open", "");
    wrong?.focus();
    return wrong !== undefined;
  }

  private add(name: Name, label: Key, input: Input): HTMLElement {
    const id = this.prefix + name;
    const error = element("span", { class: "error", id: `${id}-error`, dir: "auto" });
    input.id = id;
    input.setAttribute("aria-describedby", error.id);
    this.fields.set(name, { input, error });
    return element("div", { class: `field field-${name}` }, spoken(element("label", { for: id }), label), input, error);
  }

  private found(name: Name): Input {
    const field = this.fields.get(name);
    if (field === undefined) throw new Error(`no field ${name}`);
    return field.input;
  }
}

/** Fills a choice again where it is another, which closes it if it is open; what was chosen is kept where it is still there. */
export function fillChoice(select: HTMLSelectElement, options: readonly { value: string; words: string }[]): void {
  const is_same = select.options.length === options.length && options.every(({ value, words }, index) => select.options[index]?.value === value && select.options[index]?.text === words);
  if (is_same) return;
  const before = select.value;
  const has_before = options.some(({ value }) => value === before);
  select.replaceChildren(...options.map(({ value, words }) => element("option", { value }, words)));
  if (has_before) select.value = before;
}
