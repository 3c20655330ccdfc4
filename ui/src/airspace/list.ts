// The list of reservations: the map in words, and where one's own are activated, reported and given back.
import { windowOf } from "../geometry/regions";
import { onLanguage, say, spoken } from "../phrases/phrases";
import { element, literal, setText } from "../web/elements";
import { clockText, windowTexts } from "../web/moments";
import { isPassing, type Answer } from "../web/requests";
import { Submissions } from "../web/submissions";
import type { Problem, Reservation } from "../wire";
import { colour, limitsText, shapeText, sidesTexts } from "./reservations";
import { listOf } from "../flights/authorities";
import { voiceActs } from "../coordination/voice";
import { isAskedTwice, offered, statusTag, type Action, type AskedTwice } from "./status";
import { TouchedSpoken, touchedLines } from "./touched";

/** What the list shows; `reservations` is null until a picture was heard. */
export interface Shown {
  reservations: readonly Reservation[] | null;
  causes: ReadonlySet<string>;
  read_only: boolean;
  is_cut: boolean;
}

export interface Effects {
  goTo: (reservation: Reservation) => void;
  causes: (ids: readonly string[]) => void; // what the last refusal here was because of
  changed: () => void; // ask for a new picture
}

export class ReservationList {
  readonly root = element("section", { class: "list", id: "list", "aria-labelledby": "list-title" });
  private readonly scroll = element("div", { class: "list-scroll", tabindex: "0", role: "region" });
  private readonly rows = element("tbody");
  private readonly empty = element("p", { class: "empty", id: "list-empty" });
  private readonly cut = spoken(element("p", { class: "message refused", hidden: "" }), "list.cut");
  private readonly old = element("p", { class: "list-old", id: "list-old" });
  private readonly message = element("div", { class: "message", id: "list-message", role: "status" });
  private readonly touched = new TouchedSpoken();
  private readonly submissions = new Submissions();
  private shown: Shown = { reservations: null, causes: new Set(), read_only: true, is_cut: false };
  private asking: { id: string; action: AskedTwice } | null = null; // what waits for a yes
  private sending: { id: string; action: Action } | null = null;
  private drawn = "";

  constructor(private readonly effects: Effects) {
    const head = element("tr");
    for (const key of ["list.reservation", "list.volume", "list.action"] as const) {
      head.append(spoken(element("th", { scope: "col" }), key));
    }
    const table = element("table", { "aria-labelledby": "list-title", "aria-describedby": "list-datum" });
    table.append(element("thead", {}, head), this.rows);
    this.scroll.setAttribute("aria-labelledby", "list-title");
    this.scroll.append(table, this.empty);
    this.root.append(
      spoken(element("h2", { id: "list-title" }), "list.title"),
      spoken(element("p", { class: "note", id: "list-datum" }), "list.datum"),
      this.old,
      this.cut,
      this.message,
      this.touched.root,
      this.scroll,
    );
    onLanguage(() => this.draw(true));
  }

  show(shown: Shown): void {
    const has_new_cause = [...shown.causes].some((id) => !this.shown.causes.has(id));
    this.shown = shown;
    if (shown.reservations !== null) this.touched.show(shown.reservations.map(({ reservation_id, touched_by }) => ({ name: reservation_id, touched_by })));
    this.settle();
    this.draw();
    if (has_new_cause) this.rows.querySelector(".is-cause")?.scrollIntoView({ block: "nearest" });
  }

  /** Says since when the list is old; null when it is not. */
  veil(text: string | null): void {
    setText(this.old, text ?? "");
  }

  focus(): void {
    this.root.scrollIntoView({ block: "nearest" });
    this.scroll.focus();
  }

  /** Leaves the question open for an answer, if there is one; else puts the last message away. */
  cancel(): void {
    const asked = this.asking;
    if (this.sending !== null) return;
    if (asked === null) {
      this.hush();
      return;
    }
    this.asking = null;
    this.draw();
    this.focusOn(`${asked.action} ${asked.id}`);
  }

  /** What is offered no more is neither asked about nor sent again with its old key. */
  private settle(): void {
    const { reservations, read_only } = this.shown;
    if (this.sending !== null) return;
    for (const each of reservations ?? []) {
      const id = each.reservation_id;
      const actions = offered(each);
      if (this.asking?.id === id && (read_only || !actions.includes(this.asking.action))) this.asking = null;
      const bodies = actions.map((action) => orderFor(id, action));
      for (const { path } of [orderFor(id, "RELEASE"), orderFor(id, "DEACTIVATE")]) {
        this.submissions.settle(path, bodies.filter((order) => order.path === path).map(({ body }) => body));
      }
    }
  }

