// What other authorities ask of us: what waits for a person's answer, until when, and what is held for their flights.
import type { Corridor } from "../airspace/declared";
import { codesOf } from "../flights/particulars";
import { levelFrom } from "../geometry/levels";
import { numberFrom } from "../geometry/units";
import { onLanguage, say, spoken } from "../phrases/phrases";
import { actButton, answered, element, literal, setText } from "../web/elements";
import { Fields } from "../web/fields";
import { durationText, momentText, nodeNow } from "../web/moments";
import { isPassing, type Answer as Reply } from "../web/requests";
import type { Signable } from "../web/person_key";
import { singleKeysWork } from "../web/shortcuts";
import { Submissions } from "../web/submissions";
import { timesOf } from "../airspace/sky";
import type { Crossing, Line, Suspension } from "../wire";
import { ofMessage } from "./ladder";
import { suspendedRows } from "./suspension";
import { inOrder, isUrgent, levelsOf, lineText, nameOf, oursText, tagText, unmetText } from "./words";

const MINUTES_MAX = 1_440; // a day later it is another flight
const NOTICE_MAX_MIN = 10_080; // as NOTICE_MAX_MS of coordination/withdrawals.py
const KEYS = { ACCEPT: "a", REJECT: "x", COUNTER: "c" } as const;
const SEEN_KEY = "y";

const NOTICE_MIN = 60; // proposed: more than most agreements ask for

type Act = keyof typeof KEYS | "OVER" | "WITHDRAW";
type Asked = keyof typeof KEYS;
type Typed = "later_min" | "level" | "notice_min";

export const REQUEST_KEYS = [...(Object.keys(KEYS) as Asked[]).map((act) => ({ key: KEYS[act], says: `requests.${act}` as const })), { key: SEEN_KEY, says: "requests.SEEN" as const }];

export interface Shown {
  crossings: readonly Crossing[];
  lines: readonly Line[];
  suspensions: readonly Suspension[];
  corridors: readonly Corridor[];
  read_only: boolean;
}

export interface Effects {
  chosen: (crossing: Crossing | null) => void; // to be drawn
  goTo: (crossing: Crossing) => void;
  changed: () => void; // ask for a new picture
}

/** The order that an answer is, as the page sends it and as the node reads it, which is what is signed. */
interface Order {
  act: Act;
  body: string;
  command: Signable;
}

export class RequestList {
  readonly root = element("section", { class: "requests", id: "requests", "aria-labelledby": "requests-title", hidden: true });
  private readonly title = element("h2", { id: "requests-title" });
  private readonly announced = element("p", { class: "unseen", role: "alert" }); // read out when one comes
  private readonly lines = element("ul", { class: "lines", id: "requests-lines" });
  private readonly suspended = element("ul", { class: "rows", id: "requests-suspended", role: "status" });
  private readonly rows = element("ul", { class: "rows", tabindex: "-1", "aria-labelledby": "requests-title" });
  private readonly empty = element("p", { class: "empty", id: "requests-empty", role: "status" });
  private readonly old = element("p", { class: "list-old" });
  private readonly message = element("div", { class: "message", id: "requests-message", role: "status" });
  private readonly held_title = element("summary");
  private readonly held_rows = element("ul", { class: "rows" });
  private readonly held = element("details", { id: "requests-held" }, this.held_title, this.held_rows);
  private readonly returned_title = element("h3", { id: "returned-title" });
  private readonly returned_rows = element("ul", { class: "rows", "aria-labelledby": "returned-title" });
  private readonly returned = element("section", { id: "requests-returned", "aria-labelledby": "returned-title", hidden: true }, this.returned_title, spoken(element("p", { class: "note" }), "returned.hint"), this.returned_rows);
  private readonly fields = new Fields<Typed>("requests-");
  private readonly form = element("form", { class: "counter", novalidate: true, autocomplete: "off" });
  private readonly submissions = new Submissions();
  private readonly notice_form = element("form", { class: "counter", novalidate: true, autocomplete: "off" });
  private shown: Shown = { crossings: [], lines: [], suspensions: [], corridors: [], read_only: true };
  private asking: { crossing_id: string; revision: number; act: "REJECT" | "COUNTER" | "OVER" | "WITHDRAW" } | null = null;
  private chosen: string | null = null; // its row has, or had last, the focus
  private known: Set<string> | null = null; // what was read out; null until the first picture
  private fresh = new Set<string>(); // what came while the page was open and was not looked at yet
  private is_sending = false;
  private drawn = "";

