// The two forms of the page: one plans a flight, the other closes sky. Each answers beside itself, in words and on the map.
import type { Position } from "geojson";
import { onLanguage, say, spoken, type Key } from "../phrases/phrases";
import { Answer } from "../web/answer";
import { element, literal, setText } from "../web/elements";
import { Fields } from "../web/fields";
import { ask, isPassing, type Answer as Reply } from "../web/requests";
import { numberFrom } from "../geometry/units";
import type { FieldError, Problem } from "../wire";
import { ShapeFields } from "./shape";
import { described, shortId } from "./words";
import type { Fits, PutFlight, UssPicture, Volume4D } from "./wire";

const ANSWER_TIMEOUT_MS = 20_000; // others' servers are asked before a flight is planned

export interface Effects {
  causes: (ids: readonly string[]) => void; // what the last answer was because of
  draft: (volume: Volume4D | null) => void; // the shape as it stands in the form
  look: (volume: Volume4D) => void; // show where it is
  picks: (is_picking: boolean) => void;
  changed: () => void; // ask for a new picture
}

/** What both forms have. */
abstract class SkyForm<Own extends string> {
  readonly root: HTMLElement;
  protected readonly own: Fields<Own>;
  protected readonly shape: ShapeFields;
  protected readonly answer: Answer;
  protected readonly form = element("form", { novalidate: true, autocomplete: "off" });
  private readonly buttons: { button: HTMLButtonElement; says: Key }[] = [];
  private readonly closed = spoken(element("p", { class: "message is-warning", hidden: true }), "uss.read_only");
  private picture: UssPicture | null = null;
  private because: readonly string[] = [];
  private said = "";
  private id = crypto.randomUUID(); // of what is asked for: the same again after silence, so that it is one
  private is_sending = false;
  private is_filled = false;

  constructor(
    private readonly prefix: string,
    title: Key,
    protected readonly effects: Effects,
  ) {
    this.own = new Fields(prefix);
    this.shape = new ShapeFields(prefix, effects.draft, effects.picks);
    this.answer = new Answer(() => this.setBecause([]), prefix);
    this.root = element("section", { class: "form", id: `${prefix}form`, "aria-labelledby": `${prefix}form-title` });
    this.root.append(spoken(element("h2", { id: `${prefix}form-title` }), title), this.closed, this.form, this.answer.root);
    onLanguage(() => this.sayButtons());
  }

  focus(): void {
    this.root.scrollIntoView({ block: "nearest" });
    this.shape.focus();
  }

  /** Puts the answer away, and what is drawn. */
  dismiss(): void {
    if (this.shape.stopPicking()) return;
    this.answer.clear();
    this.effects.draft(null);
  }

  picked(place: Position): void {
    this.shape.picked(place);
  }

  isPicking(): boolean {
    return this.shape.is_picking;
  }

  stopPicking(): void {
    this.shape.stopPicking();
  }

  /** What the page shows now: the ids of a refusal are told in its words. */
  show(picture: UssPicture): void {
    this.picture = picture;
    this.closed.hidden = !picture.read_only;
    this.form.hidden = picture.read_only;
    if (!this.is_filled) this.shape.fillTimes();
    this.is_filled = true;
    const said = this.because.map((id) => described(id, picture)).join();
    if (said !== this.said) this.answer.again();
    this.said = said;
  }

  protected button(id: string, says: Key, run: () => void): HTMLButtonElement {
    const button = element("button", { type: "button", id: this.prefix + id });
    this.buttons.push({ button, says });
    button.addEventListener("click", run);
    this.sayButtons();
    return button;
  }

  /** Asks, if every field can be read. `body` of the volume and the form's own fields. */
  protected async send(method: "PUT" | "POST", path: (id: string) => string, body: (volume: Volume4D) => unknown, own: readonly FieldError[], done: (reply: unknown, id: string) => void): Promise<void> {
    if (this.is_sending) return;
    const [volume, errors] = [this.shape.volume(), [...this.shape.unreadable(), ...own]];
    this.setBecause([]);
    this.mark(errors);
    if (volume === null || errors.length > 0) {
      this.answer.clear();
      return;
    }
    this.effects.draft(volume);
    this.effects.look(volume);
    this.setSending(true);
    const id = this.id;
    const reply = await ask(method, path(id), { body: JSON.stringify(body(volume)), timeout_ms: ANSWER_TIMEOUT_MS });
    this.setSending(false);
    this.answered(reply, (answer) => done(answer, id));
    this.effects.changed();
  }

  /** It is done under this id; what comes next is something else. */
  protected next(): void {
    this.id = crypto.randomUUID();
    this.effects.draft(null);
    this.shape.fillTimes();
  }

