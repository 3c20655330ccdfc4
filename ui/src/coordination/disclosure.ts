// What one party may learn of another: the rules that hold, those that wait for a second person, and a form to ask for one.
import type { Declared } from "../airspace/declared";
import { onLanguage, say, spoken, type Key } from "../phrases/phrases";
import { actButton, answered, element, setText } from "../web/elements";
import { fillChoice, Fields } from "../web/fields";
import { signAct } from "../web/person_key";
import { ask, isPassing } from "../web/requests";
import type { Disclosed, Disclosure, DisclosurePair, Disclosures, Session } from "../wire";

const ANSWER_TIMEOUT_MS = 10_000;
const RENEWED_MS = 30_000; // as of what else waits for a second person
const EXTENTS: readonly Disclosed[] = ["NOTHING", "EXISTENCE", "VOLUME", "IDENTITY", "CONTACT"];

type Name = "owner" | "viewer" | "flights" | "reservations";
type Act = "propose-disclosure" | "approve-disclosure";
interface Rule {
  owner: string;
  viewer: string;
  flights: Disclosed;
  reservations: Disclosed;
}
interface Signed {
  idempotency_key: string;
  act_signature: string;
}

const wordsOf = (extent: Disclosed): string => say(`disclosure.${extent}` satisfies Key);
const pairOf = ({ owner, viewer }: Pick<Rule, "owner" | "viewer">): string => `${owner} ${viewer}`;

export class DisclosurePanel {
  readonly root = element("section", { class: "acts-panel", id: "disclosure", "aria-labelledby": "disclosure-title", hidden: true });
  private readonly title = spoken(element("h2", { id: "disclosure-title" }), "disclosure.title");
  private readonly hint = element("p", { class: "note" });
  private readonly rows = element("ul", { class: "rows", tabindex: "-1", "aria-labelledby": "disclosure-title" });
  private readonly form = element("form", { novalidate: true, autocomplete: "off" });
  private readonly fields = new Fields<Name>("disclosure-");
  private readonly submit = spoken(element("button", { type: "submit", id: "disclosure-submit" }), "disclosure.ask");
  private readonly message = element("p", { class: "message", role: "status", id: "disclosure-message" });
  private known: Disclosures | null = null;
  private declared: Declared | null = null;
  private asking: DisclosurePair | null = null; // whose approval waits for a yes
  private is_sending = false;
  private unanswered: { said: string; signed: Signed } | null = null; // sent again as it is, so that it is done once
  private says: () => string = () => "";

