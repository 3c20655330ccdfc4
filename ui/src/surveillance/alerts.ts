// Alerts: what was measured, since when, and whether somebody has seen it. Unacknowledged ones first; no sound.
// Beside our own those of which other authorities told: of these nothing is measured here.
import { NM_M } from "../geometry/lines";
import { onLanguage, say } from "../phrases/phrases";
import { element, literal, setText } from "../web/elements";
import { clockText, durationText, nodeNow } from "../web/moments";
import type { Signable } from "../web/person_key";
import { Submissions } from "../web/submissions";
import type { Alert, AlertTold, Flight } from "../wire";
import { ofMessage, saidList } from "../coordination/ladder";

const FOOT_M = 0.3048;
const ORDER: Record<Alert["status"], number> = { ACTIVE_UNACK: 0, RECTIFIED_UNACK: 1, ACTIVE_ACK: 2, NORMAL: 3 };

export interface Shown {
  alerts: readonly Alert[];
  told: readonly AlertTold[]; // by other authorities
  flights: readonly Flight[];
}

export interface Effects {
  goTo: (alert: Alert) => void;
  goToTold: (alert: AlertTold) => void;
  changed: () => void;
}

export class AlertList {
  readonly root = element("section", { class: "alerts", id: "alerts", "aria-labelledby": "alerts-title" });
  private readonly title = element("h2", { id: "alerts-title" });
  private readonly announced = element("p", { class: "unseen", role: "alert" }); // read out when one begins
  private readonly rows = element("ul", { class: "rows", tabindex: "-1" });
  private readonly empty = element("p", { class: "empty" });
  private readonly message = element("div", { class: "message", role: "status" });
  private readonly submissions = new Submissions();
  private shown: Shown = { alerts: [], told: [], flights: [] };
  private is_sending = false;
  private known = new Set<string>();
  private drawn = "";

  constructor(private readonly effects: Effects) {
    this.root.append(this.title, this.announced, this.message, this.rows, this.empty);
    onLanguage(() => this.draw(true));
  }

  show(shown: Shown): void {
    this.shown = { ...shown, told: [...shown.told].sort(byStatus), alerts: [...shown.alerts].sort((one, other) => ORDER[one.status] - ORDER[other.status] || Date.parse(one.raised_at) - Date.parse(other.raised_at)) };
    this.announce();
    this.draw();
    this.tick();
  }

  /** Renews what runs with the clock alone. */
  tick(): void {
    for (const each of this.rows.querySelectorAll<HTMLElement>("[data-since]")) {
      const since = new Date(each.dataset["since"] ?? "");
      const for_s = Math.max(0, Math.round((nodeNow().getTime() - since.getTime()) / 1000));
      setText(each, say("alert.since", { time: clockText(since), duration: durationText(for_s) }));
    }
  }

  /** Shows the alert that comes first, all of it. */
  bringIntoView(): void {
    (this.rows.querySelector("li") ?? this.root).scrollIntoView({ block: "nearest" });
  }

  focus(): void {
    this.root.scrollIntoView({ block: "nearest" });
    (this.rows.querySelector<HTMLElement>("li") ?? this.rows).focus();
  }

  /** Acknowledges the alert that has the focus, else the first that nobody has seen. */
  acknowledge(): void {
    const own = this.shown.alerts.filter(({ actions }) => actions.includes("ACKNOWLEDGE"));
    const open = [...own.map((each) => ({ id: each.alert_id, run: () => this.send(each) })), ...this.unseen().map((each) => ({ id: idOf(each), run: () => this.sendTold(each) }))];
    const focused = document.activeElement?.closest<HTMLElement>("[data-alert]")?.dataset["alert"];
    const found = open.find(({ id }) => id === focused) ?? open[0];
    if (found !== undefined) void found.run();
  }

  private unseen(): AlertTold[] {
    return this.shown.told.filter(({ acknowledged_at }) => acknowledged_at === null);
  }

  private announce(): void {
    const own = this.shown.alerts.filter(({ status }) => status === "ACTIVE_UNACK").map((each) => ({ key: keyOf(each), says: `${say(`alert.${each.kind}`)}: ${this.nameOf(each)}` }));
    const told = this.unseen().filter(({ is_over }) => !is_over).map((each) => ({ key: `${idOf(each)} ${each.number}`, says: `${say(`alert.${each.alert}`)}: ${nameOfTold(each)}, ${say("alert.told_by", { authority: each.authority })}` }));
    const open = [...own, ...told];
    const begun = open.filter(({ key }) => !this.known.has(key));
    this.known = new Set(open.map(({ key }) => key));
    if (begun.length > 0) setText(this.announced, begun.map(({ says }) => says).join(". "));
  }