  constructor(private readonly effects: Effects) {
    this.root.append(this.title, spoken(element("p", { class: "note" }), "requests.hint"), this.suspended, this.lines, this.announced, this.old, this.message, this.rows, this.empty, this.returned, this.held);
    this.buildForm();
    this.rows.addEventListener("keydown", (event) => this.pressed(event));
    this.rows.addEventListener("focusin", (event) => this.choose((event.target as HTMLElement).closest("li")?.dataset["crossing"] ?? null));
    onLanguage(() => this.draw(true));
  }

  show(shown: Shown): void {
    this.shown = shown;
    const open = this.asking;
    const asked = open?.act === "OVER" ? this.heldBack() : open?.act === "WITHDRAW" ? shown.crossings.filter(({ withdrawable }) => withdrawable !== null) : this.waiting();
    if (open !== null && !asked.some(({ crossing_id, revision }) => crossing_id === open.crossing_id && revision === open.revision)) this.asking = null;
    this.announce();
    this.draw();
    this.tick();
    const chosen = this.shown.crossings.find(({ crossing_id }) => crossing_id === this.chosen) ?? null;
    if (chosen === null) this.chosen = null;
    this.effects.chosen(chosen);
  }

  veil(text: string | null): void {
    setText(this.old, text ?? "");
  }

  /** Renews what runs with the clock alone. */
  tick(): void {
    const now_ms = nodeNow().getTime();
    const left = (at: string | undefined): string => durationText(Math.max(0, Math.round((Date.parse(at ?? "") - now_ms) / 1000)));
    for (const each of this.root.querySelectorAll<HTMLElement>("[data-answer-by]")) {
      const { answerBy, askedAt } = each.dataset;
      const age = durationText(Math.max(0, Math.round((now_ms - Date.parse(askedAt ?? "")) / 1000)));
      setText(each, Date.parse(answerBy ?? "") <= now_ms ? say("requests.late") : say("requests.left", { left: left(answerBy), age }));
    }
    for (const each of this.root.querySelectorAll<HTMLElement>("[data-lapses]")) setText(each, say("requests.lapses", { left: left(each.dataset["lapses"]) }));
  }

  focus(): void {
    this.root.scrollIntoView({ block: "nearest" });
    (this.rows.querySelector<HTMLElement>("li") ?? this.rows).focus();
  }

  /** Shows the row of a crossing, whether it waits or is held. */
  bringIntoView(crossing_id: string): void {
    const rows = [...this.root.querySelectorAll<HTMLElement>("[data-crossing], [data-held]")];
    const row = rows.find(({ dataset }) => dataset["crossing"] === crossing_id || dataset["held"] === crossing_id);
    if (row !== undefined && this.held_rows.contains(row)) this.held.open = true;
    row?.scrollIntoView({ block: "nearest" });
  }

  /** Leaves an open question. */
  cancel(): void {
    const open = this.asking;
    if (this.is_sending) return;
    this.asking = null;
    if (open === null) {
      this.tell(false);
      return;
    }
    this.draw();
    if (open.act === "OVER") this.focusReturned(open.crossing_id, open.act);
    else if (open.act === "WITHDRAW") this.focusHeld(open.crossing_id);
    else this.focusOn(open.crossing_id, open.act);
  }

