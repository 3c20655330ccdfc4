// The form that files a flight, or asks for another plan of one that is filed: sane values at once, the route drawn
// while it is written, the answer beside it.
import { endsText, type Corridor, type Declared } from "../airspace/declared";
import { limitsText, proposedLevel, levelText } from "../geometry/levels";
import { track_deg } from "../geometry/lines";
import { onLanguage, say, spoken } from "../phrases/phrases";
import { Answer } from "../web/answer";
import { element, literal, setText } from "../web/elements";
import { fillChoice, Fields } from "../web/fields";
import { momentText, nodeNow } from "../web/moments";
import { isPassing, type Answer as Reply } from "../web/requests";
import { Submissions } from "../web/submissions";
import type { Alternative, Filed, Flight, Plan, Problem } from "../wire";
import { alternativeButtons, causeLines } from "./alternatives";
import type { Draft } from "./drawn";
import { errorsOf, nameOf, NAVIGATION, planFrom, type Name, type Typed } from "./plan";
import { offerFormations, PARTICULARS, type TypedParticulars } from "./particulars";
import { begun, corridorOf, isStale, keptOf, textsOf, type Revision } from "./revision";

const LEAD_MS = 15 * 60_000; // chosen: time to coordinate before it departs
const MINUTE_MS = 60_000;
const FIRST_TYPE = "A320";
const FIRST_SPEED_KT = "450";
const BY_POINTS = ""; // the choice of no corridor
const ID_LETTERS = "23456789BCDFGHJKMNPQRSTVWXYZ"; // none that is read as another, no vowels: no words

export interface Effects {
  causes: (ids: readonly string[]) => void; // what the last answer was because of
  draft: (draft: Draft | null) => void; // what to draw of it
  recorded: (flight_id: string) => void; // ask for a new picture, and look at it
  left: (flight_id: string) => void; // its revision is given up
}

export class FlightForm {
  readonly root = element("section", { class: "form", id: "flight-form", "aria-labelledby": "flight-form-title" });
  private readonly form = element("form", { novalidate: true, autocomplete: "off" });
  private readonly fields = new Fields<Name>("flight-");
  private readonly submit = element("button", { type: "submit", class: "primary", id: "flight-submit" });
  private readonly title = element("h2", { id: "flight-form-title" });
  private readonly revised = element("div", { class: "message is-warning", id: "flight-revised", role: "status", hidden: true });
  private readonly closed = spoken(element("p", { class: "message is-warning", hidden: true }), "flight.read_only");
  private readonly limits = element("p", { class: "note", id: "flight-limits" });
  private readonly submissions = new Submissions();
  private readonly answer: Answer;
  private declared: Declared | null = null;
  private party = "";
  private flights: readonly Flight[] = [];
  private refused: { flight_id: string; plan: Plan; alternatives: readonly Alternative[] } | null = null;
  private open: { plan: string; flight_id: string } | null = null; // asked, and not known what became of it
  private revision: Revision | null = null; // what is revised; null while the form files
  private before: ReadonlyMap<Name, string | boolean> = new Map(); // what stood in the form when the revision was begun
  private is_untouched = true;
  private is_level_proposed = true;
  private is_sending = false;