  constructor(private readonly session: Session) {
    const { fields } = this;
    const grid = element("div", { class: "fields" });
    grid.append(fields.choice("owner", "disclosure.owner"), fields.choice("viewer", "disclosure.viewer"), fields.choice("flights", "disclosure.flights"), fields.choice("reservations", "disclosure.reservations"));
    this.form.append(grid, element("div", { class: "submit" }, this.submit));
    const details = element("details", { id: "disclosure-more" }, spoken(element("summary"), "disclosure.new"), this.form);
    this.root.append(this.title, this.hint, this.rows, details, this.message);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.propose();
    });
    onLanguage(() => this.draw());
    if (!session.has_account) return;
    void this.renew();
    setInterval(() => void this.renew(), RENEWED_MS);
  }

  declare(declared: Declared): void {
    this.declared = declared;
    this.draw();
  }

  /** Leaves an open question. */
  cancel(): void {
    const asked = this.asking;
    if (asked === null || this.is_sending) return;
    this.asking = null;
    this.draw();
    this.focusOn(pairOf(asked));
  }

  private async renew(): Promise<void> {
    if (document.visibilityState !== "visible") return;
    const answer = await ask("GET", "/api/disclosure", { timeout_ms: ANSWER_TIMEOUT_MS });
    if (answer.kind === "silent") return; // the banner says when the node is silent
    this.known = answer.kind === "done" ? (answer.body as Disclosures) : null; // refused: who may not decide it
    const open = this.asking;
    const still = this.known?.pairs.find((each) => open !== null && pairOf(each) === pairOf(open));
    if (JSON.stringify(still) !== JSON.stringify(open)) this.asking = null;
    this.draw();
  }

  private draw(): void {
    const { known, fields } = this;
    this.root.hidden = known === null;
    if (known === null) return;
    setText(this.hint, say("disclosure.hint", { flights: wordsOf(known.defaults.flights), reservations: wordsOf(known.defaults.reservations) }));
    const parties = (this.declared?.parties ?? []).map(({ id, name }) => ({ value: id, words: name }));
    for (const name of ["owner", "viewer"] as const) fillChoice(fields.select(name), parties);
    const [extents, is_first] = [EXTENTS.map((value) => ({ value, words: wordsOf(value) })), fields.select("flights").options.length === 0];
    for (const name of ["flights", "reservations"] as const) fillChoice(fields.select(name), extents);
    if (is_first) for (const name of ["flights", "reservations"] as const) fields.put(name, known.defaults[name]);
    this.submit.setAttribute("aria-disabled", String(this.is_sending));
    setText(this.message, this.says());
    const focused = this.rows.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null;
    const [pair, name] = [focused?.closest("li")?.dataset["pair"], focused?.dataset["act"]];
    this.rows.replaceChildren(...known.pairs.map((each) => this.row(each)));
    if (focused !== null) this.focusOn(pair, name);
  }

  private focusOn(pair: string | undefined, name = ""): void {
    const row = [...this.rows.querySelectorAll<HTMLElement>("li")].find((each) => each.dataset["pair"] === pair);
    (row?.querySelector<HTMLElement>(`[data-act="${name}"]`) ?? row?.querySelector<HTMLElement>("button") ?? this.rows).focus();
  }

  private row(each: DisclosurePair): HTMLElement {
    const [owner, viewer] = [this.nameOf(each.owner), this.nameOf(each.viewer)];
    const row = element("li", { class: "row", "data-pair": pairOf(each) }, element("p", {}, element("strong", {}, say("disclosure.pair", { owner, viewer }))));
    const line = (key: Key, { flights, reservations }: Disclosure): HTMLElement =>
      element("p", { class: "row-line" }, say(key, { flights: wordsOf(flights), reservations: wordsOf(reservations) }));
    row.append(each.in_force === null ? element("p", { class: "row-line" }, say("disclosure.by_default")) : line("disclosure.in_force", each.in_force));
    if (each.proposed === null) return row;
    row.append(line("disclosure.proposed", each.proposed));
    if (each.mine) row.append(element("p", { class: "row-line note" }, say("disclosure.mine")));
    else row.append(this.asking !== null && pairOf(this.asking) === pairOf(each) ? this.question(each, owner, viewer) : this.approval(each));
    return row;
  }

  private approval(each: DisclosurePair): HTMLElement {
    const button = this.button(say("disclosure.approve"), "approve", () => {
      this.asking = each;
      this.draw();
      this.focusOn(pairOf(each), "keep"); // Enter pressed twice must change nothing
    });
    button.setAttribute("aria-label", `${say("disclosure.approve")}: ${say("disclosure.pair", { owner: this.nameOf(each.owner), viewer: this.nameOf(each.viewer) })}`);
    return element("div", { class: "acts" }, button);
  }

  private question(each: DisclosurePair, owner: string, viewer: string): HTMLElement {
    const asked = element("span", { class: "question", id: "disclosure-question" }, say("disclosure.question", { owner, viewer }));
    const yes = this.button(say("disclosure.yes"), "yes", () => void this.approve(each));
    const keep = this.button(say("acts.keep"), "keep", () => this.cancel());
    return answered(asked, yes, keep);
  }

  private button(words: string, act: string, run: () => void): HTMLElement {
    return actButton(words, act, () => this.is_sending, run);
  }

  private nameOf(party_id: string): string {
    return this.declared?.parties.find(({ id }) => id === party_id)?.name ?? party_id;
  }

  private async propose(): Promise<void> {
    if (this.is_sending) return;
    const { fields } = this;
    const [owner, viewer] = [fields.value("owner"), fields.value("viewer")];
    fields.mark(owner === viewer ? [{ at: "viewer", what: say("disclosure.two") }] : [], () => "viewer");
    if (fields.focusFirstError()) return;
    const extent = (name: "flights" | "reservations"): Disclosed => EXTENTS.find((each) => each === fields.value(name)) ?? "NOTHING";
    await this.send("propose-disclosure", { owner, viewer, flights: extent("flights"), reservations: extent("reservations") }, "disclosure.asked");
  }

  private async approve(each: DisclosurePair): Promise<void> {
    if (each.proposed === null) return;
    await this.send("approve-disclosure", { owner: each.owner, viewer: each.viewer, ...each.proposed }, "disclosure.approved");
    this.asking = null;
    this.draw();
  }

  /** Signs an act and sends it; where no answer came before, the same one again. */
  private async send(type: Act, rule: Rule, done: Key): Promise<void> {
    this.is_sending = true;
    this.draw();
    const said = await this.sent(type, rule);
    this.is_sending = false;
    this.says = said ?? ((): string => say(done));
    await this.renew();
    this.draw();
  }

  /** What to say; null when it is done. */
  private async sent(type: Act, rule: Rule): Promise<(() => string) | null> {
    const { owner, viewer, flights, reservations } = rule;
    const said = JSON.stringify([type, owner, viewer, flights, reservations]);
    if (this.unanswered?.said !== said) {
      const idempotency_key = crypto.randomUUID();
      const act_signature = await signAct(this.session, idempotency_key, { type, rule: { owner, viewer, flights, reservations } });
      if (typeof act_signature !== "string") {
        if (act_signature.kind === "refused") return () => act_signature.title;
        return () => say(act_signature.kind === "waiting" ? "restore.waiting" : "acts.silent");
      }
      this.unanswered = { said, signed: { idempotency_key, act_signature } };
    }
    const path = `/api/disclosure/${encodeURIComponent(owner)}/${encodeURIComponent(viewer)}`;
    const body = JSON.stringify({ flights, reservations });
    const request = { ...this.unanswered.signed, body, timeout_ms: ANSWER_TIMEOUT_MS };
    const answer = await (type === "propose-disclosure" ? ask("PUT", path, request) : ask("POST", `${path}/approval`, request));
    if (answer.kind === "silent" || (answer.kind === "refused" && isPassing(answer.problem))) return () => say("disclosure.silent");
    this.unanswered = null;
    return answer.kind === "done" ? null : () => answer.problem.title;
  }
}