  private waiting(): Crossing[] {
    return inOrder(this.shown.crossings, nodeNow().getTime());
  }

  /** What others returned to us after a restore. */
  private heldBack(): Crossing[] {
    return this.shown.crossings.filter(({ returned_by }) => returned_by.length > 0);
  }

  private choose(crossing_id: string | null): void {
    if (crossing_id !== null) this.fresh.delete(crossing_id);
    if (crossing_id === null || crossing_id === this.chosen) return;
    this.chosen = crossing_id;
    this.effects.chosen(this.shown.crossings.find((each) => each.crossing_id === crossing_id) ?? null);
  }

  private announce(): void {
    const keyOf = ({ crossing_id, revision }: Crossing): string => `${crossing_id} ${revision}`;
    const waiting = this.waiting();
    const begun = waiting.filter((each) => this.known !== null && !this.known.has(keyOf(each)));
    for (const { crossing_id } of begun) this.fresh.add(crossing_id);
    this.known = new Set(waiting.map(keyOf));
    if (begun.length > 0) setText(this.announced, begun.map((each) => `${nameOf(each)}: ${say("requests.from", { party: each.asker })}`).join(". "));
    else if (waiting.length === 0) setText(this.announced, "");
  }

  private draw(again = false): void {
    const { crossings, lines, corridors, read_only } = this.shown;
    const waiting = this.waiting();
    const urgent = waiting.map((each) => isUrgent(each, nodeNow().getTime()));
    const state = JSON.stringify([waiting, urgent, crossings.length, crossings.filter(isHeld), lines, this.shown.suspensions, corridors.length, read_only, this.asking, this.is_sending, [...this.fresh]]);
    if (state === this.drawn && !again) return;
    this.drawn = state;
    this.root.hidden = lines.length === 0 && crossings.length === 0;
    this.suspended.replaceChildren(...suspendedRows(this.shown.suspensions));
    setText(this.title, say("requests.title", { count: waiting.length }));
    this.root.dataset["waiting"] = String(waiting.length > 0);
    this.drawLines();
    this.drawEmpty(waiting.length);
    const focused = this.rows.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null;
    const [crossing_id, name] = [focused?.closest("li")?.dataset["crossing"], focused?.dataset["act"] ?? focused?.id];
    this.rows.replaceChildren(...waiting.map((each, index) => this.row(each, urgent[index] ?? false)));
    const returned = this.heldBack();
    const was_returned = this.returned.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null;
    const [returned_id, returned_act] = [was_returned?.closest("li")?.dataset["returned"], was_returned?.dataset["act"]];
    this.returned.hidden = returned.length === 0;
    setText(this.returned_title, say("returned.title", { count: returned.length }));
    this.returned_rows.replaceChildren(...returned.map((each) => this.returnedRow(each)));
    if (returned_id !== undefined) this.focusReturned(returned_id, returned_act);
    const held = crossings.filter(isHeld);
    this.held.hidden = held.length === 0;
    setText(this.held_title, say("requests.held", { count: held.length }));
    const in_held = this.held_rows.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null;
    const [held_id, held_name] = [in_held?.closest("li")?.dataset["held"], in_held?.dataset["act"] ?? in_held?.id];
    this.held_rows.replaceChildren(...held.map((each) => this.heldRow(each)));
    if (held_id !== undefined) this.focusHeld(held_id, held_name);
    if (focused !== null) this.focusOn(crossing_id, name);
  }

  private drawLines(): void {
    this.lines.replaceChildren(
      ...this.shown.lines.map((line) => {
        const made = element("li", { "data-line": line.node, "data-state": line.state }, element("span", { class: "status-shape", "aria-hidden": "true" }), element("bdi", {}, line.party), ` ${lineText(line)}`);
        if (line.state !== "UP" && line.contact !== null) made.append(" · ", say("line.call", { contact: line.contact }));
        return made;
      }),
    );
  }

