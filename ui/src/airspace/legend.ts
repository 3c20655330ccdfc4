// The legend on the map: whose decision, and what each line and mark means.
import { onLanguage, say, type Key } from "../phrases/phrases";
import { element, setText } from "../web/elements";
import { authorityRows } from "./declared_drawn";
import { NOTHING_DECLARED, type Declared } from "./declared";

const KINDS = ["own", "other", "pending", "active", "overrun", "others", "imposed", "asked", "cause", "draft", "refused", "alternative", "planned", "track"] as const;

export class Legend {
  readonly root = element("div", { class: "legend" });
  private readonly authorities = element("ul");
  private readonly kinds = element("ul");
  private declared: Declared = NOTHING_DECLARED;

  constructor() {
    const title = element("summary");
    this.add(KINDS);
    onLanguage(() => {
      setText(title, say("legend.title"));
      this.draw();
    });
    this.root.append(this.authorities, element("details", {}, title, this.kinds));
  }

  /** Explains more kinds of what is drawn. */
  add(kinds: readonly string[]): void {
    for (const kind of kinds) {
      const words = element("span");
      onLanguage(() => setText(words, say(`legend.${kind}` as Key)));
      this.kinds.append(element("li", {}, element("span", { class: `swatch swatch-${kind}`, "aria-hidden": "true" }), words));
    }
  }

  declare(declared: Declared): void {
    this.declared = declared;
    this.draw();
  }

  private draw(): void {
    this.authorities.replaceChildren(
      ...authorityRows(this.declared).map(({ look, words }) => {
        const swatch = element("span", { class: "swatch swatch-line", "data-pattern": String(look.pattern), "aria-hidden": "true" });
        swatch.style.borderTopColor = look.colour;
        const letter = element("bdi", { class: "letter", dir: "ltr" }, look.letter);
        return element("li", {}, swatch, letter, element("span", {}, words));
      }),
    );
  }
}
