// Sky that this USS closes for drones: what is closed, until when, and how it is opened again.
import { say } from "../phrases/phrases";
import { Answer } from "../web/answer";
import { actButton, answered, element, literal } from "../web/elements";
import { ask } from "../web/requests";
import { Rows } from "./rows";
import { described, shortId, volumeLines } from "./words";
import type { OwnConstraint, UssPicture } from "./wire";

const ANSWER_TIMEOUT_MS = 20_000;

export interface Effects {
  goTo: (constraint: OwnConstraint) => void;
  changed: () => void;
}

export class ClosureRows {
  readonly list = new Rows("closures", "uss.closures", () => say("uss.no_closures"), () => "");
  private readonly answer = new Answer(() => {}, "closures-");
  private picture: UssPicture | null = null;
  private causes: ReadonlySet<string> = new Set();
  private opening: string | null = null; // what waits for a yes
  private is_sending = false;

  constructor(private readonly effects: Effects) {
    this.list.before(this.answer.root);
  }

  show(picture: UssPicture | null, causes: ReadonlySet<string>): void {
    [this.picture, this.causes] = [picture, causes];
    this.draw();
  }

  cancel(): void {
    if (this.opening === null) this.answer.clear();
    const key = this.opening;
    this.opening = null;
    this.draw();
    if (key !== null) this.list.focusOn(key, "open");
  }

  private draw(): void {
    const all = this.picture?.constraints ?? null;
    const state = JSON.stringify([all, [...this.causes], this.opening, this.is_sending, this.picture?.may_close, this.picture?.read_only]);
    this.list.show(all?.map((each) => ({ key: each.id, make: () => this.row(each) })) ?? null, this.picture?.constraints_count ?? 0, state);
  }

  private row(each: OwnConstraint): HTMLElement {
    const is_cause = this.causes.has(each.id);
    const row = element("li", { class: is_cause ? "row is-cause" : "row is-imposed" });
    const name = element("button", { type: "button", class: "name", "data-act": "show", title: say("list.show", { id: each.id }) }, literal(shortId(each.id)));
    name.addEventListener("click", () => this.effects.goTo(each));
    const tags = [element("span", { class: "tag why" }, say("uss.closed_tag"))];
    if (each.details?.type != null) tags.push(element("span", { class: "tag" }, element("bdi", {}, each.details.type)));
    if (is_cause) tags.push(element("span", { class: "tag tag-cause" }, say("list.cause")));
    row.append(element("div", { class: "row-head" }, name, ...tags), ...volumeLines(each.details?.volumes ?? []));
    if (each.waits_for !== null) row.append(element("p", { class: "row-line is-warning" }, say(`uss.closure_waits.${each.waits_for}`)));
    row.append(element("p", { class: "row-line note" }, literal(each.id, "ends")));
    if (this.picture?.may_close === true && !this.picture.read_only) row.append(this.opening === each.id ? this.question(each) : this.buttons(each));
    return row;
  }

  private buttons(each: OwnConstraint): HTMLElement {
    const open = actButton(say("uss.open"), "open", () => this.is_sending, () => {
      this.opening = each.id;
      this.draw();
      this.list.focusOn(each.id, "keep");
    });
    open.setAttribute("aria-label", `${say("uss.open")}: ${shortId(each.id)}`);
    return element("div", { class: "acts" }, open);
  }

  private question(each: OwnConstraint): HTMLElement {
    const asked = element("span", { class: "question", id: "closures-question" }, say("uss.open_question", { id: shortId(each.id) }));
    const is_busy = (): boolean => this.is_sending;
    const yes = actButton(say("uss.open_yes"), "yes", is_busy, () => void this.open(each));
    return answered(asked, yes, actButton(say("uss.keep_closed"), "keep", is_busy, () => this.cancel()));
  }

  private async open({ id }: OwnConstraint): Promise<void> {
    this.is_sending = true;
    this.draw();
    const reply = await ask("DELETE", `/api/constraints/${id}`, { timeout_ms: ANSWER_TIMEOUT_MS });
    this.is_sending = false;
    this.opening = null;
    if (reply.kind === "done") this.answer.showDone(() => say("uss.opened", { id: shortId(id) }), "");
    else if (reply.kind === "silent") this.answer.showSilence(() => say("uss.silent"));
    else {
      const { because: ids = [], ...rest } = reply.problem;
      this.answer.showRefusal(rest, [], () => "", () => ids.map((one) => element("p", { class: "because" }, literal(shortId(one)), " ", described(one, this.picture))));
    }
    this.draw();
    this.effects.changed();
  }
}