  protected list(ids: readonly string[]): HTMLElement[] {
    if (ids.length === 0) return [];
    const rows = ids.map((id) => element("li", {}, literal(shortId(id), "cause-id"), " ", element("bdi", {}, described(id, this.picture))));
    return [element("ul", { class: "authorities" }, ...rows)];
  }

  protected setBecause(ids: readonly string[]): void {
    this.because = ids;
    this.said = "";
    this.effects.causes(ids);
  }

  private answered(reply: Reply, done: (answer: unknown) => void): void {
    if (reply.kind === "silent") this.answer.showSilence(() => say("uss.silent"));
    else if (reply.kind === "done") done(reply.body);
    else this.refused(reply.problem);
  }

  private refused(problem: Problem): void {
    const elsewhere = this.mark(problem.errors ?? []);
    const ids = problem.because ?? [];
    // The ids are told with what they are, so not a second time without.
    const { because: _, ...rest } = problem;
    this.answer.showRefusal(rest, elsewhere, () => (isPassing(problem) ? say("uss.silent") : ""), () => this.list(ids));
    this.setBecause(ids);
  }

  private mark(errors: readonly FieldError[]): FieldError[] {
    const rest = this.own.mark(this.shape.mark(errors), ({ at }) => this.ownName(at));
    if (!this.shape.focusFirstError()) this.own.focusFirstError();
    return rest;
  }

  protected abstract ownName(at: string): Own | null;

  private setSending(is_sending: boolean): void {
    this.is_sending = is_sending;
    this.sayButtons();
  }

  private sayButtons(): void {
    for (const { button, says } of this.buttons) {
      button.setAttribute("aria-disabled", String(this.is_sending));
      setText(button, say(this.is_sending ? "form.sending" : says));
    }
  }
}

const PRIORITY_FORM = /^-?\d{1,9}$/;

export class FlightForm extends SkyForm<"priority"> {
  constructor(effects: Effects) {
    super("flight-", "uss.plan_title", effects);
    const plan = this.button("submit", "uss.plan", () => void this.plan());
    plan.classList.add("primary");
    plan.type = "submit";
    this.form.append(this.shape.root, element("div", { class: "fields" }, this.own.text("priority", "uss.priority")));
    this.form.append(element("div", { class: "acts" }, plan, this.button("check", "uss.check", () => void this.check())));
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.own.put("priority", "0");
  }

  private async plan(): Promise<void> {
    await this.send("PUT", (id) => `/api/flights/${id}`, (volume) => this.body(volume), this.unreadable(), (_, id) => {
      this.answer.showDone(() => say("uss.planned", { id: shortId(id) }), "");
      this.next();
    });
  }

  private async check(): Promise<void> {
    await this.send("POST", (id) => `/api/flights/${id}/check`, (volume) => this.body(volume), this.unreadable(), (body) => {
      const { meets } = body as Fits;
      this.setBecause(meets);
      const text = (): string => say(meets.length === 0 ? "uss.fits" : "uss.fits_meets");
      this.answer.showDone(text, "", () => this.list(meets));
    });
  }

  private body(volume: Volume4D): PutFlight {
    const priority = numberFrom(this.own.value("priority")) ?? 0;
    return { state: "Accepted", details: { volumes: [volume], off_nominal_volumes: [], priority } };
  }

  private unreadable(): FieldError[] {
    return PRIORITY_FORM.test(this.own.value("priority")) ? [] : [{ at: "priority", what: say("form.not_a_number", { example: "0" }) }];
  }

  protected ownName(at: string): "priority" | null {
    return at.includes("priority") ? "priority" : null;
  }
}

export class ClosureForm extends SkyForm<"type"> {
  constructor(effects: Effects) {
    super("closure-", "uss.close_title", effects);
    const close = this.button("submit", "uss.close", () => void this.close());
    close.classList.add("primary");
    close.type = "submit";
    this.form.append(this.shape.root, element("div", { class: "fields whole" }, this.own.text("type", "uss.type")));
    this.form.append(spoken(element("p", { class: "note" }), "uss.close_note"), element("div", { class: "acts" }, close));
    this.form.addEventListener("submit", (event) => event.preventDefault());
  }

  private async close(): Promise<void> {
    const what = this.own.value("type");
    await this.send("PUT", (id) => `/api/constraints/${id}`, (volume) => ({ volumes: [volume], ...(what === "" ? {} : { type: what }) }), [], (_, id) => {
      this.answer.showDone(() => say("uss.closed", { id: shortId(id) }), "");
      this.next();
    });
  }

  protected ownName(at: string): "type" | null {
    return /\.type|\.kind/.test(at) || at === "$" ? "type" : null;
  }
}
