// Moments as controllers read and write them: UTC with Z, Latin digits; and the node's clock.

const STEP_TOLERATED_MS = 1500; // whole seconds and the time on the line; a larger step is a changed clock

/** "10:00:00Z" */
export function clockText(moment: Date): string {
  return `${moment.toISOString().slice(11, 19)}Z`;
}

/** "2026-11-22 10:00Z", with seconds only where there are some. */
export function momentText(moment: Date): string {
  const text = moment.toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, text.slice(17, 19) === "00" ? 16 : 19)}Z`;
}

/** ["2026-11-22 10:00Z –", "12:00Z"]; the second date only where it differs. */
export function windowTexts(time_start: string, time_end: string): [string, string] {
  const [start, end] = [momentText(new Date(time_start)), momentText(new Date(time_end))];
  return [`${start} –`, start.slice(0, 10) === end.slice(0, 10) ? end.slice(11) : end];
}

/** The wire's form of "2026-11-22 10:00Z", or null if it is not such a moment. */
export function momentFrom(text: string): string | null {
  const found = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(?::(\d\d))?Z$/i.exec(text.trim());
  if (found === null) return null;
  const wire = `${found[1]}T${found[2]}:${found[3] ?? "00"}Z`;
  const moment = new Date(wire);
  const exists = !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(wire.slice(0, 19));
  return exists ? wire : null;
}

/** 3725 → "01:02:05" */
export function durationText(duration_s: number): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(Math.floor(duration_s / 3600))}:${two(Math.floor(duration_s / 60) % 60)}:${two(duration_s % 60)}`;
}

let offset_ms: number | null = null;

/** Sets our clock by the node's; small steps back come from rounding and are not followed. */
export function hearNodeTime(at: string): void {
  const heard_ms = new Date(at).getTime() - Date.now();
  if (Number.isNaN(heard_ms)) return;
  const steps = offset_ms === null || Math.abs(heard_ms - offset_ms) > STEP_TOLERATED_MS;
  offset_ms = steps ? heard_ms : Math.max(heard_ms, offset_ms ?? heard_ms);
}

/** Now by the node's clock; by this computer's until the node was first heard. */
export function nodeNow(): Date {
  return new Date(Date.now() + (offset_ms ?? 0));
}