  /** That nothing waits is no good news while what is asked cannot come. */
  private drawEmpty(count: number): void {
    const down = this.shown.lines.filter(({ state }) => state !== "UP").map(({ party }) => party);
    const text = count > 0 ? "" : down.length === 0 ? say("requests.none") : say("requests.none_line", { parties: down.join(", ") });
    setText(this.empty, text);
    this.empty.hidden = text === "";
    this.empty.classList.toggle("is-warning", down.length > 0);
  }

  private focusOn(crossing_id: string | undefined, name = ""): void {
    const row = [...this.rows.querySelectorAll<HTMLElement>("li")].find((each) => each.dataset["crossing"] === crossing_id);
    const within = row?.querySelector<HTMLElement>(`[data-act="${name}"]`) ?? (name.startsWith("requests-") ? row?.querySelector<HTMLElement>(`#${name}`) : null);
    (within ?? row ?? this.rows).focus();
  }

  private row(each: Crossing, is_urgent: boolean): HTMLElement {
    const row = element("li", { class: "row request", tabindex: "0", "data-crossing": each.crossing_id, "data-attention": "warning", "data-urgent": String(is_urgent), ...ofMessage(each.message, each.message_state) });
    row.append(this.head(each, is_urgent), ...this.linesOf(each));
    const { answer_by, asked_at } = each;
    if (answer_by !== null && asked_at !== null) row.append(element("p", { class: "row-line is-warning", "data-answer-by": answer_by, "data-asked-at": asked_at }));
    if (each.is_held) row.append(element("p", { class: "row-line" }, say("requests.stays")));
    if (!this.shown.read_only) row.append(this.asking?.crossing_id === each.crossing_id ? this.question(each) : this.acts(each));
    return row;
  }

  private head(each: Crossing, is_urgent: boolean): HTMLElement {
    const name = element("button", { type: "button", class: "name", "data-act": "show", title: say("list.show", { id: nameOf(each) }) }, literal(nameOf(each)));
    name.addEventListener("click", () => {
      this.choose(each.crossing_id);
      this.effects.goTo(each);
    });
    const head = element("div", { class: "row-head" }, name, ...kindTag(each), element("span", { class: "tag" }, tagText(each)));
    if (is_urgent) head.append(element("span", { class: "tag tag-urgent" }, say("requests.urgent")));
    if (this.fresh.has(each.crossing_id)) head.append(element("span", { class: "tag tag-new" }, say("requests.new")));
    head.append(element("span", { class: "holder" }, say("requests.from", { party: each.asker })));
    return head;
  }

  private linesOf(each: Crossing): HTMLElement[] {
    const { plan, party, parts } = each;
    const what = element("p", { class: "row-line" }, literal(levelsOf(each), "level"));
    if (plan !== null) {
      what.append(" ", literal(`${plan.aircraft_count ?? 1} × ${plan.aircraft_type}`));
      for (const code of codesOf(plan)) what.append(" ", literal(code, "code"));
      for (const corridor of new Set(plan.route.flatMap((point) => (point.corridor == null ? [] : [point.corridor])))) what.append(" ", literal(corridor, "corridor-id"));
    }
    if (party !== null) what.append(" ", say(each.kind === "FLIGHT" ? "requests.whose" : "requests.holder", { party }));
    const { start, end } = timesOf(parts.map(({ region }) => region));
    const times = element("p", { class: "row-line" }, `${say("sky.times")} `, literal(start), " ", literal(end ?? ""));
    const unnamed = plan === null && party === null ? [element("p", { class: "row-line note" }, say("requests.unnamed"))] : [];
    const why = element("p", { class: "row-line note" }, unmetText(each));
    return [what, times, element("p", { class: "row-line" }, oursText(each, this.shown.corridors)), ...unnamed, why];
  }