  constructor(private readonly effects: Effects) {
    this.answer = new Answer(() => this.effects.causes([]), "flight-");
    this.build();
    onLanguage(() => {
      this.offerCorridors();
      this.offerFormations();
      this.drawTask();
    });
    this.form.addEventListener("input", (event) => this.touched(event.target));
    this.form.addEventListener("focusin", (event) => this.entered(event.target));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.sendForm();
    });
  }

  show(party: string, flights: readonly Flight[], read_only: boolean): void {
    const is_first = this.party === "";
    this.party = party;
    this.flights = flights;
    this.form.hidden = read_only;
    this.closed.hidden = !read_only;
    if (is_first) this.fillNow();
    this.offerFormations();
  }

  declare(declared: Declared): void {
    this.declared = declared;
    this.offerCorridors();
  }

  focus(): void {
    this.root.scrollIntoView({ block: "start" });
    this.fields.select("corridor").focus();
  }

  /** Begins to revise a flight: its plan in the form, to be changed and sent. */
  revise(flight: Flight): void {
    if (this.is_sending) return;
    if (this.revision === null) this.before = this.fields.snapshot();
    this.refused = null;
    this.answer.clear();
    this.fields.mark([], nameOf);
    this.revision = begun(flight);
    this.fillFrom(this.revision);
    this.drawTask();
    this.preview();
    this.root.scrollIntoView({ block: "start" });
    this.fields.input("level").focus();
  }

  /** Puts the answer away, and the drawing of the flight asked for; gives a revision up. */
  dismiss(): void {
    if (this.is_sending) return;
    const revision = this.revision;
    const was_here = this.root.contains(document.activeElement);
    this.endRevision();
    this.refused = null;
    this.answer.clear();
    this.effects.draft(null);
    if (revision !== null && was_here) this.effects.left(revision.flight.flight_id);
  }

  /** Files the alternative of that number, where one is offered; whether there was one. */
  take(index: number): boolean {
    const refused = this.refused;
    const alternative = refused?.alternatives[index];
    if (refused === null || alternative === undefined || this.is_sending) return false;
    void this.send(refused.flight_id, alternative.plan);
    return true;
  }

  private build(): void {
    const { fields } = this;
    const grid = element("div", { class: "fields" });
    grid.append(
      fields.choice("corridor", "flight.corridor"),
      fields.choice("direction", "flight.direction"),
      fields.text("points", "flight.points", "33.5 32; 34.25 33.5"),
      fields.text("time_departure", "flight.time_departure"),
      fields.text("level", "flight.level"),
      fields.text("identification", "flight.identification"),
      fields.text("aircraft_type", "flight.aircraft_type"),
    );
    const more = element("div", { class: "fields" });
    more.append(
      fields.text("speed_kt", "flight.speed_kt"),
      fields.text("aircraft_count", "flight.aircraft_count"),
      fields.choice("navigation", "flight.navigation"),
      fields.choice("party", "flight.party"),
      fields.text("level_upper", "flight.level_upper"),
      fields.text("qnh_hpa", "flight.qnh_hpa"),
      fields.text("stay_min", "flight.stay_min"),
      fields.choice("traffic", "flight.traffic"),
      fields.text("handling", "flight.handling", "SAR HOSP"),
      fields.text("icao_address", "flight.icao_address"),
      fields.choice("joins", "flight.joins"),
      fields.choice("splits_from", "flight.splits_from"),
    );
    const yes = element("div", { class: "choices" });
    for (const name of ["has_rvsm", "every_point", "is_provisional", "is_due_regard"] as const) yes.append(fields.yes(name, `flight.${name}`));
    const details = element("details", { id: "flight-more" }, spoken(element("summary"), "flight.more"), more, yes);
    this.form.append(this.revised, spoken(element("p", { class: "note" }), "flight.hint"), grid, this.limits, details, element("div", { class: "submit" }, this.submit));
    this.root.append(this.title, this.closed, this.form, this.answer.root);
    fillChoice(fields.select("navigation"), NAVIGATION.map((value) => ({ value, words: value.replaceAll("_", " ").replace("0 3", "0.3") })));
    for (const [name, value] of [["aircraft_type", FIRST_TYPE], ["speed_kt", FIRST_SPEED_KT], ["aircraft_count", "1"]] as const) fields.put(name, value);
    for (const name of ["has_rvsm", "every_point"] as const) fields.input(name).checked = true;
    fillChoice(fields.select("traffic"), ["GAT", "OAT"].map((value) => ({ value, words: value })));
    this.offerFormations();
    fields.input("identification").maxLength = 7;
    fields.input("icao_address").maxLength = 6;
    fields.input("aircraft_type").maxLength = 4;
    for (const name of ["identification", "aircraft_type", "level", "level_upper", "handling"] as const) fields.input(name).classList.add("capitals");
  }

  private corridor(): Corridor | null {
    const id = this.fields.value("corridor");
    return this.declared?.corridors.find((each) => each.id === id) ?? null;
  }

  private isForward(): boolean {
    return this.fields.value("direction") !== "BACKWARD";
  }

  private offerCorridors(): void {
    const { fields, declared } = this;
    const select = fields.select("corridor");
    const is_first = select.options.length === 0 && declared !== null;
    const named = (each: Corridor): string => (each.name === "" ? each.id : `${each.id} · ${each.name}`);
    const corridors = (declared?.corridors ?? []).map((each) => ({ value: each.id, words: named(each) }));
    if (declared !== null) fillChoice(select, [...corridors, { value: BY_POINTS, words: say("flight.by_points") }]);
    const others = (declared?.parties ?? []).filter(({ id }) => id !== this.party).map(({ id, name }) => ({ value: id, words: name }));
    fillChoice(fields.select("party"), [{ value: "", words: say("flight.own_party") }, ...others]);
    if (is_first) select.selectedIndex = 0;
    this.offerDirections();
  }

  /** The formations that may be joined or left: of whom the flight is of. */
  private offerFormations(also: readonly unknown[] = []): void {
    const flight = this.revision?.flight;
    const party = flight?.party ?? (this.fields.value("party") || this.party);
    offerFormations(this.fields, this.flights, { party, but: flight?.flight_id ?? null, also });
  }

  private offerDirections(): void {
    const corridor = this.corridor();
    const directions = (["FORWARD", "BACKWARD"] as const).filter((each) => corridor === null || corridor.direction === "BOTH" || corridor.direction === each);
    const select = this.fields.select("direction");
    fillChoice(select, corridor === null ? [] : directions.map((value) => ({ value, words: endsText(corridor, value === "FORWARD") })));
    for (const [name, is_shown] of [["direction", corridor !== null], ["points", corridor === null]] as const) {
      this.root.querySelector<HTMLElement>(`.field-${name}`)?.toggleAttribute("hidden", !is_shown);
    }
    setText(this.limits, corridor === null ? "" : say("flight.limits", { limits: limitsText(corridor), navigation: corridor.navigation.replaceAll("_", " ") }));
    const is_given = this.revision !== null && !this.revision.changed.has("corridor"); // by the plan in force
    if (corridor !== null && !is_given) this.fields.put("navigation", corridor.navigation);
    this.proposeLevel();
  }

  private proposeLevel(): void {
    const corridor = this.corridor();
    if (!this.is_level_proposed || corridor === null || this.revision !== null) return;
    const [first, last] = [corridor.points[0] ?? [0, 0], corridor.points.at(-1) ?? [0, 0]];
    const towards_deg = this.isForward() ? track_deg(first, last) : track_deg(last, first);
    this.fields.put("level", levelText(proposedLevel(corridor, towards_deg)));
  }

  /** The next departure and name; a name is letters and digits, seven at most. */
  private fillNow(): void {
    const departure_ms = Math.ceil((nodeNow().getTime() + LEAD_MS) / MINUTE_MS) * MINUTE_MS;
    this.fields.put("time_departure", momentText(new Date(departure_ms)));
    const letter = (this.party.split("-").at(-1) ?? "").replace(/[^a-z]/gi, "").slice(0, 1).toUpperCase() || "M";
    this.fields.put("identification", `${letter}X${nodeNow().toISOString().slice(11, 16).replace(":", "")}`);
  }

  private entered(focused: EventTarget | null): void {
    if (this.is_untouched && !this.is_sending && this.revision === null) {
      this.fillNow();
      // A new proposal loses the selection that came with the focus, and typing would then add to it.
      if (focused instanceof HTMLInputElement && focused.type === "text") focused.select();
    }
    if (this.refused === null) this.preview();
  }

  private touched(where: EventTarget | null): void {
    const { fields, revision } = this;
    this.refused = null;
    this.answer.clear();
    const name = fields.nameOf(where);
    if (revision !== null && name !== null) revision.changed.add(name);
    else this.is_untouched = false;
    if (where === fields.input("level") && revision === null) this.is_level_proposed = false;
    if (where === fields.select("corridor")) this.offerDirections();
    if (where === fields.select("direction")) this.proposeLevel();
    if (where === fields.select("party")) this.offerFormations();
    this.preview();
  }

  private preview(): void {
    const read = this.read();
    this.effects.draft("plan" in read ? { plan: read.plan, is_refused: false, alternatives: [], chosen: null } : null);
  }

  private read(): ReturnType<typeof planFrom> {
    return planFrom(this.typed(), this.revision === null ? null : keptOf(this.revision));
  }

  private typed(): Typed {
    const { fields } = this;
    const texts = ["points", "time_departure", "level", "identification", "aircraft_type", "speed_kt", "navigation", "aircraft_count"] as const;
    const said = Object.fromEntries(texts.map((name) => [name, fields.value(name)])) as Record<(typeof texts)[number], string>;
    const yes = (name: Name): boolean => fields.input(name).checked;
    const ticked = { has_rvsm: yes("has_rvsm"), every_point: yes("every_point"), is_due_regard: yes("is_due_regard") };
    const particulars = Object.fromEntries(PARTICULARS.map((name) => [name, fields.value(name)])) as unknown as TypedParticulars;
    return { ...said, ...ticked, particulars, corridor: this.corridor(), is_forward: this.isForward() };
  }

  private async sendForm(): Promise<void> {
    if (this.is_sending) return;
    const { revision } = this;
    if (revision !== null && isStale(revision, this.flights)) {
      this.answer.showSilence(() => say("revise.stale", { name: revision.plan.identification }));
      return;
    }
    const read = this.read();
    this.refused = null;
    this.effects.causes([]);
    this.fields.mark("errors" in read ? read.errors : [], nameOf);
    if ("errors" in read) {
      this.answer.clear();
      this.fields.focusFirstError();
      return;
    }
    this.effects.draft({ plan: read.plan, is_refused: false, alternatives: [], chosen: null });
    await this.send(revision?.flight.flight_id ?? this.idFor(read.plan), read.plan);
  }

  /** One id for one plan while it is not known what became of it; else the name, day, time and letters that nobody guesses: who files under a taken id learns that it is taken. */
  private idFor(plan: Plan): string {
    if (this.open?.plan === JSON.stringify(plan)) return this.open.flight_id;
    const group = (plan.route[0]?.time ?? "").replace(/\D/g, "").slice(6, 12);
    const letters = [...crypto.getRandomValues(new Uint8Array(6))].map((byte) => ID_LETTERS[byte % ID_LETTERS.length]).join("");
    return `${plan.identification.replace(/[^A-Z0-9]/g, "") || "FLIGHT"}-${group}-${letters}`;
  }

  private async send(flight_id: string, plan: Plan): Promise<void> {
    const { revision } = this;
    if (revision === null) this.open = { plan: JSON.stringify(plan), flight_id };
    this.setSending(true);
    const party = this.fields.value("party");
    const body = { plan, is_provisional: this.fields.input("is_provisional").checked, ...(party === "" ? {} : { party }) };
    const path = `/api/flights/${encodeURIComponent(flight_id)}`;
    const reply = await (revision === null ? this.submissions.send("PUT", path, JSON.stringify(body)) : this.submissions.send("PUT", `${path}/plan`, JSON.stringify({ plan })));
    this.setSending(false);
    this.answered(flight_id, plan, reply);
  }

  private answered(flight_id: string, plan: Plan, reply: Reply): void {
    const name = plan.identification;
    if (reply.kind === "silent") {
      this.answer.showSilence(this.unknownText(name));
      return;
    }
    if (reply.kind === "refused") {
      if (!isPassing(reply.problem)) this.open = null;
      this.showRefused(flight_id, plan, reply.problem);
      return;
    }
    this.open = null;
    this.refused = null;
    this.effects.causes([]);
    this.effects.draft(null);
    this.showFiled(name, reply.body as Filed, this.revision !== null);
    if (this.revision === null) {
      this.is_untouched = true;
      this.fillNow();
    }
    this.endRevision();
    this.effects.recorded(flight_id);
  }

  private unknownText(name: string): () => string {
    const key = this.revision === null ? "flight.silent" : "revise.silent";
    return () => say(key, { name });
  }

  private showFiled(name: string, filed: Filed, is_revised: boolean): void {
    const asked = { name, authorities: filed.asked_of.join(", ") };
    const key = is_revised ? "revise.asked" : "filed.ASKED";
    if (filed.asked_of.length > 0) {
      this.answer.showDone(() => say(key, asked), filed.receipt, () => this.filedTexts({ ...filed, lapses_at: null })); // nobody here confirms it
      return;
    }
    const text = (): string => (is_revised ? say("revise.done", { name, stage: say(`stage.${filed.stage}`) }) : say(`filed.${filed.stage}`, { name }));
    this.answer.showDone(text, filed.receipt, () => this.filedTexts(filed));
  }

  private filedTexts(filed: Filed): HTMLElement[] {
    const more: HTMLElement[] = [];
    if (filed.shares.length > 0) {
      const shares = element("p", { class: "shares" }, `${say("flight.through")} `);
      for (const each of filed.shares) shares.append(literal(each, "share-id"), " ");
      more.push(shares);
    }
    if (filed.lapses_at !== null) more.push(element("p", {}, say("flight.confirm_until", { time: momentText(new Date(filed.lapses_at)) })));
    if (filed.drones != null) more.push(element("p", { class: filed.drones === "NONE_KNOWN" ? "" : "is-warning", "data-drones": filed.drones }, say(`drones.${filed.drones}`)));
    if (filed.touching.length > 0) more.push(element("p", { class: "is-warning" }, say("flight.touching", { ids: filed.touching.map(({ id }) => id).join(", ") })));
    return more;
  }

  private showRefused(flight_id: string, plan: Plan, problem: Problem): void {
    const alternatives = problem.alternatives ?? [];
    const draft = { plan, is_refused: true, alternatives, chosen: null };
    this.refused = { flight_id, plan, alternatives };
    const elsewhere = this.fields.mark(errorsOf(problem), nameOf);
    const kept = this.revision === null ? "" : "revise.kept";
    const unknown = this.unknownText(plan.identification);
    const advice = (): string => (isPassing(problem) ? unknown() : kept === "" ? "" : say(kept));
    const look = (chosen: number | null): void => this.effects.draft({ ...draft, chosen });
    const take = (index: number): void => void this.take(index);
    const offered = (): Node[] => [...causeLines(problem.causes ?? []), ...alternativesOf()];
    const alternativesOf = (): Node[] => (problem.reason === "CONFLICT" || problem.reason === "DRONES_PLANNED" || alternatives.length > 0 ? [alternativeButtons(alternatives, plan, { take, look })] : []);
    this.answer.showRefusal(problem, elsewhere.filter(({ what }) => what !== problem.title), advice, offered);
    this.effects.causes(problem.because ?? []);
    this.effects.draft(draft);
    if (this.fields.focusFirstError()) return;
    this.root.querySelector<HTMLElement>("[data-alternative]")?.focus(); // keys 1 to 3 work from here, Enter too
  }

  private setSending(is_sending: boolean): void {
    this.is_sending = is_sending;
    this.submit.setAttribute("aria-disabled", String(is_sending)); // keeps the focus, unlike disabled
    this.drawTask();
  }

  /** What the form is for now: a new flight, or another plan of one. */
  private drawTask(): void {
    const { revision } = this;
    const name = revision?.plan.identification ?? "";
    setText(this.title, revision === null ? say("flight.title") : say("revise.title", { name }));
    setText(this.submit, say(this.is_sending ? "form.sending" : revision === null ? "flight.submit" : "act.REVISE"));
    this.root.classList.toggle("is-revision", revision !== null);
    for (const field of ["party", "is_provisional"] as const) this.fields.hide(field, revision !== null);
    this.revised.hidden = revision === null;
    if (revision === null) this.revised.replaceChildren();
    else this.revised.replaceChildren(element("p", {}, say("revise.hint", { name, id: revision.flight.flight_id })), this.leaveButton());
  }

  private leaveButton(): HTMLElement {
    const button = element("button", { type: "button", id: "flight-leave" }, `${say("revise.leave")} `, element("kbd", { dir: "ltr", "aria-hidden": "true" }, "Esc"));
    button.addEventListener("click", () => this.dismiss());
    return button;
  }

  private fillFrom({ plan }: Revision): void {
    const { fields } = this;
    const along = corridorOf(plan, this.declared?.corridors ?? []);
    fields.put("corridor", along?.corridor.id ?? BY_POINTS);
    this.offerDirections();
    if (along !== null) fields.put("direction", along.is_forward ? "FORWARD" : "BACKWARD");
    this.offerFormations([plan.joins, plan.splits_from]);
    for (const [name, text] of Object.entries(textsOf(plan, this.declared?.corridors ?? []))) fields.put(name as Name, text);
    fields.input("has_rvsm").checked = plan.has_rvsm ?? false;
    fields.input("is_due_regard").checked = plan.is_due_regard ?? false;
    fields.input("every_point").checked = true;
  }

  /** Back to filing, with what stood in the form before. */
  private endRevision(): void {
    if (this.revision === null) return;
    this.revision = null;
    this.fields.put("corridor", String(this.before.get("corridor") ?? BY_POINTS));
    this.offerDirections();
    this.offerFormations([this.before.get("joins"), this.before.get("splits_from")]);
    this.fields.restore(this.before);
    this.fields.mark([], nameOf);
    this.drawTask();
  }
}

