// Acts that wait for a second person of the party: who asked, for what, until when; confirmed with one's key, or declined.
import { onLanguage, say } from "../phrases/phrases";
import type { Pending, PersonKeys, Session } from "../wire";
import { actButton, answered, element, literal, setText } from "./elements";
import { momentText } from "./moments";
import { canonical, signAct, type Signable } from "./person_key";
import { ask, isPassing, type Answer } from "./requests";

const ANSWER_TIMEOUT_MS = 10_000;
const RENEWED_MS = 30_000; // chosen: people wait for each other by telephone, not by the second

type Act = "confirm" | "decline";

export class ActsPanel {
  readonly root = element("section", { class: "acts-panel", id: "acts", "aria-labelledby": "acts-title" });
  private readonly title = element("h2", { id: "acts-title" });
  private readonly message = element("p", { class: "message", role: "status", id: "acts-message" });
  private readonly rows = element("ul", { class: "rows", tabindex: "-1", "aria-labelledby": "acts-title" });
  private readonly empty = element("p", { class: "empty" });
  private pending: readonly Pending[] = [];
  private asking: { act_id: string; act: Act } | null = null; // what waits for a yes
  private is_sending = false;
  private says: () => string = () => "";
  private drawn = "";

  constructor(private readonly session: Session) {
    this.root.append(this.title, this.message, this.rows, this.empty);
    this.root.hidden = !session.has_account;
    onLanguage(() => this.draw(true));
    if (!session.has_account) return;
    void this.renew();
    setInterval(() => void this.renew(), RENEWED_MS);
  }

  /** Leaves an open question; whether there was one. */
  cancel(): void {
    const asked = this.asking;
    if (asked === null || this.is_sending) return;
    this.asking = null;
    this.draw();
    this.focusOn(asked.act_id, asked.act);
  }

  private async renew(): Promise<void> {
    if (document.visibilityState !== "visible") return;
    const answer = await ask("GET", "/api/person-keys", { timeout_ms: ANSWER_TIMEOUT_MS });
    if (answer.kind !== "done") return; // the banner says when the node is silent; what waits is asked for again
    this.pending = (answer.body as PersonKeys).pending;
    if (!this.pending.some(({ act_id }) => act_id === this.asking?.act_id)) this.asking = null;
    this.draw();
  }

  private draw(again = false): void {
    setText(this.title, say("acts.title", { count: this.pending.length }));
    setText(this.message, this.says());
    setText(this.empty, this.pending.length === 0 ? say("acts.none") : "");
    this.empty.hidden = this.pending.length > 0;
    const state = JSON.stringify([this.pending, this.asking, this.is_sending]);
    if (state === this.drawn && !again) return;
    this.drawn = state;
    const focused = this.rows.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null;
    const [act_id, name] = [focused?.closest("li")?.dataset["pending"], focused?.dataset["act"]];
    this.rows.replaceChildren(...this.pending.map((each) => this.row(each)));
    if (focused !== null) this.focusOn(act_id, name);
  }

  private focusOn(act_id: string | undefined, name: string | undefined): void {
    const row = [...this.rows.querySelectorAll<HTMLElement>("li")].find((each) => each.dataset["pending"] === act_id);
    (row?.querySelector<HTMLElement>(`[data-act="${name ?? ""}"]`) ?? row?.querySelector<HTMLElement>("button") ?? this.rows).focus();
  }

  private row(each: Pending): HTMLElement {
    const { person, type, key_id } = saidOf(each);
    const what = type === "key-change" ? say("acts.key_change", { person }) : say("acts.other", { person, type });
    const row = element("li", { class: "row", "data-pending": each.act_id }, element("p", {}, element("strong", {}, what)));
    if (key_id !== "") row.append(element("p", { class: "row-line" }, `${say("acts.key")} `, literal(key_id, "key-id")));
    const [asked, until] = [each.asked_at, each.until].map((at) => momentText(new Date(at)));
    row.append(element("p", { class: "row-line" }, say("acts.asked", { asked: asked ?? "", until: until ?? "" })));
    if (each.mine) row.append(element("p", { class: "row-line note" }, say("acts.mine")));
    row.append(this.asking?.act_id === each.act_id ? this.question(each, this.asking.act, person) : this.buttons(each, what));
    return row;
  }

  private buttons(each: Pending, what: string): HTMLElement {
    const offered: readonly Act[] = each.mine ? ["decline"] : ["confirm", "decline"];
    const made = offered.map((act) => {
      const words = say(act === "confirm" ? "acts.confirm" : each.mine ? "acts.withdraw" : "acts.decline");
      const button = this.button(words, act, () => {
        this.asking = { act_id: each.act_id, act };
        this.draw();
        this.focusOn(each.act_id, "keep"); // Enter pressed twice must change nothing
      });
      button.setAttribute("aria-label", `${words}: ${what}`);
      return button;
    });
    return element("div", { class: "acts" }, ...made);
  }

  private question(each: Pending, act: Act, person: string): HTMLElement {
    const asked = element("span", { class: "question", id: "acts-question" }, say(act === "confirm" ? "acts.question" : "acts.decline_question", { person }));
    const yes = this.button(say(act === "confirm" ? "acts.yes" : "acts.decline_yes"), "yes", () => void this.order(each, act, person));
    const keep = this.button(say("acts.keep"), "keep", () => this.cancel());
    return answered(asked, yes, keep);
  }

  private button(words: string, act: string, run: () => void): HTMLElement {
    return actButton(words, act, () => this.is_sending, run);
  }

  private async order(each: Pending, act: Act, person: string): Promise<void> {
    this.is_sending = true;
    this.draw();
    const said = act === "confirm" ? await this.confirm(each) : answerText(await this.decline(each), () => say("acts.declined"));
    this.is_sending = false;
    this.asking = null;
    this.says = said ?? ((): string => say("acts.confirmed", { person }));
    await this.renew();
    this.draw(true);
  }

  /** Signs what waits and sends it; null when it is done, else what to say. */
  private async confirm(each: Pending): Promise<(() => string) | null> {
    const command = JSON.parse(each.command) as Signable;
    if (canonical(command) !== each.command) return () => say("acts.unreadable");
    const signature = await signAct(this.session, each.act_id, command);
    if (typeof signature !== "string") {
      if (signature.kind === "refused") return () => signature.title;
      return () => say(signature.kind === "waiting" ? "restore.waiting" : "acts.silent");
    }
    const path = `/api/person-keys/${encodeURIComponent(each.act_id)}/approval`;
    const answer = await ask("POST", path, { act_signature: signature, timeout_ms: ANSWER_TIMEOUT_MS });
    return answer.kind === "done" ? null : answerText(answer, () => "");
  }

  private decline({ act_id }: Pending): Promise<Answer> {
    return ask("DELETE", `/api/person-keys/${encodeURIComponent(act_id)}`, { timeout_ms: ANSWER_TIMEOUT_MS });
  }
}

function answerText(answer: Answer, done: () => string): () => string {
  if (answer.kind === "done") return done;
  if (answer.kind === "refused" && !isPassing(answer.problem)) return () => answer.problem.title;
  return () => say("acts.silent");
}

/** What of the command that would be signed is shown in words. */
function saidOf({ command, asked_by }: Pending): { person: string; type: string; key_id: string } {
  const said = JSON.parse(command) as Record<string, unknown>;
  const text = (name: string): string => (typeof said[name] === "string" ? said[name] : "");
  return { person: text("person") || asked_by, type: text("type"), key_id: text("key_id") };
}