  private heldRow(each: Crossing): HTMLElement {
    const name = element("button", { type: "button", class: "name", title: say("list.show", { id: nameOf(each) }) }, literal(nameOf(each)));
    name.addEventListener("click", () => {
      this.chosen = each.crossing_id;
      this.effects.chosen(each);
      this.effects.goTo(each);
    });
    const head = element("div", { class: "row-head" }, name, ...kindTag(each), element("span", { class: "tag" }, tagText(each)));
    if (each.is_airborne) head.append(element("span", { class: "tag stage", "data-stage": "AIRBORNE" }, say("stage.AIRBORNE")));
    if (each.condition !== "NORMAL") head.append(element("span", { class: "tag condition", "data-condition": each.condition }, say(`condition.${each.condition}`)));
    head.append(element("span", { class: "holder" }, element("bdi", {}, each.asker)));
    const row = element("li", { class: "row", "data-held": each.crossing_id, ...ofMessage(each.message, each.message_state) }, head, element("p", { class: "row-line" }, literal(levelsOf(each), "level")));
    if (each.lapses_at !== null) row.append(element("p", { class: "row-line", "data-lapses": each.lapses_at }));
    if (each.withdrawn_from !== null) row.append(element("p", { class: "row-line is-warning", "data-withdrawn": each.withdrawn_from }, say("requests.withdrawn", { time: momentText(new Date(each.withdrawn_from)), party: each.asker })));
    if (each.withdrawable !== null && !this.shown.read_only) row.append(this.withdrawing(each));
    if (each.condition !== "NORMAL" && isToBeSeen(each) && !this.shown.read_only) row.append(element("div", { class: "acts" }, this.seenButton(each)));
    return row;
  }

  /** What we confirmed while we have the agreement suspended: withdrawn by name, with notice. */
  private withdrawing(each: Crossing): HTMLElement {
    if (this.asking?.act === "WITHDRAW" && this.asking.crossing_id === each.crossing_id) return this.notice_form;
    const button = this.button(say("requests.WITHDRAW"), "WITHDRAW", () => this.ask(each, "WITHDRAW"));
    button.setAttribute("aria-label", `${say("requests.WITHDRAW")}: ${nameOf(each)}`);
    return element("div", { class: "acts" }, button);
  }

  private focusHeld(crossing_id: string, name = "WITHDRAW"): void {
    const row = [...this.held_rows.querySelectorAll<HTMLElement>("li")].find((each) => each.dataset["held"] === crossing_id);
    const within = row?.querySelector<HTMLElement>(`[data-act="${name}"]`) ?? (name.startsWith("requests-") ? row?.querySelector<HTMLElement>(`#${name}`) : null);
    (within ?? row?.querySelector<HTMLElement>(`[data-act="WITHDRAW"]`) ?? row?.querySelector<HTMLElement>("button"))?.focus();
  }

  private returnedRow(each: Crossing): HTMLElement {
    const row = this.heldRow(each);
    row.dataset["returned"] = each.crossing_id;
    row.tabIndex = 0;
    row.append(element("p", { class: "row-line is-warning" }, say("returned.by", { parties: each.returned_by.join(", ") })));
    if (each.party !== null) row.append(element("p", { class: "row-line" }, say(each.kind === "FLIGHT" ? "requests.whose" : "requests.holder", { party: each.party })));
    if (this.shown.read_only) return row;
    const is_asked = this.asking?.act === "OVER" && this.asking.crossing_id === each.crossing_id;
    if (!is_asked) {
      const over = this.button(say("returned.OVER"), "OVER", () => this.ask(each, "OVER"));
      over.setAttribute("aria-label", `${say("returned.OVER")}: ${nameOf(each)}`);
      row.append(element("div", { class: "acts" }, over));
      return row;
    }
    const question = element("span", { class: "question", id: "returned-question" }, say("returned.OVER_question", { name: nameOf(each) }));
    const yes = this.button(say("returned.OVER_yes"), "yes", () => void this.order(each, orderOf(each, "OVER")));
    row.append(answered(question, yes, this.button(say("requests.keep"), "keep", () => this.cancel())));
    return row;
  }