  private draw(again = false): void {
    const { reservations, causes, read_only, is_cut } = this.shown;
    const state = JSON.stringify([reservations, [...causes], read_only, is_cut, this.asking, this.sending]);
    if (state === this.drawn && !again) return;
    this.drawn = state;
    setText(this.empty, reservations === null ? say("list.waiting") : reservations.length === 0 ? say("list.none") : "");
    this.cut.hidden = !is_cut;
    this.empty.hidden = this.empty.textContent === "";
    const focused = this.rows.contains(document.activeElement) ? document.activeElement : null;
    const name = focused?.getAttribute("data-focus") ?? null;
    this.rows.replaceChildren(...(reservations ?? []).map((reservation) => this.row(reservation)));
    if (name !== null) this.focusOn(name);
  }

  /**
   * Gives the focus back by name. What is gone leaves it with its reservation's name, where Enter changes
   * nothing; a reservation that is gone leaves it with the list.
   */
  private focusOn(name: string): void {
    const all = [...this.rows.querySelectorAll<HTMLElement>("[data-focus]")];
    const id = name.slice(name.indexOf(" ") + 1);
    const found = [name, `show ${id}`].map((wanted) => all.find((each) => each.dataset["focus"] === wanted));
    (found.find((each) => each !== undefined) ?? this.scroll).focus();
  }

  private row(reservation: Reservation): HTMLElement {
    const { reservation_id: id } = reservation;
    const is_cause = this.shown.causes.has(id);
    const show = element("button", { type: "button", class: "name", "data-focus": `show ${id}` }, literal(id));
    show.title = say("list.show", { id });
    show.addEventListener("click", () => this.effects.goTo(reservation));
    const mark = element("span", { class: reservation.mine ? "mark mark-own" : "mark mark-other" });
    mark.style.borderColor = colour(reservation);
    const titled = element("div", { class: "titled" }, mark, show);
    const holder = element("div", { class: "holder" }, element("bdi", {}, reservation.holder));
    const name = element("th", { scope: "row" }, titled, holder);
    if (reservation.mine) name.append(element("span", { class: "tag" }, say("list.own")));
    if (is_cause) name.append(element("span", { class: "tag tag-cause" }, say("list.cause")));
    name.append(statusTag(reservation));
    if (reservation.touching.length > 0) name.append(element("p", { class: "row-line is-warning" }, say("flight.touching", { ids: reservation.touching.map((each) => each.id).join(", ") })));
    name.append(...touchedLines(reservation.touched_by), ...coordinationLines(reservation));
    const limits = limitsText(reservation);
    const altitudes = element("span", {}, literal(limits));
    if (limits.endsWith(" m")) altitudes.title = say("list.altitude", { range: limits.slice(0, -2) });
    const cell = element("td", { class: "volume" });
    const [start, end] = windowTexts(...windowOf(reservation));
    const times = element("span", { dir: "ltr", class: "window" }, literal(start), " ", literal(end));
    if (shapeText(reservation) !== "") cell.append(element("span", {}, shapeText(reservation)));
    cell.append(...sidesTexts(reservation).map((text) => literal(text)), altitudes, times);
    const row = element("tr", { class: is_cause ? "is-cause" : "", "data-attention": reservation.touched_by.length + reservation.touching.length > 0 || isOpen(reservation) ? "warning" : "none" }, name, cell, this.actions(reservation));
    row.dataset["reservation"] = id;
    return row;
  }

  private actions(reservation: Reservation): HTMLElement {
    const id = reservation.reservation_id;
    const cell = element("td", { class: "actions" });
    if (this.shown.read_only) return cell;
    const asked = this.asking;
    if (asked !== null && asked.id === id) cell.append(...this.question(id, asked.action));
    else cell.append(...offered(reservation).map((action) => this.actionButton(id, action)));
    return cell;
  }

  private actionButton(id: string, action: Action): HTMLElement {
    const label = element("button", { type: "button", "data-focus": `${action} ${id}` }, say(`action.${action}`));
    label.dataset["action"] = action;
    label.setAttribute("aria-label", say(`action.${action}_id`, { id }));
    label.setAttribute("aria-disabled", String(this.sending !== null));
    label.addEventListener("click", () => {
      if (isAskedTwice(action)) this.askFirst(id, action);
      else void this.order(id, action);
    });
    return label;
  }

