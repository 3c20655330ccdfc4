// The real-time status of a reservation: its word and its shape, and what may be done about it.
import { say } from "../phrases/phrases";
import { element } from "../web/elements";
import { momentText } from "../web/moments";
import type { Reservation } from "../wire";

export type Action = Reservation["actions"][number];

const STATUSES = ["AVBL_FOR_ACTIVATION", "PENDING", "ACTIVE", "IN_USE", "INACTIVE"] as const;
const ACTIONS = ["ACCEPT", "PEND", "ACTIVATE", "REPORT_IN_USE", "REPORT_NOT_IN_USE", "DEACTIVATE", "RELEASE"] as const;
const ASKED_TWICE = ["DEACTIVATE", "RELEASE"] as const; // one says the airspace is clear, the other gives it back

export type AskedTwice = (typeof ASKED_TWICE)[number];

/** What is shown as status: overrun before the status it is an overrun of; a plan's phase until it is allocated. */
export type Shown = (typeof STATUSES)[number] | "OVERRUN" | "IN_QUEUE" | "EARMARKED" | "ASKING" | "GIVEN_UP" | "unknown";

export function shownStatus(reservation: Reservation): Shown {
  if (reservation.is_overrun) return "OVERRUN";
  if (reservation.coordination?.is_given_up === true) return "GIVEN_UP";
  if (reservation.phase === "EARMARKED" && (reservation.coordination?.phase ?? "IDLE") !== "IDLE") return "ASKING";
  if (reservation.phase === "IN_QUEUE" || reservation.phase === "EARMARKED") return reservation.phase;
  return STATUSES.find((status) => status === reservation.status) ?? "unknown"; // from a newer node
}

function statusText(reservation: Reservation): string {
  const time = reservation.lapses_at == null ? "" : momentText(new Date(reservation.lapses_at));
  return say(`status.${shownStatus(reservation)}`, { time });
}

/** The same in as few words as a label on the map has room for. */
export function shortStatusText(reservation: Reservation): string {
  return reservation.is_overrun ? say("status.OVERRUN_short") : statusText(reservation);
}

/** A word, a shape and a border; the colour only repeats what they say. */
export function statusTag(reservation: Reservation): HTMLElement {
  const shown = shownStatus(reservation);
  const shape = element("span", { class: "status-shape", "aria-hidden": "true" });
  return element("span", { class: "tag status", "data-status": shown }, shape, element("span", {}, statusText(reservation)));
}

/** The actions offered that this page knows, in the order of a reservation's life. */
export function offered(reservation: Reservation): Action[] {
  const known: readonly Action[] = ACTIONS;
  return known.filter((action) => (reservation.actions ?? []).includes(action)); // none from an older node
}

export function isAskedTwice(action: Action): action is AskedTwice {
  return (ASKED_TWICE as readonly Action[]).includes(action);
}
