// Answers by telephone: what another authority said is entered here, unsigned; what we are said to have answered is signed or disputed.
import type { Corridor } from "../airspace/declared";
import { limitsText } from "../airspace/reservations";
import { timesOf } from "../airspace/sky";
import { levelFrom, levelText } from "../geometry/levels";
import { windowOf } from "../geometry/regions";
import { numberFrom } from "../geometry/units";
import { onLanguage, say, spoken } from "../phrases/phrases";
import { actButton, element, literal, setText } from "../web/elements";
import { fillChoice, Fields } from "../web/fields";
import { momentFrom, momentText, nodeNow } from "../web/moments";
import type { Signable } from "../web/person_key";
import { isPassing, type Answer as Reply } from "../web/requests";
import { Submissions } from "../web/submissions";
import type { AtAuthority, Claim, Coordination, Crossing, Flight, Reservation } from "../wire";
import { levelsOf, nameOf, oursText } from "./words";

const MINUTES_MAX = 1_440; // a day later it is another flight
const ANSWERS = ["ACCEPTED", "COUNTERED", "REJECTED"] as const;
const DISPUTES = ["NOT_SAID", "SAID_OTHERWISE"] as const;
const ASKED = "mamarr-by-telephone"; // the event by which a row asks for the form

type Said = (typeof ANSWERS)[number];
type Typed = "answer" | "spoken_at" | "spoken_by" | "entered_by" | "read_back" | "voice_later_min" | "voice_level";

/** What an answer is about: one of our own flights or reservations, and who answered. */
interface About {
  kind: "FLIGHT" | "RESERVATION";
  object_id: string;
  authority: string;
}

let is_offered = false; // whether whoever looks may enter anything: the node's own party, while it is not read-only

/** Whether rows offer the form from now on. */
export function offerVoice(may: boolean): void {
  is_offered = may;
}

/** A button for each authority whose answer may be entered; none where nobody is waited for. */
export function voiceActs(kind: About["kind"], object_id: string, coordination: Coordination | null | undefined): HTMLElement[] {
  if (!is_offered || coordination == null || coordination.phase === "IDLE") return [];
  const open = coordination.authorities.filter((each) => isOpen(each, coordination));
  if (open.length === 0) return [];
  const group = element("div", { class: "acts", role: "group", "aria-label": say("voice.acts", { name: object_id }) });
  for (const { authority } of open) {
    const button = element("button", { type: "button", "data-act": "voice", "data-focus": `voice ${authority} ${object_id}` }, say("voice.enter", { authority }));
    button.addEventListener("click", () => button.dispatchEvent(new CustomEvent<About>(ASKED, { bubbles: true, detail: { kind, object_id, authority } })));
    group.append(button);
  }
  return [group];
}

/** Whether what it says by telephone can be entered: it is asked, and its own node has not answered. */
function isOpen({ state, is_confirmed, voice }: AtAuthority, { phase }: Coordination): boolean {
  if (voice?.state === "UNSIGNED") return true; // who said yes may call back and say no
  if (state === "REQUESTED" || state === "REVISED") return true;
  return phase === "CONFIRMING" && state === "ACCEPTED" && !is_confirmed;
}

/** "VOICE, unsigned: said by … at 12:05Z, entered by …" for one authority; null where nothing was said by telephone. */
export function voiceText({ voice }: AtAuthority): string | null {
  if (voice === null) return null;
  const time = momentText(new Date(voice.spoken_at));
  const by = voice.spoken_by === null ? "" : say("voice.by", { spoken_by: voice.spoken_by, entered_by: voice.entered_by ?? "–" });
  return [say(`voice.${voice.state}`, { time }), by].filter((each) => each !== "").join(" ");
}