  private question(id: string, action: AskedTwice): HTMLElement[] {
    const yes = element("button", { type: "button", class: "primary", "data-focus": `yes ${id}` });
    yes.textContent = say(`action.${action}_confirm`);
    const keep = element("button", { type: "button", "data-focus": `keep ${id}` }, say(`action.${action}_keep`));
    const asked = element("span", { class: "question" }, say(`action.${action}_question`, { id }));
    asked.id = "list-question"; // there is one at a time
    for (const answer of [yes, keep]) {
      answer.setAttribute("aria-describedby", asked.id);
      answer.setAttribute("aria-disabled", String(this.sending !== null));
    }
    yes.addEventListener("click", () => void this.order(id, action));
    keep.addEventListener("click", () => this.cancel());
    return [asked, yes, keep];
  }

  private askFirst(id: string, action: AskedTwice): void {
    if (this.sending !== null) return;
    this.asking = { id, action };
    this.draw();
    this.focusOn(`keep ${id}`); // Enter pressed twice must change nothing
  }

  private async order(id: string, action: Action): Promise<void> {
    if (this.sending !== null) return;
    this.hush();
    this.sending = { id, action };
    this.draw();
    const { method, path, body } = orderFor(id, action);
    const answer = await this.submissions.send(method, path, body);
    this.sending = null;
    const was_here = this.rows.contains(document.activeElement);
    this.asking = null;
    this.draw();
    if (was_here) this.focusOn(`${action} ${id}`); // who went elsewhere meanwhile stays there
    this.answered(id, action, answer);
    this.effects.changed();
  }

  private answered(id: string, action: Action, answer: Answer): void {
    const unknown = say("action.silent", { id, action: say(`action.${action}`) });
    if (answer.kind === "done") this.tell(false, say(`action.${action}_done`, { id }));
    else if (answer.kind === "silent") this.tell(true, unknown);
    else {
      const { problem } = answer;
      this.tell(true, ...refusal(id, problem, isPassing(problem) ? unknown : ""), this.closeButton());
      this.effects.causes(problem.because ?? []);
    }
    this.message.scrollIntoView({ block: "nearest" });
  }

  private tell(is_warning: boolean, ...words: (Node | string)[]): void {
    this.message.replaceChildren(...words);
    this.message.classList.toggle("is-warning", is_warning);
  }

  private hush(): void {
    this.tell(false);
    this.effects.causes([]);
  }

  private closeButton(): HTMLElement {
    const button = element("button", { type: "button", class: "quiet close" }, "×");
    button.setAttribute("aria-label", say("answer.dismiss"));
    button.addEventListener("click", () => {
      this.hush();
      this.scroll.focus();
    });
    return button;
  }
}

interface Order {
  method: "POST" | "DELETE";
  path: string;
  body: string | undefined;
}

/** Whether other authorities have not confirmed it: asked still, or in vain. */
function isOpen({ coordination }: Reservation): boolean {
  return coordination != null && (coordination.is_given_up || coordination.phase !== "IDLE");
}

function coordinationLines({ reservation_id, coordination }: Reservation): HTMLElement[] {
  if (coordination == null) return []; // none was concerned, or from an older node
  const { is_given_up, phase, until } = coordination;
  const line = (text: string): HTMLElement => element("p", { class: "row-line is-warning" }, text);
  if (is_given_up) return [line(say("list.given_up")), ...listOf(coordination)];
  const by_voice = coordination.is_by_voice ? [line(say("voice.reservation"))] : [];
  const left = phase === "IDLE" || until === null ? [] : [line(say("list.until", { time: clockText(new Date(until)) }))];
  return [...left, ...by_voice, ...listOf(coordination), ...voiceActs("RESERVATION", reservation_id, coordination)];
}

/** The request that does it: giving back is deleting, everything else is a change of status. */
function orderFor(id: string, action: Action): Order {
  const path = `/api/reservations/${encodeURIComponent(id)}`;
  if (action === "RELEASE") return { method: "DELETE", path, body: undefined };
  return { method: "POST", path: `${path}/status`, body: JSON.stringify({ action }) };
}

/** A refusal in the node's words, with what it was because of. */
function refusal(id: string, problem: Problem, advice: string): HTMLElement[] {
  const title = element("p", {}, literal(id), " · ", element("bdi", {}, problem.title));
  if (problem.reason !== "") title.append(" ", literal(problem.reason, "reason"));
  const told = [title];
  if ((problem.because ?? []).length > 0) {
    const because = element("p", { class: "because" }, `${say("answer.because")} `);
    for (const cause of problem.because ?? []) because.append(literal(cause, "cause-id"), " ");
    told.push(because);
  }
  if (advice !== "") told.push(element("p", {}, advice));
  return told;
}
