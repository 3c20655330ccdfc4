// The form that asks for a box, and the answer beside it.
import { metresText, numberFrom } from "../geometry/units";
import { onLanguage, say, spoken } from "../phrases/phrases";
import { Answer } from "../web/answer";
import { element, setText } from "../web/elements";
import { momentFrom, momentText, nodeNow } from "../web/moments";
import { isPassing, type Answer as Reply } from "../web/requests";
import { Submissions } from "../web/submissions";
import { RestoreNotice } from "../web/restore";
import type { FieldError, Reserved, Box } from "../wire";

const START_STEP_MS = 10 * 60_000; // windows begin on the tens of minutes
const WINDOW_MS = 2 * 3_600_000;
const NUMBERS = [
  "latitude_south_deg",
  "latitude_north_deg",
  "longitude_west_deg",
  "longitude_east_deg",
  "altitude_lower_m",
  "altitude_upper_m",
] as const;
const MOMENTS = ["time_start", "time_end"] as const;
const FIELDS = ["reservation_id", ...NUMBERS, ...MOMENTS] as const;
const FIRST_BOX = { south: 33, north: 34, west: 32, east: 33.5, lower_m: 3000, upper_m: 6000 };
const EXAMPLES = { latitude: "33.5", longitude: "32.25", altitude: "3000", time: "2026-11-22 10:00Z" };

type Name = (typeof FIELDS)[number];

interface Field {
  input: HTMLInputElement;
  error: HTMLElement;
}

export interface Effects {
  causes: (ids: readonly string[]) => void; // what the last answer was because of
  draft: (volume: Box | null) => void; // the box as it stands in the form
  recorded: () => void; // ask for a new picture
}

export class ReservationForm {
  readonly root = element("section", { class: "form", id: "form", "aria-labelledby": "form-title" });
  private readonly form = element("form", { novalidate: true, autocomplete: "off" });
  private readonly fields = new Map<Name, Field>();
  private readonly keeps_clear = element("input", { type: "checkbox", id: "user_keeps_clear" });
  private readonly submit = element("button", { type: "submit", class: "primary", id: "submit" });
  private readonly closed: RestoreNotice;
  private readonly submissions = new Submissions();
  private readonly answer: Answer;
  private known_ids: ReadonlySet<string> = new Set();
  private readonly recorded_ids = new Set<string>(); // by this page; the picture may not show them yet, or any more
  private party = "";
  private is_untouched = true;
  private is_sending = false;