  private nameOf(alert: Alert): string {
    return this.shown.flights.find(({ flight_id }) => flight_id === alert.flight_id)?.plan.identification ?? alert.flight_id;
  }

  private draw(again = false): void {
    const { alerts, told } = this.shown;
    const state = JSON.stringify([alerts, told, this.is_sending, alerts.map((each) => this.nameOf(each))]);
    if (state === this.drawn && !again) return;
    this.drawn = state;
    const count = alerts.length + told.length;
    setText(this.title, say("alerts.title", { count }));
    this.root.dataset["unacknowledged"] = String([...alerts.map(({ status }) => status), ...told.map(statusOf)].includes("ACTIVE_UNACK"));
    setText(this.empty, count === 0 ? say("alerts.none") : "");
    this.empty.hidden = count > 0;
    const focused = this.rows.contains(document.activeElement) ? document.activeElement?.closest<HTMLElement>("[data-alert]")?.dataset["alert"] : undefined;
    const rows = [...alerts.map((each) => ({ order: ORDER[each.status], row: this.row(each) })), ...told.map((each) => ({ order: ORDER[statusOf(each)], row: this.toldRow(each) }))];
    this.rows.replaceChildren(...rows.sort((one, other) => one.order - other.order).map(({ row }) => row));
    if (focused === undefined) return;
    const again_there = [...this.rows.querySelectorAll<HTMLElement>("li")].find((row) => row.dataset["alert"] === focused);
    (again_there ?? this.rows).focus();
  }

  private row(alert: Alert): HTMLElement {
    const row = element("li", { class: "row alert", tabindex: "0", "data-alert": alert.alert_id, "data-status": alert.status });
    const name = element("button", { type: "button", class: "name" }, literal(this.nameOf(alert)));
    name.addEventListener("click", () => this.effects.goTo(alert));
    const sign = element("span", { class: "alert-sign", "aria-hidden": "true" });
    const kind = element("strong", {}, say(`alert.${alert.kind}`), " ", literal(alert.kind, "reason"));
    const status = element("span", { class: "tag", "data-status": alert.status }, say(`alert.${alert.status}`));
    row.append(element("div", { class: "row-head" }, sign, kind, name, status));
    row.append(element("p", { class: "row-line measured" }, measuredText(alert)), element("p", { class: "row-line", "data-since": alert.raised_at }));
    const notes = notesOf(alert);
    if (notes !== "") row.append(element("p", { class: "row-line note" }, notes));
    if (alert.note != null) row.append(element("p", { class: "row-line note" }, say(`feed_note.${alert.note}`)));
    row.append(...saidList(alert.told ?? []));
    if (alert.actions.includes("ACKNOWLEDGE")) row.append(this.button(`${say(`alert.${alert.kind}`)} ${this.nameOf(alert)}`, () => this.send(alert)));
    return row;
  }

  private toldRow(alert: AlertTold): HTMLElement {
    const status = statusOf(alert);
    const row = element("li", { class: "row alert", tabindex: "0", "data-alert": idOf(alert), "data-status": status, ...ofMessage(alert.message, alert.state) });
    const name = element("button", { type: "button", class: "name" }, literal(nameOfTold(alert)));
    name.addEventListener("click", () => this.effects.goToTold(alert));
    const sign = element("span", { class: "alert-sign", "aria-hidden": "true" });
    const kind = element("strong", {}, say(`alert.${alert.alert}`), " ", literal(alert.alert, "reason"));
    const tag = element("span", { class: "tag", "data-status": status }, say(`alert.${status}`));
    row.append(element("div", { class: "row-head" }, sign, kind, name, tag));
    row.append(element("p", { class: "row-line measured" }, say("alert.told_by", { authority: alert.authority })), element("p", { class: "row-line", "data-since": alert.raised_at }));
    const notes = [alert.is_recorded ? say("track.recorded") : "", alert.is_self_report ? say("alert.self_report") : "", alert.acknowledged_by === null ? "" : say("alert.seen_by", { person: alert.acknowledged_by })];
    if (notes.some(Boolean)) row.append(element("p", { class: "row-line note" }, notes.filter(Boolean).join(" · ")));
    if (alert.acknowledged_at === null) row.append(this.button(`${say(`alert.${alert.alert}`)} ${nameOfTold(alert)}`, () => this.sendTold(alert)));
    return row;
  }

