// What a flight's state asks of whoever looks at it: how urgent, in which words, and which actions by which keys.
import { say, type Key } from "../phrases/phrases";
import { coordinationStage } from "./authorities";
import type { Condition, Flight } from "../wire";

/** How urgently a flight wants to be looked at. */
export type Attention = "danger" | "warning" | "none";

/** `alerted`: the flights that an active alert is about. */
export function attention(flight: Flight, alerted: ReadonlySet<string>): Attention {
  if (alerted.has(flight.flight_id)) return "danger";
  if (flight.condition === "EMERGENCY" || flight.condition === "COMM_LOST" || flight.condition === "DEVIATING") return "danger";
  if (flight.coordination !== null && (flight.coordination.is_given_up || flight.coordination.phase !== "IDLE")) return "warning";
  if (flight.is_overdue || flight.condition === "OVERDUE" || flight.touching.length > 0 || flight.touched_by.length > 0) return "warning";
  return flight.stage === "PROVISIONAL" ? "warning" : "none";
}

const ORDER: Record<Attention, number> = { danger: 0, warning: 1, none: 2 };

/** Those that need attention first, then by departure. */
export function inOrder(flights: readonly Flight[], alerted: ReadonlySet<string>): Flight[] {
  const start = (flight: Flight): string => flight.plan.route[0]?.time ?? "";
  return [...flights].sort(
    (one, other) =>
      ORDER[attention(one, alerted)] - ORDER[attention(other, alerted)] ||
      Date.parse(start(one)) - Date.parse(start(other)) ||
      one.flight_id.localeCompare(other.flight_id),
  );
}

/** What can be done with one key while a flight has the focus. */
export type Act = "CONFIRM" | "REVISE" | "WITHDRAW" | "AIRBORNE" | "PASSING" | "ENDED" | Exclude<Condition, "OVERDUE">;

/** An act that is an order by itself; a revision is written in the form first. */
export type Ordered = Exclude<Act, "REVISE">;

interface Known {
  act: Act;
  key: string;
  needs: Flight["actions"][number];
  is_asked_twice: boolean;
}

const KNOWN: readonly Known[] = [
  { act: "CONFIRM", key: "c", needs: "CONFIRM", is_asked_twice: false },
  { act: "REVISE", key: "u", needs: "REVISE", is_asked_twice: false }, // opens the form
  { act: "AIRBORNE", key: "a", needs: "REPORT_AIRBORNE", is_asked_twice: false },
  { act: "PASSING", key: "p", needs: "REPORT_PASSING", is_asked_twice: false },
  { act: "EMERGENCY", key: "e", needs: "REPORT_CONDITION", is_asked_twice: false },
  { act: "COMM_LOST", key: "o", needs: "REPORT_CONDITION", is_asked_twice: false },
  { act: "DEVIATING", key: "d", needs: "REPORT_CONDITION", is_asked_twice: false },
  { act: "NORMAL", key: "b", needs: "REPORT_CONDITION", is_asked_twice: false },
  { act: "ENDED", key: "z", needs: "REPORT_ENDED", is_asked_twice: true },
  { act: "WITHDRAW", key: "x", needs: "WITHDRAW", is_asked_twice: true },
];

export const FLIGHT_KEYS: readonly { key: string; says: Key }[] = KNOWN.map(({ key, act }) => ({ key, says: `act.${act}` }));

/** The acts the node offers for a flight that change something, in the order of its life. */
export function offered(flight: Flight): Known[] {
  return KNOWN.filter(
    ({ act, needs }) =>
      flight.actions.includes(needs) && act !== flight.condition && !(act === "NORMAL" && flight.condition === "OVERDUE"),
  );
}

export function stageText(flight: Flight): string {
  const asked = coordinationStage(flight);
  if (asked !== null) return say(`stage.${asked}`);
  return flight.is_airborne ? say("stage.AIRBORNE") : say(`stage.${flight.stage}`);
}
