// How far what we said came at another authority: sent, received, presented to somebody, acknowledged by somebody.
import { say } from "../phrases/phrases";
import { element } from "../web/elements";
import { clockText } from "../web/moments";
import type { MessageState, Said } from "../wire";

/** "presented 12:03:04Z" */
export function saidText({ state, at }: Said): string {
  return say(`said.${state}`, { time: at === null ? "" : clockText(new Date(at)) });
}

/** The same, as a part of a line. */
export function saidPart(said: Said): HTMLElement {
  return element("span", { class: "said", "data-said": said.state }, saidText(said));
}

/** One line for each authority that was told. */
export function saidList(told: readonly Said[]): HTMLElement[] {
  if (told.length === 0) return [];
  const list = element("ul", { class: "authorities", "aria-label": say("said.title") });
  for (const each of told) list.append(element("li", { "data-authority": each.authority }, element("bdi", {}, each.authority), ": ", saidPart(each)));
  return [list];
}

/** The attributes of a row that shows a message, as long as nobody is known to have seen it. */
export function ofMessage(key: string | null, state: MessageState | null): Record<string, string> {
  return key !== null && state === "RECEIVED" ? { "data-message": key } : {};
}
