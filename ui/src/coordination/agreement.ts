// What is agreed with other authorities: who has which edition, and a form by which a person proposes the next one.
import { NM_M } from "../geometry/lines";
import { onLanguage, say, spoken, type Key } from "../phrases/phrases";
import { actButton, answered, element, literal, setText } from "../web/elements";
import { canonical, signAct, type Signable } from "../web/person_key";
import { ask, isPassing } from "../web/requests";
import type { Agreed, AgreementRead, Edition, Problem, Session } from "../wire";
import { SuspensionPart } from "./suspension";

const ANSWER_TIMEOUT_MS = 15_000;
const RENEWED_MS = 10_000; // chosen: people tell each other by telephone when they have proposed
const FOOT_M = 0.3048;
const NOTICE_S = 1_800; // of an edition that does not say: as WITHDRAWAL_NOTICE_MS of coordination/agreements.py
const SHORT_LETTERS = 12; // of the digest, to be read out in groups of four; the nodes compare all of it

interface Share {
  properties: { id: string; authority: string };
}

/** "1a2b 3c4d 5e6f", to be read out and compared. */
export function shortDigest(digest: string): string {
  return digest.slice(0, SHORT_LETTERS).replace(/(.{4})(?=.)/g, "$1 ");
}

export class AgreementPanel {
  readonly root = element("section", { class: "acts-panel", id: "agreement", "aria-labelledby": "agreement-title", hidden: true });
  private readonly title = spoken(element("h2", { id: "agreement-title" }), "agreement.title");
  private readonly empty = element("p", { class: "empty" });
  private readonly rows = element("ul", { class: "rows" });
  private readonly file = element("input", { type: "file", id: "agreement-file", accept: "application/json,.json" });
  private readonly read_place = element("div", { id: "agreement-read" });
  private readonly message = element("div", { class: "message", role: "status", id: "agreement-message" });
  private readonly suspension: SuspensionPart;
  private known: Agreed | null = null;
  private asking: { body: string; read: AgreementRead } | null = null; // what waits for a yes
  private is_sending = false;
  private unanswered: { body: string; idempotency_key: string; act_signature: string } | null = null; // sent again as it is
  private says: () => Node[] = () => [];
  private is_warning = false;

  constructor(private readonly session: Session) {
    const label = spoken(element("label", { for: "agreement-file" }), "agreement.file");
    const details = element("details", { id: "agreement-more" }, spoken(element("summary"), "agreement.new"), spoken(element("p", { class: "note" }), "agreement.hint"), label, this.file);
    this.suspension = new SuspensionPart(session, session.party, () => this.renew());
    this.root.append(this.title, this.rows, this.empty, this.suspension.root, details, this.read_place, this.message);
    this.file.addEventListener("change", () => void this.readFile());
    onLanguage(() => this.draw());
    void this.renew();
    setInterval(() => void this.renew(), RENEWED_MS);
  }

  /** Leaves an open question. */
  cancel(): void {
    if (this.suspension.cancel()) return;
    if (this.asking === null || this.is_sending) return;
    this.asking = null;
    this.draw();
    this.file.focus();
  }

  private async renew(): Promise<void> {
    if (document.visibilityState !== "visible") return;
    const answer = await ask("GET", "/api/agreement", { timeout_ms: ANSWER_TIMEOUT_MS });
    if (answer.kind === "silent") return; // the banner says when the node is silent
    const known = answer.kind === "done" ? (answer.body as Agreed) : null; // refused: it is no affair of this party
    if (JSON.stringify(known) === JSON.stringify(this.known)) return;
    this.known = known;
    this.suspension.show(known);
    this.draw();
  }

  private draw(): void {
    const { known } = this;
    this.root.hidden = known === null;
    if (known === null) return;
    const editions = [...(known.in_force === null ? [] : [known.in_force]), ...known.proposed];
    setText(this.empty, editions.length === 0 ? say("agreement.none") : "");
    this.empty.hidden = editions.length > 0;
    this.rows.replaceChildren(...editions.map((each) => this.row(each, each === known.in_force)));
    this.read_place.replaceChildren(...(this.asking === null ? [] : [this.question(this.asking.read)]));
    this.message.replaceChildren(...this.says());
    this.message.classList.toggle("is-warning", this.is_warning);
  }

  private row(each: Edition, is_in_force: boolean): HTMLElement {
    const row = element("li", { class: "row", "data-edition": String(each.agreement.edition), "data-attention": is_in_force ? "none" : "warning" });
    const state = element("span", { class: "tag", "data-state": is_in_force ? "IN_FORCE" : "PROPOSED" }, say(is_in_force ? "agreement.IN_FORCE" : "agreement.PROPOSED"));
    row.append(element("div", { class: "row-head" }, element("strong", {}, nameOf(each)), state), ...this.linesOf(each, each.ready));
    const save = element("a", { class: "button", download: `${each.agreement.agreement_id}-${each.agreement.edition}.json` }, say("agreement.save"));
    save.href = URL.createObjectURL(new Blob([JSON.stringify(each.agreement, null, 1)], { type: "application/json" }));
    row.append(save);
    return row;
  }