/** What is read back over the telephone, in notation that both ends read alike. */
export function readBack(about: Flight | Reservation, coordination: Coordination): string {
  const reference = `REF ${coordination.said_as.slice(0, 6).toUpperCase()}/${coordination.revision}`;
  if (!("flight_id" in about)) {
    const [start, end] = windowOf(about);
    return [about.reservation_id, limitsText(about), momentText(new Date(start)), momentText(new Date(end)), reference].join(", ");
  }
  const plan = coordination.plan_asked ?? about.plan;
  const levels = [...new Set(plan.route.map(({ level }) => levelText(level)))].join(" ");
  const corridors = [...new Set(plan.route.flatMap(({ corridor }) => (corridor == null ? [] : [corridor])))].join(" ");
  const [first, last] = [plan.route[0], plan.route.at(-1)];
  const times = [first, last].flatMap((each) => (each === undefined ? [] : [momentText(new Date(each.time))]));
  return [plan.identification, levels, ...times, corridors, reference].filter((each) => each !== "").join(", ");
}

export interface Shown {
  flights: readonly Flight[];
  reservations: readonly Reservation[];
  crossings: readonly Crossing[];
  corridors: readonly Corridor[];
  read_only: boolean;
}

export class VoicePanel {
  readonly root = element("section", { class: "requests", id: "voice", "aria-labelledby": "voice-title", hidden: true });
  private readonly title = spoken(element("h2", { id: "voice-title", tabindex: "-1" }), "voice.title");
  private readonly message = element("div", { class: "message", id: "voice-message", role: "status" });
  private readonly announced = element("p", { class: "unseen", role: "alert" }); // read out when one comes
  private readonly rows = element("ul", { class: "rows" });
  private readonly fields = new Fields<Typed>("voice-");
  private readonly form = element("form", { class: "counter", id: "voice-form", novalidate: true, autocomplete: "off", hidden: true });
  private readonly about_line = element("p", { class: "row-line" });
  private readonly script = element("p", { class: "row-line" });
  private readonly submissions = new Submissions();
  private shown: Shown = { flights: [], reservations: [], crossings: [], corridors: [], read_only: true };
  private about: About | null = null;
  private disputing: string | null = null;
  private is_sending = false;
  private known = new Set<string>();
  private drawn = "";

  constructor(
    private readonly person: string,
    private readonly changed: () => void,
  ) {
    this.buildForm();
    this.root.append(this.title, spoken(element("p", { class: "note" }), "voice.note"), this.announced, this.message, this.form, this.rows);
    onLanguage(() => {
      this.choices();
      this.draw(true);
    });
  }

  /** Opens the form when a row within `rows` asks for it. */
  listen(rows: HTMLElement): void {
    rows.addEventListener(ASKED, (event) => this.open((event as CustomEvent<About>).detail));
  }

  show(shown: Shown): void {
    this.shown = shown;
    if (this.about !== null && this.coordination() === null && !this.is_sending) this.close();
    const claims = this.claims();
    const begun = claims.filter(({ crossing_id }) => !this.known.has(crossing_id));
    this.known = new Set(claims.map(({ crossing_id }) => crossing_id));
    if (begun.length > 0) setText(this.announced, begun.map((each) => say("voice.claimed", { name: nameOf(each), party: each.asker })).join(" "));
    this.draw();
  }

  cancel(): void {
    if (this.is_sending) return;
    if (this.about === null && this.disputing === null) this.tell(false);
    this.close();
    this.draw();
  }

  private claims(): (Crossing & { claim: Claim })[] {
    return this.shown.crossings.filter((each): each is Crossing & { claim: Claim } => each.claim?.is_open === true);
  }

  private found(): Flight | Reservation | null {
    const about = this.about;
    if (about === null) return null;
    if (about.kind === "FLIGHT") return this.shown.flights.find(({ flight_id }) => flight_id === about.object_id) ?? null;
    return this.shown.reservations.find(({ reservation_id }) => reservation_id === about.object_id) ?? null;
  }

  private coordination(): Coordination | null {
    const coordination = this.found()?.coordination;
    return coordination == null || coordination.phase === "IDLE" ? null : coordination;
  }

