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