  private focusReturned(crossing_id: string, act = ""): void {
    const row = [...this.returned_rows.querySelectorAll<HTMLElement>("li")].find((each) => each.dataset["returned"] === crossing_id);
    (row?.querySelector<HTMLElement>(`[data-act="${act}"]`) ?? row)?.focus();
  }

  private acts(each: Crossing): HTMLElement {
    const name = nameOf(each);
    const group = element("div", { class: "acts", role: "group", "aria-label": say("requests.acts", { name }) });
    for (const act of Object.keys(KEYS) as Asked[]) {
      const button = this.button(say(`requests.${act}`), act, () => this.ask(each, act));
      button.append(" ", element("kbd", { dir: "ltr", "aria-hidden": "true" }, KEYS[act]));
      button.setAttribute("aria-keyshortcuts", KEYS[act]);
      button.setAttribute("aria-label", `${say(`requests.${act}`)}: ${name}`);
      group.append(button);
    }
    if (isToBeSeen(each)) group.append(this.seenButton(each));
    return group;
  }

  /** Who asked is told that somebody has seen it; it still waits for an answer. */
  private seenButton(each: Crossing): HTMLElement {
    const button = this.button(say("requests.SEEN"), "SEEN", () => void this.see(each));
    button.append(" ", element("kbd", { dir: "ltr", "aria-hidden": "true" }, SEEN_KEY));
    button.setAttribute("aria-keyshortcuts", SEEN_KEY);
    button.setAttribute("aria-label", `${say("requests.SEEN")}: ${nameOf(each)}`);
    return button;
  }

  private async see(each: Crossing): Promise<void> {
    if (this.is_sending || each.message === null) return;
    this.is_sending = true;
    this.draw();
    const body = JSON.stringify({ message: each.message });
    const command = { type: "acknowledge-message", message_key: each.message };
    const reply = await this.submissions.send("POST", "/api/messages/acknowledged", body, command);
    this.is_sending = false;
    const name = nameOf(each);
    if (reply.kind === "done") this.tell(false, say("requests.SEEN_done", { name, party: each.asker }));
    else this.tell(true, reply.kind === "refused" && !isPassing(reply.problem) ? reply.problem.title : say("requests.silent", { name, act: say("requests.SEEN") }));
    this.draw(true);
    this.effects.changed();
  }

  private question(each: Crossing): HTMLElement {
    if (this.asking?.act === "COUNTER") return this.form;
    const asked = element("span", { class: "question", id: "requests-question" }, say("requests.REJECT_question", { name: nameOf(each) }));
    const yes = this.button(say("requests.REJECT_yes"), "yes", () => void this.order(each, orderOf(each, "REJECT")));
    return answered(asked, yes, this.button(say("requests.keep"), "keep", () => this.cancel()));
  }

  private button(words: string, act: string, run: () => void): HTMLElement {
    return actButton(words, act, () => this.is_sending, run);
  }