  private button(what: string, send: () => Promise<void>): HTMLElement {
    const button = element("button", { type: "button", class: "primary act", "data-act": "ACKNOWLEDGE", "aria-keyshortcuts": "k" });
    button.append(say("alert.acknowledge"), " ", element("kbd", { dir: "ltr", "aria-hidden": "true" }, "k"));
    button.setAttribute("aria-label", `${say("alert.acknowledge")}: ${what}`);
    button.setAttribute("aria-disabled", String(this.is_sending));
    button.addEventListener("click", () => void send());
    return element("div", { class: "acts" }, button);
  }

  private async send(alert: Alert): Promise<void> {
    const { alert_id, kind, flight_id: subject, raised_count } = alert;
    const path = `/api/alerts/${encodeURIComponent(alert_id)}/acknowledgement`;
    const command = { type: "acknowledge-alert", kind, subject, raised_count };
    await this.order(this.nameOf(alert), path, JSON.stringify({ raised_count }), command);
  }

  private async sendTold(alert: AlertTold): Promise<void> {
    const { node, object_id, filed_ms, alert: kind, number } = alert;
    const path = `/api/told-alerts/${[node, object_id, String(filed_ms), kind].map(encodeURIComponent).join("/")}/acknowledgement`;
    const command = { type: "acknowledge-alert-told", alert_id: idOf(alert), number };
    await this.order(nameOfTold(alert), path, JSON.stringify({ number }), command);
  }

  private async order(name: string, path: string, body: string, command: Signable): Promise<void> {
    if (this.is_sending) return;
    this.is_sending = true;
    this.draw();
    const answer = await this.submissions.send("POST", path, body, command);
    this.is_sending = false;
    const is_done = answer.kind === "done";
    const silent = say("alert.silent", { name });
    this.message.replaceChildren(is_done ? say("alert.acknowledged", { name }) : answer.kind === "refused" ? answer.problem.title : silent);
    this.message.classList.toggle("is-warning", !is_done);
    this.draw(true);
    this.effects.changed();
  }
}

/** Its name at the node, which is what is signed. */
function idOf({ node, object_id, filed_ms, alert }: AlertTold): string {
  return `${node}/${object_id}/${filed_ms}/${alert}`;
}

/** The aircraft's identification where we may know it, else the id that it has at its own node. */
function nameOfTold({ identification, object_id }: AlertTold): string {
  return identification ?? object_id;
}

function statusOf({ is_over, acknowledged_at }: AlertTold): Alert["status"] {
  return is_over ? "RECTIFIED_UNACK" : acknowledged_at === null ? "ACTIVE_UNACK" : "ACTIVE_ACK";
}

function byStatus(one: AlertTold, other: AlertTold): number {
  return ORDER[statusOf(one)] - ORDER[statusOf(other)] || Date.parse(one.raised_at) - Date.parse(other.raised_at);
}

function keyOf({ alert_id, raised_count }: Alert): string {
  return `${alert_id} ${raised_count}`;
}

/** "2.1 NM right of the route" and whatever else was measured of this kind; no advice is ever in it. */
function measuredText({ kind, lateral_m, vertical_m, late_s }: Alert): string {
  if (kind === "RAMHD") {
    const apart = (Math.abs(lateral_m) / NM_M).toFixed(1);
    return say(lateral_m >= 0 ? "alert.right" : "alert.left", { distance: `${apart} NM` });
  }
  if (kind === "CLAM") {
    const apart = vertical_m === null ? "?" : `${Math.round(Math.abs(vertical_m) / FOOT_M / 100) * 100} ft`;
    return say((vertical_m ?? 0) >= 0 ? "alert.above" : "alert.below", { distance: apart });
  }
  return say(late_s >= 0 ? "alert.late" : "alert.early", { minutes: say("unit.min", { value: (Math.abs(late_s) / 60).toFixed(1) }) });
}

function notesOf(alert: Alert): string {
  const notes = [
    alert.is_recorded ? say("track.recorded") : "",
    alert.is_self_report ? say("alert.self_report") : "",
    alert.is_escalated ? say("alert.escalated") : "",
    alert.raised_count > 1 ? say("alert.count", { count: alert.raised_count }) : "",
    alert.acknowledged_by === null ? "" : say("alert.seen_by", { person: alert.acknowledged_by }),
  ];
  return notes.filter(Boolean).join(" · ");
}
