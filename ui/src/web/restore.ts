// A record that was restored or copied: nothing is decided until a person confirms it, in two steps.
import { say, spoken } from "../phrases/phrases";
import { element, setText } from "./elements";
import { signAct } from "./person_key";
import { ask, isPassing } from "./requests";
import { current } from "./session";

const ANSWER_TIMEOUT_MS = 15_000;

interface Signed {
  idempotency_key: string;
  act_signature: string;
}

export class RestoreNotice {
  readonly root = element("div", { class: "note restore", id: "restore", hidden: true });
  private readonly begin = spoken(element("button", { type: "button", id: "restore-ask" }), "restore.ask");
  private readonly yes = spoken(element("button", { type: "button", id: "restore-yes", hidden: true }), "restore.yes");
  private readonly message = element("p", { class: "message", role: "status" });
  private unanswered: Signed | null = null; // sent again as it is, so that the node does it once

  constructor(private readonly changed: () => void) {
    this.root.append(spoken(element("p"), "form.read_only"), spoken(element("p"), "restore.why"), this.begin, this.yes, this.message);
    this.begin.addEventListener("click", () => {
      this.yes.hidden = false;
      this.yes.focus();
    });
    this.yes.addEventListener("click", () => void this.confirm());
  }

  show(read_only: boolean): void {
    this.root.hidden = !read_only;
  }

  private async confirm(): Promise<void> {
    this.yes.hidden = true;
    const signed = this.unanswered ?? (await this.sign());
    if (signed === null) return;
    this.unanswered = signed;
    const answer = await ask("POST", "/api/restore/confirmation", { ...signed, timeout_ms: ANSWER_TIMEOUT_MS });
    if (answer.kind === "done" || (answer.kind === "refused" && !isPassing(answer.problem))) this.unanswered = null;
    if (answer.kind === "refused") setText(this.message, answer.problem.title);
    else setText(this.message, answer.kind === "silent" ? say("restore.silent") : "");
    this.changed();
  }

  private async sign(): Promise<Signed | null> {
    const session = current();
    if (session === null) return null;
    const idempotency_key = crypto.randomUUID();
    const signature = await signAct(session, idempotency_key, { type: "confirm-restore" });
    if (typeof signature === "string") return { idempotency_key, act_signature: signature };
    switch (signature.kind) {
      case "waiting":
        setText(this.message, say("restore.waiting"));
        break;
      case "refused":
        setText(this.message, signature.title);
        break;
      case "silent":
        setText(this.message, say("restore.silent"));
    }
    return null;
  }
}