  private buildForm(): void {
    const { fields, form } = this;
    const grid = element("div", { class: "fields" }, fields.choice("answer", "voice.answer"), fields.text("spoken_at", "voice.spoken_at", "2026-11-22 12:05Z"), fields.text("spoken_by", "voice.spoken_by"), fields.text("entered_by", "voice.entered_by"), fields.text("read_back", "voice.read_back"), fields.text("voice_later_min", "requests.later_min", "30"), fields.text("voice_level", "requests.level", "FL350"));
    for (const name of ["spoken_by", "entered_by", "read_back"] as const) fields.input(name).dir = "auto";
    fields.input("voice_level").classList.add("capitals");
    fields.select("answer").addEventListener("change", () => this.matchAnswer());
    const yes = spoken(element("button", { type: "submit", class: "primary", "data-act": "enter" }), "voice.record");
    const keep = spoken(element("button", { type: "button", "data-act": "keep" }), "requests.keep");
    keep.addEventListener("click", () => this.cancel());
    form.append(this.about_line, this.script, grid, element("div", { class: "acts" }, yes, keep));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.enter();
    });
    this.choices();
  }

  private choices(): void {
    fillChoice(this.fields.select("answer"), ANSWERS.map((value) => ({ value, words: say(`voice.${value}`) })));
  }

  private matchAnswer(): void {
    const is_counter = this.fields.value("answer") === "COUNTERED";
    for (const name of ["voice_later_min", "voice_level"] as const) this.fields.hide(name, !is_counter);
  }

  private open(about: About): void {
    if (this.is_sending) return;
    this.about = about;
    const [found, coordination] = [this.found(), this.coordination()];
    if (found === null || coordination === null) return;
    this.tell(false);
    const { fields } = this;
    fields.mark([], () => null);
    for (const name of ["spoken_by", "voice_later_min", "voice_level"] as const) fields.put(name, "");
    fields.put("answer", "ACCEPTED");
    fields.put("spoken_at", momentText(new Date(Math.floor(nodeNow().getTime() / 60_000) * 60_000)));
    fields.put("entered_by", fields.value("entered_by") || this.person);
    fields.put("read_back", readBack(found, coordination));
    this.matchAnswer();
    this.draw(true);
    this.root.scrollIntoView({ block: "nearest" });
    fields.select("answer").focus();
  }

  private close(): void {
    const about = this.about;
    [this.about, this.disputing] = [null, null];
    this.form.hidden = true;
    const back = about === null ? null : document.querySelector<HTMLElement>(`[data-focus="${CSS.escape(`voice ${about.authority} ${about.object_id}`)}"]`);
    back?.focus();
  }

  private enter(): void {
    const { fields, about } = this;
    const coordination = this.coordination();
    if (about === null || coordination === null || this.is_sending) return;
    const said = fields.value("answer") as Said;
    const spoken_at = momentFrom(fields.value("spoken_at"));
    const later = fields.value("voice_later_min");
    const minutes = said !== "COUNTERED" || later === "" ? 0 : numberFrom(later);
    const level_text = said === "COUNTERED" ? fields.value("voice_level") : "";
    const level = level_text === "" ? null : levelFrom(level_text.toUpperCase());
    const needed = say("requests.counter_needed", { example: "FL350" });
    const is_time_wrong = minutes === null || !Number.isInteger(minutes) || minutes < 0 || minutes > MINUTES_MAX;
    const is_empty = said === "COUNTERED" && minutes === 0 && level === null;
    const empty = (["spoken_by", "entered_by", "read_back"] as const).filter((name) => fields.value(name) === "");
    fields.mark(
      [
        ...(spoken_at === null ? [{ at: "spoken_at", what: say("voice.spoken_at_needed", { example: "2026-11-22 12:05Z" }) }] : []),
        ...empty.map((name) => ({ at: name, what: say("voice.needed") })),
        ...(is_time_wrong || is_empty ? [{ at: "voice_later_min", what: needed }] : []),
        ...(level_text !== "" && level === null ? [{ at: "voice_level", what: needed }] : []),
      ],
      ({ at }) => at as Typed,
    );
    if (fields.focusFirstError() || spoken_at === null) return;
    void this.send(about, coordination.revision, said, spoken_at, minutes ?? 0, level);
  }

  private async send(about: About, revision: number, said: Said, spoken_at: string, later_min: number, level: string | null): Promise<void> {
    const { kind, object_id, authority } = about;
    const [spoken_by, entered_by, read_back] = (["spoken_by", "entered_by", "read_back"] as const).map((name) => this.fields.value(name)) as [string, string, string];
    const persons = { spoken_by, entered_by, read_back };
    const is_counter = said === "COUNTERED";
    const body = JSON.stringify({ authority, revision, answer: said, spoken_at, ...persons, ...(is_counter ? { later_s: later_min * 60, level } : {}) });
    const counter: Signable = { ...(later_min === 0 ? {} : { later_ms: later_min * 60_000 }), ...(level === null ? {} : { level: { kind: level.slice(0, 1), number: Number(level.slice(1)) } }) };
    const command = { type: "enter-voice", kind, object_id, revision, authority, reply: said, spoken_at_ms: Date.parse(spoken_at), ...persons, ...(is_counter ? { counter } : {}) };
    const path = `/api/asked/${kind}/${encodeURIComponent(object_id)}/voice`;
    await this.order(path, body, command, object_id, say(`voice.${said}_done`, { name: object_id, authority }));
  }

  private draw(again = false): void {
    const claims = this.claims();
    const coordination = this.coordination();
    const state = JSON.stringify([claims, this.about, coordination, this.disputing, this.is_sending, this.shown.read_only, this.shown.corridors.length]);
    if (state === this.drawn && !again) return;
    this.drawn = state;
    this.form.hidden = this.about === null;
    this.root.hidden = claims.length === 0 && this.about === null && !this.message.hasChildNodes();
    this.root.dataset["waiting"] = String(claims.length > 0);
    const found = this.found();
    if (this.about !== null && found !== null && coordination !== null) {
      setText(this.about_line, say("voice.about", { name: this.about.object_id, authority: this.about.authority }));
      this.script.replaceChildren(say("voice.script"), " ", literal(readBack(found, coordination)));
    }
    const focused = this.rows.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null;
    const [crossing_id, act] = [focused?.closest("li")?.dataset["claim"], focused?.dataset["act"]];
    this.rows.replaceChildren(...claims.map((each) => this.row(each)));
    if (focused !== null) this.focusOn(crossing_id, act);
  }

  private focusOn(crossing_id: string | undefined, act = ""): void {
    const row = [...this.rows.querySelectorAll<HTMLElement>("li")].find((each) => each.dataset["claim"] === crossing_id);
    (row?.querySelector<HTMLElement>(`[data-act="${act}"]`) ?? row ?? this.title).focus();
  }

  private row(each: Crossing & { claim: Claim }): HTMLElement {
    const { claim, asker } = each;
    const row = element("li", { class: "row request", tabindex: "0", "data-claim": each.crossing_id });
    const head = element("div", { class: "row-head" }, literal(nameOf(each), "name"), element("span", { class: "tag tag-urgent" }, say("voice.unsigned")), element("span", { class: "holder" }, say("requests.from", { party: asker })));
    const time = momentText(new Date(claim.spoken_at));
    const said = element("p", { class: "row-line is-warning" }, say("voice.claim", { party: asker, answer: say(`voice.${claim.answer as Said}`), spoken_by: claim.spoken_by ?? "–", time }));
    const read_back = element("p", { class: "row-line" }, say("voice.read_back_was"), " ", element("bdi", {}, claim.read_back ?? "–"));
    row.append(head, said, read_back);
    if (each.parts.length > 0) {
      const { start, end } = timesOf(each.parts.map(({ region }) => region));
      row.append(element("p", { class: "row-line" }, literal(levelsOf(each), "level"), " ", literal(start), " ", literal(end ?? "")), element("p", { class: "row-line" }, oursText(each, this.shown.corridors)));
    }
    row.append(element("p", { class: "row-line note" }, say(each.is_held ? "voice.kept" : "voice.record_only")));
    if (!this.shown.read_only) row.append(this.disputing === each.crossing_id ? this.question(each) : this.acts(each));
    return row;
  }

  private acts(each: Crossing & { claim: Claim }): HTMLElement {
    const { revision } = each.claim;
    const sign = this.button("voice.COUNTERSIGN", "sign", () => void this.answer(each, { answer: "COUNTERSIGN", revision }, { type: "countersign-crossing", crossing_id: each.crossing_id, revision }, "voice.COUNTERSIGN_done"));
    const dispute = this.button("voice.DISPUTE", "dispute", () => {
      this.disputing = each.crossing_id;
      this.draw();
      this.focusOn(each.crossing_id, "keep"); // Enter pressed twice must change nothing
    });
    return element("div", { class: "acts", role: "group", "aria-label": say("voice.acts", { name: nameOf(each) }) }, sign, dispute);
  }

  private question(each: Crossing & { claim: Claim }): HTMLElement {
    const { revision } = each.claim;
    const asked = element("span", { class: "question", id: "voice-question" }, say("voice.DISPUTE_question", { name: nameOf(each) }));
    const buttons = DISPUTES.map((reason) => this.button(`voice.${reason}`, reason, () => void this.answer(each, { answer: "DISPUTE", revision, reason }, { type: "dispute-crossing", crossing_id: each.crossing_id, revision, reason }, "voice.DISPUTE_done")));
    const keep = this.button("requests.keep", "keep", () => {
      this.disputing = null;
      this.draw();
      this.focusOn(each.crossing_id, "dispute");
    });
    for (const button of [...buttons, keep]) button.setAttribute("aria-describedby", asked.id);
    return element("div", { class: "acts" }, asked, ...buttons, keep);
  }

  private button(key: Parameters<typeof say>[0], act: string, run: () => void): HTMLElement {
    return actButton(say(key), act, () => this.is_sending, run);
  }

  private async answer(each: Crossing, body: object, command: Signable, done: "voice.COUNTERSIGN_done" | "voice.DISPUTE_done"): Promise<void> {
    const { node, kind, object_id, filed_ms } = each;
    const path = `/api/crossings/${[node, kind, object_id, String(filed_ms)].map(encodeURIComponent).join("/")}/claim`;
    await this.order(path, JSON.stringify(body), command, nameOf(each), say(done, { name: nameOf(each) }));
  }

  private async order(path: string, body: string, command: Signable, name: string, done: string): Promise<void> {
    if (this.is_sending) return;
    this.is_sending = true;
    this.draw();
    const reply = await this.submissions.send("POST", path, body, command);
    this.is_sending = false;
    this.answered(name, done, reply);
    if (reply.kind === "done") this.close();
    this.draw(true);
    this.changed();
  }

  private answered(name: string, done: string, reply: Reply): void {
    if (reply.kind === "done") this.tell(false, done);
    else if (reply.kind === "silent" || isPassing(reply.problem)) this.tell(true, say("voice.silent", { name }));
    else {
      const words = element("p", {}, literal(name), " · ", element("bdi", {}, reply.problem.title));
      for (const id of reply.problem.because ?? []) words.append(" ", literal(id, "cause-id"));
      for (const { at, what } of reply.problem.errors ?? []) words.append(" ", literal(at), " ", element("bdi", {}, what));
      this.tell(true, words);
    }
    this.root.hidden = false;
    this.message.scrollIntoView({ block: "nearest" });
  }

  private tell(is_warning: boolean, ...words: (Node | string)[]): void {
    this.message.replaceChildren(...words);
    this.message.classList.toggle("is-warning", is_warning);
  }
}