  /** ready: who has it; null of what is not proposed yet. */
  private linesOf({ agreement, digest }: Pick<Edition, "agreement" | "digest">, ready: readonly string[] | null): HTMLElement[] {
    const line = (text: string): HTMLElement => element("p", { class: "row-line" }, text);
    const digest_line = element("p", { class: "row-line" }, `${say("agreement.digest")} `, literal(shortDigest(digest), "digest"));
    const members = element("ul", { class: "authorities", "aria-label": say("agreement.members") });
    for (const { party, node, contact } of agreement.members) {
      if (ready === null) {
        members.append(element("li", { "data-member": party }, element("bdi", {}, party), " (", literal(node), ")"));
        continue;
      }
      const has_it = ready.includes(party);
      const sign = element("span", { class: "at-sign", "aria-hidden": "true" }, has_it ? "✓" : "…");
      const member = element("li", { "data-member": party, "data-state": has_it ? "CONFIRMED" : "REQUESTED" }, sign, element("bdi", {}, party), " (", literal(node), "): ", say(has_it ? "agreement.has" : "agreement.has_not"));
      if (contact != null) member.append(" · ", say("line.call", { contact }));
      members.append(member);
    }
    const shares = element("p", { class: "row-line" }, `${say("agreement.shares")} `);
    for (const { properties } of (agreement.shares as { features: Share[] }).features) shares.append(literal(`${properties.id} (${properties.authority})`, "share-id"), " ");
    const { lateral_m, vertical_m, time_s } = agreement.between_centres;
    const minima = { lateral: whole(lateral_m / NM_M), vertical: whole(vertical_m / FOOT_M), time: whole(time_s / 60) };
    const times = { answer: minutes(agreement.answer_within_s), lapse: minutes(agreement.lapse_s), notice: minutes(agreement.withdrawal_notice_s ?? NOTICE_S) };
    const standard = agreement.standard ?? [];
    return [digest_line, members, shares, line(say("agreement.minima", minima)), line(say("agreement.times", times)), line(say("agreement.standard", { count: standard.length }))];
  }

  private question(read: AgreementRead): HTMLElement {
    const row = element("div", { class: "row", "data-attention": "warning" }, element("p", {}, element("strong", {}, nameOf(read))), ...this.linesOf(read, null));
    const asked = element("p", { class: "question", id: "agreement-question" }, say("agreement.question"));
    const yes = actButton(say("agreement.yes"), "yes", () => this.is_sending, () => void this.propose());
    const keep = actButton(say("acts.keep"), "keep", () => this.is_sending, () => this.cancel());
    row.append(answered(asked, yes, keep));
    return row;
  }

  private async readFile(): Promise<void> {
    const file = this.file.files?.[0];
    if (file === undefined) return;
    const body = await file.text();
    this.file.value = ""; // the same file, corrected, can be chosen again
    const answer = await ask("POST", "/api/agreement/reading", { body, timeout_ms: ANSWER_TIMEOUT_MS });
    this.asking = null;
    if (answer.kind === "done") {
      this.asking = { body, read: answer.body as AgreementRead };
      this.says = () => [];
    } else this.tell(answer.kind === "silent" ? "acts.silent" : answer.problem);
    this.draw();
    this.read_place.querySelector<HTMLElement>('[data-act="keep"]')?.focus();
  }

  private async propose(): Promise<void> {
    const { asking } = this;
    if (asking === null || this.is_sending) return;
    this.is_sending = true;
    this.draw();
    await this.send(asking.body, asking.read);
    this.is_sending = false;
    await this.renew();
    this.draw();
  }

  /** Signs what was read and sends it; where no answer came before, the same one again. */
  private async send(body: string, { command }: AgreementRead): Promise<void> {
    if (this.unanswered?.body !== body) {
      const said = JSON.parse(command) as Signable;
      if (canonical(said) !== command) return this.tell("acts.unreadable");
      const idempotency_key = crypto.randomUUID();
      const act_signature = await signAct(this.session, idempotency_key, said);
      if (typeof act_signature !== "string") {
        const { kind } = act_signature;
        if (kind === "refused") this.says = () => [document.createTextNode(act_signature.title)];
        else this.tell(kind === "waiting" ? "restore.waiting" : "acts.silent");
        return;
      }
      this.unanswered = { body, idempotency_key, act_signature };
    }
    const { idempotency_key, act_signature } = this.unanswered;
    const answer = await ask("POST", "/api/agreement/proposal", { body, idempotency_key, act_signature, timeout_ms: ANSWER_TIMEOUT_MS });
    if (answer.kind === "silent" || (answer.kind === "refused" && isPassing(answer.problem))) return this.tell("disclosure.silent");
    this.unanswered = null;
    this.asking = null;
    this.tell(answer.kind === "done" ? "agreement.proposed" : answer.problem);
  }

  private tell(what: Key | Problem): void {
    this.is_warning = what !== "agreement.proposed";
    if (typeof what === "string") {
      this.says = () => [document.createTextNode(say(what))];
      return;
    }
    this.says = () => {
      const words = element("p", {}, element("bdi", {}, what.title));
      for (const id of what.because ?? []) words.append(" ", literal(id, "cause-id"));
      const errors = (what.errors ?? []).map(({ at, what: wrong, allowed }) => element("p", {}, literal(at), " ", element("bdi", {}, wrong), ...(allowed ? [` — ${say("form.allowed", { allowed })}`] : [])));
      return [words, ...errors];
    };
  }
}

function nameOf({ agreement }: Pick<Edition, "agreement">): string {
  return say("agreement.name", { id: agreement.agreement_id, edition: agreement.edition });
}

const whole = (value: number): string => String(Number(value.toFixed(1)));
const minutes = (duration_s: number): string => say("unit.min", { value: whole(duration_s / 60) });
