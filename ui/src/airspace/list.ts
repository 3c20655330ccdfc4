// The list of reservations: the map in words, and where one's own are given back.
import { onLanguage, say, spoken } from "../phrases/phrases";
import { element, literal, setText } from "../web/elements";
import { windowTexts } from "../web/moments";
import { Submissions } from "../web/submissions";
import type { Reservation } from "../wire";
import { altitudesText, colour, latitudesText, longitudesText } from "./reservations";

/** What the list shows; `reservations` is null until a picture was heard. */
export interface Shown {
  reservations: readonly Reservation[] | null;
  causes: ReadonlySet<string>;
  read_only: boolean;
  is_cut: boolean;
}

export class ReservationList {
  readonly root = element("section", { class: "list", id: "list", "aria-labelledby": "list-title" });
  private readonly scroll = element("div", { class: "list-scroll", tabindex: "0", role: "region" });
  private readonly rows = element("tbody");
  private readonly empty = element("p", { class: "empty", id: "list-empty" });
  private readonly cut = spoken(element("p", { class: "message refused", hidden: "" }), "list.cut");
  private readonly old = element("p", { class: "list-old", id: "list-old" });
  private readonly message = element("p", { class: "message", id: "list-message", role: "status" });
  private readonly submissions = new Submissions();
  private shown: Shown = { reservations: null, causes: new Set(), read_only: true, is_cut: false };
  private asking: string | null = null; // the reservation whose release waits for a yes
  private sending: string | null = null;
  private drawn = "";

  constructor(
    private readonly goTo: (reservation: Reservation) => void,
    private readonly changed: () => void,
  ) {
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
      this.scroll,
    );
    onLanguage(() => this.draw(true));
  }

  show(shown: Shown): void {
    const has_new_cause = [...shown.causes].some((id) => !this.shown.causes.has(id));
    this.shown = shown;
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

  /** Leaves the question open for a release, if there is one. */
  cancel(): void {
    const asked = this.asking;
    if (asked === null || this.sending !== null) return;
    this.asking = null;
    this.draw();
    this.focusOn(`release ${asked}`);
  }

  private draw(again = false): void {
    const { reservations, causes, read_only, is_cut } = this.shown;
    const state = JSON.stringify([reservations, [...causes], read_only, is_cut, this.asking, this.sending]);
    if (state === this.drawn && !again) return;
    this.drawn = state;
    setText(this.empty, reservations === null ? say("list.waiting") : reservations.length === 0 ? say("list.none") : "");
    this.cut.hidden = !is_cut;
    this.empty.hidden = this.empty.textContent === "";
    const focused = document.activeElement?.getAttribute("data-focus") ?? null;
    this.rows.replaceChildren(...(reservations ?? []).map((reservation) => this.row(reservation)));
    if (focused !== null) this.focusOn(focused);
  }

  private focusOn(name: string): void {
    for (const candidate of this.rows.querySelectorAll<HTMLElement>("[data-focus]")) {
      if (candidate.dataset["focus"] === name) candidate.focus();
    }
  }

  private row(reservation: Reservation): HTMLElement {
    const { reservation_id: id, volume } = reservation;
    const is_cause = this.shown.causes.has(id);
    const show = element("button", { type: "button", class: "name", "data-focus": `show ${id}` }, literal(id));
    show.title = say("list.show", { id });
    show.addEventListener("click", () => this.goTo(reservation));
    const mark = element("span", { class: reservation.mine ? "mark mark-own" : "mark mark-other" });
    mark.style.borderColor = colour(reservation);
    const titled = element("div", { class: "titled" }, mark, show);
    const holder = element("div", { class: "holder" }, element("bdi", {}, reservation.holder));
    const name = element("th", { scope: "row" }, titled, holder);
    if (reservation.mine) name.append(element("span", { class: "tag" }, say("list.own")));
    if (is_cause) name.append(element("span", { class: "tag tag-cause" }, say("list.cause")));
    const altitudes = element("span", { title: say("list.altitude", { range: altitudesText(volume) }) });
    altitudes.append(literal(`${altitudesText(volume)} m`));
    const cell = element("td", { class: "volume" });
    const [start, end] = windowTexts(volume.time_start, volume.time_end);
    const times = element("span", { dir: "ltr", class: "window" }, literal(start), " ", literal(end));
    cell.append(literal(latitudesText(volume)), literal(longitudesText(volume)), altitudes, times);
    const row = element("tr", { class: is_cause ? "is-cause" : "" }, name, cell, this.actions(reservation));
    row.dataset["reservation"] = id;
    return row;
  }

  private actions(reservation: Reservation): HTMLElement {
    const id = reservation.reservation_id;
    const cell = element("td", { class: "actions" });
    if (!reservation.mine || this.shown.read_only) return cell;
    if (this.asking !== id) {
      const start = element("button", { type: "button", "data-focus": `release ${id}` }, say("release.start"));
      start.setAttribute("aria-label", say("release.start_id", { id }));
      start.addEventListener("click", () => this.askFirst(id));
      cell.append(start);
      return cell;
    }
    const yes = element("button", { type: "button", class: "primary", "data-focus": `yes ${id}` }, say("release.confirm"));
    const keep = element("button", { type: "button", "data-focus": `keep ${id}` }, say("release.keep"));
    yes.setAttribute("aria-disabled", String(this.sending === id));
    yes.addEventListener("click", () => void this.release(id));
    keep.addEventListener("click", () => this.cancel());
    cell.append(element("span", { class: "question" }, say("release.question", { id })), yes, keep);
    return cell;
  }

  private askFirst(id: string): void {
    this.asking = id;
    this.draw();
    this.focusOn(`keep ${id}`); // Enter pressed twice must not release
  }

  private async release(id: string): Promise<void> {
    if (this.sending !== null) return;
    this.sending = id;
    this.draw();
    const answer = await this.submissions.send("DELETE", `/api/reservations/${encodeURIComponent(id)}`);
    this.sending = null;
    this.asking = null;
    if (answer.kind === "done") this.tell(say("release.done", { id }), false);
    else if (answer.kind === "silent") this.tell(say("release.silent", { id }), true);
    else this.tell(`${id} · ${answer.problem.title}`, true);
    this.draw();
    this.focusOn(`release ${id}`);
    this.changed();
  }

  private tell(text: string, is_warning: boolean): void {
    setText(this.message, text);
    this.message.classList.toggle("is-warning", is_warning);
  }
}
