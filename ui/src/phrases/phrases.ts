// Every text of the page, in four languages, switched without a reload.
import ar from "@phrases/page.ar.json";
import en from "@phrases/page.en.json";
import fr from "@phrases/page.fr.json";
import ru from "@phrases/page.ru.json";
import uss_ar from "@phrases/uss.ar.json";
import uss_en from "@phrases/uss.en.json";
import uss_fr from "@phrases/uss.fr.json";
import uss_ru from "@phrases/uss.ru.json";
import reasons_ar from "@phrases/reasons.ar.json";
import reasons_en from "@phrases/reasons.en.json";
import reasons_fr from "@phrases/reasons.fr.json";
import reasons_ru from "@phrases/reasons.ru.json";

export type Key = keyof typeof en | keyof typeof uss_en; // of the control room, which a USS has some of, and of a USS
export type Language = "en" | "ar" | "fr" | "ru";
type Values = Record<string, string | number>;

/** A translation with exactly the keys of the English one; anything else does not compile. */
function complete<T extends Record<Key, string>>(texts: T & Record<Exclude<keyof T, Key>, never>): Record<Key, string> {
  return texts;
}

const CATALOGUES: Record<Language, Record<Key, string>> = {
  en: { ...en, ...uss_en },
  ar: complete({ ...ar, ...uss_ar }),
  fr: complete({ ...fr, ...uss_fr }),
  ru: complete({ ...ru, ...uss_ru }),
};

const REASONS: Record<Language, Record<string, string>> = { en: reasons_en, ar: reasons_ar, fr: reasons_fr, ru: reasons_ru };

export const LANGUAGES: readonly { code: Language; name: string }[] = [
  { code: "en", name: "English" },
  { code: "ar", name: "العربية" },
  { code: "fr", name: "Français" },
  { code: "ru", name: "Русский" },
];

const REMEMBERED_AS = "mamarr.language";
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

let current: Language = "en";
const renewals: (() => void)[] = [];

function known(tag: string | null): Language | undefined {
  const primary = tag?.toLowerCase().split("-")[0];
  return LANGUAGES.find((language) => language.code === primary)?.code;
}

/** What a browser keeps for us, or null where it keeps nothing. */
export function recall(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // storage is switched off in this browser: start from the defaults
  }
}

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // storage is switched off or full: the choice lasts as long as the page
  }
}

/** Starts with the remembered language, else the first of the browser's that we speak. */
export function start(): void {
  const preferred = navigator.languages.map(known).find((code) => code !== undefined);
  apply(known(recall(REMEMBERED_AS)) ?? preferred ?? "en");
}

export function language(): Language {
  return current;
}

export function speak(code: Language): void {
  remember(REMEMBERED_AS, code);
  apply(code);
}

export function speakNext(): void {
  const index = LANGUAGES.findIndex((language) => language.code === current);
  speak(LANGUAGES[(index + 1) % LANGUAGES.length]?.code ?? "en");
}

function apply(code: Language): void {
  current = code;
  document.documentElement.lang = code;
  document.documentElement.dir = code === "ar" ? "rtl" : "ltr";
  for (const renew of renewals) renew();
}

/** Calls `renew` now and again whenever the language changes; for parts that live as long as the page. */
export function onLanguage(renew: () => void): void {
  renewals.push(renew);
  renew();
}

/** Keeps values such as "R1" in their own direction inside a sentence of the other one. */
function isolated(value: string): string {
  return current === "ar" || RIGHT_TO_LEFT.test(value) ? `\u2068${value}\u2069` : value;
}

export function say(key: Key, values: Values = {}): string {
  return CATALOGUES[current][key].replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : isolated(String(value));
  });
}

/** Why the answer is no, in the language spoken now; in the node's words where those say a number of their own. */
export function reasonText({ reason, title, free_at }: { reason: string; title: string; free_at?: string | null }): string {
  if (free_at != null) return (REASONS[current]["GIVEN_UP"] ?? title).replace("{free_at}", isolated(`${free_at.slice(11, 16)}Z`));
  const text = REASONS[current][reason];
  return text === undefined || text.includes("{") ? title : text;
}

/** Gives an element a text of the catalogue and keeps it in the language spoken. */
export function spoken<E extends Element>(element: E, key: Key, attribute?: "aria-label" | "title"): E {
  onLanguage(() => {
    if (attribute === undefined) element.textContent = say(key);
    else element.setAttribute(attribute, say(key));
  });
  return element;
}
