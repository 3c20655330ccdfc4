// That the agreement is suspended, by whom and since when; and a form by which two persons suspend it or resume it.
import { onLanguage, say, spoken, type Key } from "../phrases/phrases";
import { actButton, answered, element, setText } from "../web/elements";
import { Fields } from "../web/fields";
import { momentText } from "../web/moments";
import { signAct } from "../web/person_key";
import { ask, isPassing } from "../web/requests";
import type { Agreed, Session, Suspension } from "../wire";
import { ofMessage } from "./ladder";

const ANSWER_TIMEOUT_MS = 10_000;
const PATH = "/api/agreement/suspension";

type Act = "propose-suspension" | "approve-suspension";
interface Change {
  change: "SUSPEND" | "RESUME";
  reason: string;
}

/** One row for each member that has the agreement suspended. */
export function suspendedRows(suspensions: readonly Suspension[]): HTMLElement[] {
  return suspensions.map(({ party, since, reason, message, message_state }) => {
    const words = element("p", {}, element("strong", {}, say("suspension.standing", { party, time: momentText(new Date(since)) })));
    const why = element("p", { class: "row-line" }, say("suspension.why", { reason }));
    return element("li", { class: "row", "data-attention": "warning", "data-suspended": party, ...ofMessage(message, message_state) }, words, why);
  });
}

export class SuspensionPart {
  readonly root = element("section", { id: "suspension", "aria-labelledby": "suspension-title", hidden: true });
  private readonly title = spoken(element("h3", { id: "suspension-title" }), "suspension.title");
  private readonly rows = element("ul", { class: "rows" });
  private readonly waiting = element("div", { id: "suspension-asked" });
  private readonly form = element("form", { novalidate: true, autocomplete: "off" });
  private readonly fields = new Fields<"reason">("suspension-");
  private readonly submit = element("button", { type: "submit", id: "suspension-submit" });
  private readonly message = element("p", { class: "message", role: "status", id: "suspension-message" });
  private known: Agreed | null = null;
  private is_asking = false; // whether the approval waits for a yes
  private is_sending = false;
  private unanswered: { said: string; idempotency_key: string; act_signature: string } | null = null; // sent again as it is
  private says: () => string = () => "";

  constructor(
    private readonly session: Session,
    private readonly own: string,
    private readonly renew: () => Promise<void>,
  ) {
    this.form.append(element("div", { class: "fields" }, this.fields.text("reason", "suspension.reason")), element("div", { class: "submit" }, this.submit));
    const details = element("details", { id: "suspension-more" }, spoken(element("summary"), "suspension.new"), spoken(element("p", { class: "note" }), "suspension.hint"), this.form);
    this.root.append(this.title, this.rows, this.waiting, details, this.message);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.propose();
    });
    onLanguage(() => this.draw());
  }

  show(known: Agreed | null): void {
    if (JSON.stringify(known?.asked) !== JSON.stringify(this.known?.asked)) this.is_asking = false;
    this.known = known;
    this.draw();
  }

  /** Leaves an open question; whether there was one. */
  cancel(): boolean {
    if (!this.is_asking || this.is_sending) return false;
    this.is_asking = false;
    this.draw();
    this.waiting.querySelector<HTMLElement>("button")?.focus();
    return true;
  }

  private next(): "SUSPEND" | "RESUME" {
    return this.known?.suspensions.some(({ party }) => party === this.own) === true ? "RESUME" : "SUSPEND";
  }

  private draw(): void {
    const { known } = this;
    this.root.hidden = known === null || known.in_force === null || !this.session.has_account;
    if (known === null) return;
    const focused = this.waiting.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset["act"] : undefined;
    this.rows.replaceChildren(...suspendedRows(known.suspensions));
    setText(this.submit, say(`suspension.${this.next()}`));
    this.submit.setAttribute("aria-disabled", String(this.is_sending));
    this.waiting.replaceChildren(...this.askedRow(known));
    setText(this.message, this.says());
    if (focused !== undefined) (this.waiting.querySelector<HTMLElement>(`[data-act="${focused}"]`) ?? this.waiting.querySelector("button"))?.focus();
  }

  private askedRow({ asked }: Agreed): HTMLElement[] {
    if (asked === null) return [];
    const row = element("div", { class: "row", "data-attention": "warning" }, element("p", {}, element("strong", {}, say(`suspension.asked_${asked.change}`))));
    row.append(element("p", { class: "row-line" }, say("suspension.why", { reason: asked.reason })));
    const until = momentText(new Date(asked.until));
    if (asked.mine) row.append(element("p", { class: "row-line note" }, say("suspension.mine", { until })));
    else if (this.is_asking) {
      const question = element("span", { class: "question", id: "suspension-question" }, say(`suspension.question_${asked.change}`));
      const yes = this.button(say("disclosure.yes"), "yes", () => void this.approve(asked));
      row.append(answered(question, yes, this.button(say("acts.keep"), "keep", () => this.cancel())));
    } else {
      const approve = this.button(say("disclosure.approve"), "approve", () => {
        this.is_asking = true;
        this.draw();
        this.waiting.querySelector<HTMLElement>('[data-act="keep"]')?.focus(); // Enter pressed twice must change nothing
      });
      approve.setAttribute("aria-label", `${say("disclosure.approve")}: ${say(`suspension.asked_${asked.change}`)}`);
      row.append(element("div", { class: "acts" }, approve));
    }
    return [row];
  }

  private button(words: string, act: string, run: () => void): HTMLElement {
    return actButton(words, act, () => this.is_sending, run);
  }

  private async propose(): Promise<void> {
    if (this.is_sending) return;
    const reason = this.fields.value("reason");
    this.fields.mark(reason === "" ? [{ at: "reason", what: say("suspension.reason_needed") }] : [], () => "reason");
    if (this.fields.focusFirstError()) return;
    await this.send("propose-suspension", { change: this.next(), reason }, "suspension.asked");
  }

  private async approve({ change, reason }: Change): Promise<void> {
    await this.send("approve-suspension", { change, reason }, `suspension.done_${change}`);
    this.is_asking = false;
    this.draw();
  }

  /** Signs an act and sends it; where no answer came before, the same one again. */
  private async send(type: Act, change: Change, done: Key): Promise<void> {
    this.is_sending = true;
    this.draw();
    const said = await this.sent(type, change);
    this.is_sending = false;
    this.says = said ?? ((): string => say(done));
    if (said === null) this.fields.put("reason", "");
    await this.renew();
    this.draw();
  }

  /** What to say; null when it is done. */
  private async sent(type: Act, { change, reason }: Change): Promise<(() => string) | null> {
    const said = JSON.stringify([type, change, reason]);
    if (this.unanswered?.said !== said) {
      const idempotency_key = crypto.randomUUID();
      const act_signature = await signAct(this.session, idempotency_key, { type, change, reason });
      if (typeof act_signature !== "string") {
        if (act_signature.kind === "refused") return () => act_signature.title;
        return () => say(act_signature.kind === "waiting" ? "restore.waiting" : "acts.silent");
      }
      this.unanswered = { said, idempotency_key, act_signature };
    }
    const { idempotency_key, act_signature } = this.unanswered;
    const path = type === "approve-suspension" ? `${PATH}/approval` : PATH;
    const answer = await ask("POST", path, { body: JSON.stringify({ change, reason }), idempotency_key, act_signature, timeout_ms: ANSWER_TIMEOUT_MS });
    if (answer.kind === "silent" || (answer.kind === "refused" && isPassing(answer.problem))) return () => say("disclosure.silent");
    this.unanswered = null;
    return answer.kind === "done" ? null : () => answer.problem.title;
  }
}
