// What other USSs said last of their flights and constraints, each with its age; and what users were told.
import { say } from "../phrases/phrases";
import { element, literal } from "../web/elements";
import { momentText } from "../web/moments";
import { Rows } from "./rows";
import { ageText, described, shortId, stateText, volumeLines } from "./words";
import type { Advisory, OthersConstraint, OthersFlight, UssPicture, Volume4D } from "./wire";

type Other = OthersFlight | OthersConstraint;

const is_flight = (each: Other): each is OthersFlight => "state" in each;

export class OtherRows {
  readonly list: Rows;
  private ages = new Map<string, number>();
  private picture_age_s = (): number => 0;

  constructor(
    private readonly kind: "others" | "others_constraints",
    private readonly goTo: (volumes: readonly Volume4D[]) => void,
  ) {
    const none = kind === "others" ? "uss.no_others" : "uss.no_others_constraints";
    const title = kind === "others" ? "uss.others" : "uss.others_constraints";
    this.list = new Rows(kind, title, () => say(this.is_deaf ? "uss.asks_for_no_constraints" : none), (_, key) => this.ageLine(key));
    this.list.note("uss.others_note");
  }

  private is_deaf = false; // nobody is asked for constraints

  show(picture: UssPicture | null, causes: ReadonlySet<string>, age_s: () => number): void {
    const all: readonly Other[] | null = picture?.[this.kind] ?? null;
    this.is_deaf = this.kind === "others_constraints" && picture?.asks_for_constraints === false;
    this.picture_age_s = age_s;
    this.ages = new Map((all ?? []).map((each) => [each.id, each.age_s]));
    const state = JSON.stringify([all?.map(({ age_s: _, ...rest }) => rest), [...causes]]);
    const entries = all?.map((each) => ({ key: each.id, make: () => this.row(each, causes.has(each.id)) })) ?? null;
    const count = picture?.[this.kind === "others" ? "others_count" : "others_constraints_count"] ?? 0;
    this.list.show(entries, count, state);
  }

  private ageLine(key: string): string {
    return say("uss.heard", { age: ageText((this.ages.get(key) ?? 0) + this.picture_age_s()) });
  }

  private row(each: Other, is_cause: boolean): HTMLElement {
    const row = element("li", { class: is_cause ? "row is-cause" : "row" });
    const name = element("button", { type: "button", class: "name", "data-act": "show", title: say("list.show", { id: each.id }) }, literal(shortId(each.id)));
    name.addEventListener("click", () => this.goTo(each.volumes));
    const tags = [element("span", { class: "holder" }, element("bdi", {}, each.manager))];
    if (is_flight(each)) {
      tags.unshift(element("span", { class: "tag stage", "data-state": each.state }, stateText(each.state)));
      if (each.priority !== 0) tags.push(element("span", { class: "tag" }, say("uss.priority_of", { priority: each.priority })));
    } else {
      tags.unshift(element("span", { class: "tag why" }, each.kind === "" ? say("uss.constraint_tag") : element("bdi", {}, each.kind)));
    }
    if (is_cause) tags.push(element("span", { class: "tag tag-cause" }, say("list.cause")));
    row.append(element("div", { class: "row-head" }, element("span", { class: "mark mark-other" }), name, ...tags), ...volumeLines(each.volumes));
    row.append(element("p", { class: "row-line note", "data-live": "age" }), element("p", { class: "row-line note" }, literal(each.id, "ends")));
    return row;
  }
}

const URGENT: readonly string[] = ["LEFT", "GIVEN_UP", "LOST", "NOT_RETURNED"];

export class AdvisoryRows {
  readonly list = new Rows("advisories", "uss.advisories", () => say("uss.no_advisories"), () => "");
  private readonly spoken = element("p", { class: "unseen", role: "status" }); // what is new, for who does not see it
  private newest = "";

  constructor(private readonly goTo: (flight_id: string) => void) {
    this.list.note("uss.advisories_note");
    this.list.root.append(this.spoken);
  }

  show(picture: UssPicture | null): void {
    const all = picture?.advisories ?? null;
    const [first] = all ?? [];
    if (first !== undefined && first.id !== this.newest) {
      if (this.newest !== "") this.spoken.textContent = advisoryText(first);
      this.newest = first.id;
    }
    const said = all?.map((each) => [each, each.others.map((id) => described(id, picture))]);
    const entries = all?.map((each) => ({ key: each.id, make: () => this.row(each, picture) })) ?? null;
    this.list.show(entries, all?.length ?? 0, JSON.stringify(said ?? null));
  }

  private row(each: Advisory, picture: UssPicture | null): HTMLElement {
    const row = element("li", { class: "row", "data-attention": URGENT.includes(each.kind) ? "danger" : "warning" });
    const name = element("button", { type: "button", class: "name", "data-act": "show", title: say("list.show", { id: each.flight_id }) }, literal(shortId(each.flight_id)));
    name.addEventListener("click", () => this.goTo(each.flight_id));
    const time = literal(momentText(new Date(each.observed_at.value)), "window");
    row.append(element("div", { class: "row-head" }, time, name), element("p", { class: "row-line" }, say(`uss.told.${each.kind}`)));
    const others = each.others.map((id) => element("li", {}, literal(shortId(id), "code"), " ", element("bdi", {}, described(id, picture))));
    if (others.length > 0) row.append(element("ul", { class: "authorities" }, ...others));
    return row;
  }
}

function advisoryText(each: Advisory): string {
  return `${shortId(each.flight_id)}: ${say(`uss.told.${each.kind}`)}`;
}