  private buildForm(): void {
    const { fields, form } = this;
    const grid = element("div", { class: "fields" }, fields.text("later_min", "requests.later_min", "30"), fields.text("level", "requests.level", "FL350"));
    fields.input("level").classList.add("capitals");
    const yes = spoken(element("button", { type: "submit", class: "primary", "data-act": "propose" }), "requests.COUNTER_yes");
    const keep = spoken(element("button", { type: "button", "data-act": "keep" }), "requests.keep");
    keep.addEventListener("click", () => this.cancel());
    form.append(grid, element("div", { class: "acts" }, yes, keep));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.propose();
    });
    const withdraw = spoken(element("button", { type: "submit", class: "primary", "data-act": "yes" }), "requests.WITHDRAW_yes");
    const stay = spoken(element("button", { type: "button", "data-act": "keep" }), "requests.keep");
    stay.addEventListener("click", () => this.cancel());
    const question = spoken(element("p", { class: "question" }), "requests.WITHDRAW_question");
    this.notice_form.append(question, element("div", { class: "fields" }, fields.text("notice_min", "requests.notice_min", String(NOTICE_MIN))), element("div", { class: "acts" }, withdraw, stay));
    this.notice_form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.withdraw();
    });
  }

  private withdraw(): void {
    const { fields } = this;
    const each = this.shown.crossings.find(({ crossing_id }) => crossing_id === this.asking?.crossing_id);
    if (each === undefined || each.withdrawable === null || this.is_sending) return;
    const minutes = numberFrom(fields.value("notice_min"));
    const is_wrong = minutes === null || !Number.isInteger(minutes) || minutes < 1 || minutes > NOTICE_MAX_MIN;
    fields.mark(is_wrong ? [{ at: "notice_min", what: say("requests.notice_needed", { example: String(NOTICE_MIN) }) }] : [], () => "notice_min");
    if (fields.focusFirstError() || minutes === null) return;
    void this.order(each, withdrawalOf(each.crossing_id, each.withdrawable, nodeNow().getTime() + minutes * 60_000));
  }

  private propose(): void {
    const { fields } = this;
    const each = this.waiting().find(({ crossing_id }) => crossing_id === this.asking?.crossing_id);
    if (each === undefined || this.is_sending) return;
    const [later, level] = [fields.value("later_min"), fields.value("level")];
    const minutes = later === "" ? 0 : numberFrom(later);
    const filed = level === "" ? null : levelFrom(level.toUpperCase());
    const is_time_wrong = minutes === null || !Number.isInteger(minutes) || minutes < 0 || minutes > MINUTES_MAX;
    const is_level_wrong = level !== "" && filed === null;
    const needed = say("requests.counter_needed", { example: "FL350" });
    const is_empty = minutes === 0 && level === "";
    fields.mark([...(is_time_wrong || is_empty ? [{ at: "later_min", what: needed }] : []), ...(is_level_wrong ? [{ at: "level", what: needed }] : [])], ({ at }) => at as Typed);
    if (fields.focusFirstError()) return;
    void this.order(each, orderOf(each, "COUNTER", minutes ?? 0, filed));
  }

  private pressed(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    const row = target.closest("li");
    const each = this.waiting().find(({ crossing_id }) => crossing_id === row?.dataset["crossing"]);
    if (row === null || each === undefined || target instanceof HTMLInputElement || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const next = event.key === "ArrowDown" ? row.nextElementSibling : row.previousElementSibling;
      if (next instanceof HTMLElement) next.focus();
      event.preventDefault();
      return;
    }
    if (event.key === "Enter" && target === row) {
      this.effects.goTo(each);
      return;
    }
    const letter = /^[a-z]$/i.test(event.key) ? event.key.toLowerCase() : event.code.replace(/^Key/, "").toLowerCase();
    const act = (Object.keys(KEYS) as Asked[]).find((name) => KEYS[name] === letter);
    const is_seen = letter === SEEN_KEY && isToBeSeen(each);
    if ((act === undefined && !is_seen) || !singleKeysWork() || this.shown.read_only) return;
    event.preventDefault();
    event.stopPropagation(); // else a key of the page does its own
    if (act === undefined) void this.see(each);
    else this.ask(each, act);
  }

  private ask(each: Crossing, act: Act): void {
    if (this.is_sending) return;
    if (act === "ACCEPT") {
      void this.order(each, orderOf(each, "ACCEPT"));
      return;
    }
    this.asking = { crossing_id: each.crossing_id, revision: each.revision, act };
    this.fields.mark([], () => null);
    if (act === "COUNTER") for (const name of ["later_min", "level"] as const) this.fields.put(name, "");
    this.draw();
    if (act === "COUNTER") this.fields.input("later_min").focus();
    else if (act === "WITHDRAW") {
      this.fields.put("notice_min", String(NOTICE_MIN));
      this.fields.input("notice_min").focus();
    } else if (act === "OVER") this.focusReturned(each.crossing_id, "keep");
    else this.focusOn(each.crossing_id, "keep"); // Enter pressed twice must change nothing
  }

  private async order(each: Crossing, { act, body, command }: Order): Promise<void> {
    if (this.is_sending) return;
    this.is_sending = true;
    this.draw();
    const { node, kind, object_id, filed_ms } = each;
    const path = `/api/crossings/${[node, kind, object_id, String(filed_ms)].map(encodeURIComponent).join("/")}/${act === "WITHDRAW" ? "withdrawal" : "answer"}`;
    const reply = await this.submissions.send("POST", path, body, command);
    this.is_sending = false;
    if (reply.kind !== "silent") this.asking = null;
    const was_here = this.rows.contains(document.activeElement) || document.activeElement === document.body;
    this.answered(each, act, reply);
    this.draw(true);
    if (was_here) this.focusOn(each.crossing_id, act);
    this.effects.changed();
  }

  private answered(each: Crossing, act: Act, reply: Reply): void {
    const name = nameOf(each);
    if (reply.kind === "done") this.tell(false, say(`requests.${act}_done`, { name }));
    else if (reply.kind === "silent" || isPassing(reply.problem)) this.tell(true, say("requests.silent", { name, act: say(`requests.${act}`) }));
    else {
      const words = element("p", {}, literal(name), " · ", element("bdi", {}, reply.problem.title));
      for (const id of reply.problem.because ?? []) words.append(" ", literal(id, "cause-id"));
      this.tell(true, words);
    }
    this.message.scrollIntoView({ block: "nearest" });
  }

  private tell(is_warning: boolean, ...words: (Node | string)[]): void {
    this.message.replaceChildren(...words);
    this.message.classList.toggle("is-warning", is_warning);
  }
}

