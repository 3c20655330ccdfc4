// The banner: mode, authority, clock, age of the picture, language; and NO DATA when that is the truth.
import * as phrases from "../phrases/phrases";
import { say, spoken } from "../phrases/phrases";
import type { Session } from "../wire";
import { element, setText } from "./elements";
import { clockText, durationText, momentText, nodeNow } from "./moments";
import type { Missed } from "./picture";

const LONG_AGE_S = 120;
const DAY_MS = 86_400_000;

/** How old what the page shows is. */
export interface Currency {
  age_ms: number; // since the last good picture, or since the page began to ask
  heard_any: boolean;
  is_old: boolean;
  missed: Missed | null;
}

export class Banner {
  readonly root = element("header", { class: "banner" });
  private readonly mode = element("strong", { class: "mode", id: "mode" });
  private readonly authority = element("bdi", { class: "authority", id: "authority" });
  private readonly clock = element("time", { class: "clock", id: "clock", dir: "ltr" });
  private readonly age = element("span", { class: "age", id: "picture-age" });
  private readonly warning = element("p", { class: "no-data", id: "no-data", role: "alert", hidden: true });

  constructor(showHelp: () => void) {
    const help = spoken(element("button", { type: "button", class: "quiet", id: "help-button" }), "banner.help");
    help.addEventListener("click", showHelp);
    spoken(this.root, "banner.label", "aria-label");
    const name = element("span", { class: "product", dir: "ltr" }, "Mamarr");
    const advisory = spoken(element("span", { class: "advisory", id: "advisory" }), "banner.advisory");
    this.root.append(
      element(
        "div",
        { class: "banner-row" },
        element("span", { class: "plate" }, this.mode),
        element("span", { class: "who" }, name, this.authority),
        element("span", { class: "times" }, this.age, this.clock),
        element("span", { class: "controls" }, languageChoice(), help),
        advisory,
      ),
      this.warning,
    );
    new ResizeObserver(() => document.documentElement.style.setProperty("--banner-height", `${this.root.offsetHeight}px`)).observe(this.root);
  }

  /** Draws the session's mode and authority: on the banner, on the whole page, and in its title. */
  showSession(session: Session): void {
    document.documentElement.dataset["mode"] = session.mode;
    setText(this.authority, session.authority);
    phrases.onLanguage(() => {
      setText(this.mode, say(`mode.${session.mode}`));
      document.title = `${say(`mode.${session.mode}`)} · ${session.authority} · Mamarr`;
    });
  }

  tick(currency: Currency): void {
    setText(this.clock, clockText(nodeNow()));
    this.clock.setAttribute("aria-label", `${say("banner.clock")} ${clockText(nodeNow())}`);
    setText(this.age, ageText(currency));
    this.age.classList.toggle("is-old", currency.is_old);
    document.documentElement.classList.toggle("has-old-picture", currency.is_old);
    if (this.warning.hidden === currency.is_old) this.warning.hidden = !currency.is_old;
    setText(this.warning, currency.is_old ? noDataText(currency) : "");
  }
}

function ageText(currency: Currency): string {
  if (!currency.heard_any) return say(currency.is_old ? "picture.none" : "picture.waiting");
  const age_s = Math.floor(currency.age_ms / 1000);
  if (age_s < LONG_AGE_S) return say("picture.age", { age: age_s });
  return say("picture.age_long", { age: durationText(age_s) });
}

/** Since when there is no data: the time, with its date when that was not today. */
export function sinceText(currency: Currency): string {
  const since = new Date(nodeNow().getTime() - currency.age_ms);
  return currency.age_ms < DAY_MS ? clockText(since) : momentText(since);
}

function noDataText(currency: Currency): string {
  const cause = currency.missed === null ? "" : ` ${say(`missed.${currency.missed}`)}`;
  return `${say("picture.no_data", { time: sinceText(currency) })}.${cause}`;
}

/** The languages to choose from. */
export function languageChoice(): HTMLElement {
  const choice = element("select", { id: "language" });
  spoken(choice, "banner.language", "aria-label");
  for (const { code, name } of phrases.LANGUAGES) {
    choice.append(element("option", { value: code, lang: code }, name));
  }
  choice.addEventListener("change", () => {
    const chosen = phrases.LANGUAGES.find(({ code }) => code === choice.value);
    if (chosen !== undefined) phrases.speak(chosen.code);
  });
  phrases.onLanguage(() => {
    choice.value = phrases.language();
  });
  return choice;
}