  constructor(private readonly effects: Effects) {
    this.answer = new Answer(() => effects.causes([]));
    this.closed = new RestoreNotice(effects.recorded);
    const grid = element("div", { class: "fields" });
    for (const name of FIELDS) grid.append(this.field(name));
    onLanguage(() => setText(this.submit, say(this.is_sending ? "form.sending" : "form.submit")));
    this.form.append(
      spoken(element("p", { class: "note", id: "form-hint" }), "form.hint"),
      grid,
      element("label", { class: "choice" }, this.keeps_clear, spoken(element("span"), "form.user_keeps_clear")),
      element("div", { class: "submit" }, this.submit),
    );
    this.root.append(spoken(element("h2", { id: "form-title" }), "form.title"), this.closed.root, this.form, this.answer.root);
    this.form.addEventListener("input", () => this.touched());
    this.form.addEventListener("focusin", (event) => this.refill(event.target));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send();
    });
  }

  /** Sets who asks, which identifiers are taken, and whether this node takes requests at all. */
  show(party: string, known_ids: ReadonlySet<string>, read_only: boolean): void {
    const is_first = this.party === "";
    this.party = party;
    this.known_ids = known_ids;
    this.form.hidden = read_only;
    this.closed.show(read_only);
    if (is_first) this.fill();
  }

  focus(): void {
    this.root.scrollIntoView({ block: "nearest" });
    this.fields.get("reservation_id")?.input.focus();
  }

  /** Puts the answer away, and the drawing of the box asked for. */
  dismiss(): void {
    this.answer.clear();
    this.effects.draft(null);
  }

  private field(name: Name): HTMLElement {
    const error = element("span", { class: "error", id: `${name}-error`, dir: "auto" });
    const input = element("input", { id: name, name, type: "text", dir: "ltr", spellcheck: "false" });
    input.setAttribute("aria-describedby", `${name}-error form-hint`);
    input.required = true;
    if ((NUMBERS as readonly string[]).includes(name)) input.inputMode = "text"; // a decimal pad has no minus
    if (name === "reservation_id") input.maxLength = 128;
    this.fields.set(name, { input, error });
    const label = spoken(element("label", { for: name }), `form.${name}`);
    return element("div", { class: `field field-${name}` }, label, input, error);
  }

  private put(name: Name, value: string): void {
    const field = this.fields.get(name);
    if (field !== undefined) field.input.value = value;
  }

  private text(name: Name): string {
    return this.fields.get(name)?.input.value.trim() ?? "";
  }

  /** Sensible values: a first box, and a window from the next ten minutes of the node's clock. */
  private fill(): void {
    const sides = { latitude_south_deg: FIRST_BOX.south, latitude_north_deg: FIRST_BOX.north };
    const across = { longitude_west_deg: FIRST_BOX.west, longitude_east_deg: FIRST_BOX.east };
    for (const [name, value] of Object.entries({ ...sides, ...across })) this.put(name as Name, String(value));
    this.put("altitude_lower_m", metresText(FIRST_BOX.lower_m));
    this.put("altitude_upper_m", metresText(FIRST_BOX.upper_m));
    this.fillNow();
    this.is_untouched = true;
  }

  private fillNow(): void {
    const start_ms = Math.ceil(nodeNow().getTime() / START_STEP_MS) * START_STEP_MS;
    this.put("time_start", momentText(new Date(start_ms)));
    this.put("time_end", momentText(new Date(start_ms + WINDOW_MS)));
    this.put("reservation_id", this.freeId());
  }

  /** "A-221004": the party's last letters and the day, hour and minute; a letter more if that is taken. */
  private freeId(): string {
    const name = this.party.split("-").at(-1) ?? "";
    const group = nodeNow().toISOString().replace(/\D/g, "").slice(6, 12);
    const stem = `${name.slice(0, 8).toUpperCase()}-${group}`;
    for (const letter of ["", ..."BCDEFGHJKLMNPQRSTUVWXYZ"]) {
      const id = stem + letter;
      if (!this.known_ids.has(id) && !this.recorded_ids.has(id)) return id;
    }
    return stem;
  }

  private refill(focused: EventTarget | null): void {
    if (!this.is_untouched) return;
    this.fillNow();
    // A new proposal loses the selection that came with the focus, and typing would then add to it.
    if (focused instanceof HTMLInputElement) focused.select();
  }

  private touched(): void {
    this.is_untouched = false;
    this.effects.draft(this.volume());
  }

  /** The volume in the form, or null while a value cannot be read; marks nothing. */
  private volume(): Box | null {
    const entries: [string, number | string | null][] = [
      ...NUMBERS.map((name): [string, number | null] => [name, numberFrom(this.text(name))]),
      ...MOMENTS.map((name): [string, string | null] => [name, momentFrom(this.text(name))]),
    ];
    return entries.some(([, value]) => value === null) ? null : (Object.fromEntries(entries) as unknown as Box);
  }

  /** Says at each unreadable field what it wants. Ranges are the node's to judge. */
  private unreadable(): FieldError[] {
    const found: FieldError[] = [];
    for (const name of FIELDS) {
      const text = this.text(name);
      const example = EXAMPLES[name.split("_")[0] as keyof typeof EXAMPLES] ?? "";
      const is_moment = (MOMENTS as readonly string[]).includes(name);
      const is_number = (NUMBERS as readonly string[]).includes(name);
      if (text === "") found.push({ at: name, what: say("form.needed") });
      else if (is_number && numberFrom(text) === null) found.push({ at: name, what: say("form.not_a_number", { example }) });
      else if (is_moment && momentFrom(text) === null) found.push({ at: name, what: say("form.not_a_moment", { example }) });
    }
    return found;
  }

  private async send(): Promise<void> {
    if (this.is_sending) return;
    const errors = this.unreadable();
    const volume = this.volume();
    this.effects.causes([]);
    this.mark(errors);
    if (volume === null || errors.length > 0) {
      this.answer.clear();
      return;
    }
    const id = this.text("reservation_id");
    this.effects.draft(volume);
    this.setSending(true);
    const path = `/api/reservations/${encodeURIComponent(id)}`;
    const reply = await this.submissions.send("PUT", path, JSON.stringify({ volume, user_keeps_clear: this.keeps_clear.checked }));
    this.setSending(false);
    this.answered(id, reply);
  }

  private answered(id: string, reply: Reply): void {
    if (reply.kind === "silent") {
      this.answer.showSilence(() => say("answer.silent", { id }));
    } else if (reply.kind === "done") {
      const { receipt, asked_of } = reply.body as Reserved;
      const authorities = asked_of.join(", ");
      this.answer.showDone(() => (asked_of.length > 0 ? say("answer.asked", { id, authorities }) : say("answer.reserved", { id })), receipt);
      this.recorded_ids.add(id);
      this.keeps_clear.checked = false; // a promise is made for one reservation at a time
      this.effects.draft(null);
      this.fillNow();
      this.is_untouched = true;
      this.effects.recorded();
    } else {
      const { problem } = reply;
      const elsewhere = this.mark(problem.errors ?? []);
      const advice = (): string => (isPassing(problem) ? say("answer.silent", { id }) : "");
      this.answer.showRefusal(problem, elsewhere, advice);
      this.effects.causes(problem.because ?? []);
    }
  }

  private setSending(is_sending: boolean): void {
    this.is_sending = is_sending;
    this.submit.setAttribute("aria-disabled", String(is_sending)); // keeps the focus, unlike disabled
    setText(this.submit, say(is_sending ? "form.sending" : "form.submit"));
  }

  /** Writes each error at the field it names and goes to the first. Returns those that name no field. */
  private mark(errors: readonly FieldError[]): FieldError[] {
    for (const { input, error } of this.fields.values()) {
      input.removeAttribute("aria-invalid");
      setText(error, "");
    }
    const elsewhere: FieldError[] = [];
    for (const fault of errors) {
      const field = this.fields.get(fault.at.split(/[.[\]]/).filter(Boolean).at(-1) as Name);
      if (field === undefined) {
        elsewhere.push(fault);
        continue;
      }
      const allowed = fault.allowed === undefined ? "" : ` — ${say("form.allowed", { allowed: fault.allowed })}`;
      field.input.setAttribute("aria-invalid", "true");
      setText(field.error, `${fault.what}${allowed}`);
    }
    this.form.querySelector<HTMLInputElement>("[aria-invalid]")?.focus();
    return elsewhere;
  }
}