/** Whether a person can still say that it was seen. */
function isToBeSeen({ message, message_state }: Crossing): boolean {
  return message !== null && (message_state === "RECEIVED" || message_state === "PRESENTED");
}

/** Whether it waits for nobody here: what was said by telephone, and what was returned, are in lists of their own. */
function isHeld({ is_waiting, claim, returned_by }: Crossing): boolean {
  return !is_waiting && claim?.is_open !== true && returned_by.length === 0;
}

function kindTag({ kind }: Crossing): HTMLElement[] {
  return kind === "RESERVATION" ? [element("span", { class: "tag" }, say("requests.RESERVATION"))] : [];
}

/** from_ms: until then its filer may rely on it. */
function withdrawalOf(crossing_id: string, revision: number, from_ms: number): Order {
  const body = JSON.stringify({ revision, from_time: new Date(from_ms).toISOString() });
  return { act: "WITHDRAW", body, command: { type: "withdraw-acceptance", crossing_id, revision, from_ms } };
}

/** later_min: whole minutes. level: as filed, "F350". */
function orderOf({ crossing_id, revision }: Crossing, act: Act, later_min = 0, level: string | null = null): Order {
  if (act === "ACCEPT") return { act, body: JSON.stringify({ answer: act, revision }), command: { type: "accept-crossing", crossing_id, revision } };
  if (act === "OVER") return { act, body: JSON.stringify({ answer: act }), command: { type: "end-returned", crossing_id } };
  if (act === "REJECT") return { act, body: JSON.stringify({ answer: act, revision }), command: { type: "reject-crossing", crossing_id, revision } };
  const later = later_min === 0 ? {} : { later_ms: later_min * 60_000 };
  const at = level === null ? {} : { level: { kind: level.slice(0, 1), number: Number(level.slice(1)) } };
  const body = JSON.stringify({ answer: act, revision, later_s: later_min * 60, level });
  return { act, body, command: { type: "counter-crossing", crossing_id, revision, counter: { ...later, ...at } } };
}

