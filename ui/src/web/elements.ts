// Building the page's elements. Text is only ever set as text, never as markup.

type Attributes = Record<string, string | boolean>;

/** An element with attributes (true: present, false: absent) and children. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(attribute, "");
    else if (value !== false) made.setAttribute(attribute, value);
  }
  made.append(...children);
  return made;
}

/** A name, coordinate or time: its own direction, whatever the language around it. */
export function literal(text: string, name = ""): HTMLElement {
  return element("bdi", { class: name === "" ? "literal" : `literal ${name}`, dir: "ltr" }, text);
}

/** Sets a text only when it changes, so that screen readers and selections are left alone. */
export function setText(where: Element, text: string): void {
  if (where.textContent !== text) where.textContent = text;
}

/** A button of a row, found again by its act when the row is drawn anew; while something is sent it does nothing. */
export function actButton(words: string, act: string, isBusy: () => boolean, run: () => void): HTMLElement {
  const button = element("button", { type: "button", "data-act": act }, words);
  button.setAttribute("aria-disabled", String(isBusy()));
  button.addEventListener("click", () => {
    if (!isBusy()) run();
  });
  return button;
}

/** A question with its two answers, which name it to whoever cannot see it. */
export function answered(question: HTMLElement, yes: HTMLElement, keep: HTMLElement): HTMLElement {
  yes.classList.add("primary");
  for (const button of [yes, keep]) button.setAttribute("aria-describedby", question.id);
  return element("div", { class: "acts" }, question, yes, keep);
}
